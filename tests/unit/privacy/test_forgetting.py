"""A pupil whose time is over, and a parent whose last child that was, are nowhere any more; what adds up still does."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from school_events.bookings import store as bookings
from school_events.core import feed
from school_events.core.context import Actor
from school_events.invitations.store import invitations_of_event
from school_events.notifications import store as inboxes
from school_events.payments.store import payments_of_school
from school_events.people import access
from school_events.people.aliases import alias_of
from school_events.people.store import find_contacts, find_pupils
from school_events.privacy import steps
from school_events.reports.model import Filters
from school_events.reports.participation import PARTICIPATION
from tests.support.booked_world import as_parent, payment_of, place_states
from tests.support.contexts import NOW, SCHOOL
from tests.support.crashes import Calls, watched
from tests.support.people import pupil_told, tell
from tests.support.tables import everything, rows
from tests.unit.privacy.leaving import (
    FORGOTTEN_AT,
    SECRETS,
    a_past,
    days,
    let_expire,
    look_at,
    naming,
    pupil_left,
    pupil_removed,
    remembered,
)

MOTHER = Actor("contact", "contact-1")
GONE = {
    ("People", "SCH#school-1#PUPIL#pupil-3", "PUPIL"),
    ("People", "SCH#school-1#CONTACT#contact-3", "CONTACT"),
    ("People", "SCH#school-1#CONTACT#contact-3", "LINK#pupil-3"),
}
"""What is left of ``pupil-3`` and their mother: enough to refuse what comes late."""


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    """Empty tables for each of these."""


def forget(*pupils: str) -> None:
    """Let children leave, and forget them when their time is over."""
    tell(*(pupil_left(one) for one in pupils))
    for one in pupils:
        look_at("pupil", one)


def test_nothing_anywhere_names_them_besides_the_ids_of_what_is_gone() -> None:
    a_past(price=1250)
    words = ("pupil-3", "contact-3", *SECRETS)
    named = {table for table, _, _ in naming(everything(), words)}
    assert named == {"People", "Events", "Bookings", "Payments", "Inbox", "Idempotency"}
    forget("pupil-3")
    let_expire(FORGOTTEN_AT, "Idempotency")
    assert set(naming(everything(), words)) == GONE
    assert naming(everything(), SECRETS) == []


def test_what_is_left_of_a_person_is_ids_and_orders() -> None:
    a_past()
    forget("pupil-3")
    left = [row for row in rows("People") if ("People", row["pk"]["S"], row["sk"]["S"]) in GONE]
    technical = {"pk", "sk", "kind", "revision", "removed", "removed_by", "state", "change", "listing_pk", "listing_sk"}
    for row in left:
        assert set(row) <= technical | {"pupil_pk", "pupil_sk"}
        assert row["removed_by"]["S"] == "leaver_clock"
        assert json.loads(row["change"]["S"])["actor_kind"] == "system"


def test_links_that_do_not_fit_into_the_first_transaction_go_right_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "_MOST_LINKS", 0)
    a_past(price=1250)
    forget("pupil-3", "pupil-1")
    let_expire(FORGOTTEN_AT, "Idempotency")
    assert set(naming(everything(), ("pupil-3", "contact-3", *SECRETS))) == GONE
    assert [link.pupil_id for link in access.open_links(as_parent(1), "contact-1")] == ["pupil-2"]
    told = inboxes.rows_until(SCHOOL, MOTHER, feed.position(FORGOTTEN_AT, "~"))
    assert ("child", "removed", "pupil-1") in [(row.thing, row.what, row.thing_id) for row in told]


def test_who_was_removed_at_the_source_is_forgotten_alike() -> None:
    a_past()
    tell(pupil_removed("pupil-3"))
    tell_at = FORGOTTEN_AT.replace(year=2026, month=12, day=31)
    look_at("pupil", "pupil-3", now=tell_at.replace(day=30))
    assert naming({"Inbox": rows("Inbox")}, ["contact-3"])
    look_at("pupil", "pupil-3", now=tell_at)
    let_expire(FORGOTTEN_AT, "Idempotency")
    assert set(naming(everything(), ("pupil-3", "contact-3", *SECRETS))) == GONE


def test_places_bookings_counts_and_money_are_as_they_were() -> None:
    event, _ = a_past(price=1250)

    def adds_up() -> object:
        kept = list(bookings.bookings_of_event(SCHOOL, event.id))
        report = [step.row for step in PARTICIPATION.steps(SCHOOL, Filters(), None) if step.row]
        return (
            place_states(event),
            sorted((one.id, one.state, one.price.amount, one.place.number, one.created_at) for one in kept),
            sorted((one.id, one.state, one.amount.amount, one.lines) for one, _ in payments_of_school(SCHOOL)),
            Counter((row[0], row[6]) for row in report),
        )

    before = adds_up()
    forget("pupil-3", "pupil-1", "pupil-2")
    assert adds_up() == before


def test_each_booking_has_random_ids_of_its_own_and_no_answers() -> None:
    event, _ = a_past(price=1250)
    forget("pupil-1", "pupil-2", "pupil-3")
    kept = list(bookings.bookings_of_event(SCHOOL, event.id))
    payers = [payment.payer_id for payment, _ in payments_of_school(SCHOOL)]
    ids = [one.pupil_id for one in kept] + [one.booked_by for one in kept] + payers
    assert len(set(ids)) == len(ids) == 8
    assert all(one.startswith("nobody_") for one in ids)
    assert [one.answers for one in kept] == [None] * 3
    assert not [row for row in rows("Bookings") if row["kind"]["S"] in {"health_answers", "consent_receipt"}]


def test_stamps_of_what_was_one_persons_share_nothing_but_the_day() -> None:
    a_past()
    forget("pupil-1", "pupil-2", "pupil-3")
    items = [row for row in rows("Bookings") if row["kind"]["S"] == "booking"]
    stamps = [json.loads(row["change"]["S"]) for row in items]
    assert {one["at"] for one in stamps} == {"2029-08-31T00:00:00Z"}
    assert len({one["id"] for one in stamps}) == 3
    assert all(re.fullmatch(r"change_[0-9a-f]{32}", one["id"]) for one in stamps)
    assert {one["request_id"] for one in stamps} == {"anonymised-2029-08-31"}


def test_a_live_booking_can_still_be_ended() -> None:
    event, _ = a_past()
    forget("pupil-3")
    (booking,) = (one for one in bookings.bookings_of_event(SCHOOL, event.id) if one.anonymised)
    (guard,) = bookings.guards_of(SCHOOL, booking.pupil_id)
    assert guard.booking_id == booking.id
    assert list(bookings.guards_of(SCHOOL, "pupil-3")) == []


def test_a_sibling_keeps_the_parents() -> None:
    _, booked = a_past(price=1250)
    forget("pupil-1")
    assert set(find_contacts(SCHOOL, ["contact-1", "contact-2"])) == {"contact-1", "contact-2"}
    assert [link.pupil_id for link in access.open_links(as_parent(1), "contact-1")] == ["pupil-2"]
    assert payment_of(booked[0]).payer_id == "contact-1"
    assert {one.pupil_id for one in inboxes.entries(SCHOOL, MOTHER)} == {"pupil-2"}
    forget("pupil-2")
    assert find_contacts(SCHOOL, ["contact-1", "contact-2"]) == {}
    assert payment_of(booked[0]).payer_id.startswith("nobody_")
    let_expire(FORGOTTEN_AT + days(1), "Idempotency", "Inbox")
    left = naming(everything(), ["pupil-1", "pupil-2", "contact-1", "contact-2"])
    assert {table for table, _, _ in left} == {"People"}
    assert len(left) == 2 + 2 + 4


def test_nothing_says_any_more_of_a_parent_who_stays_whose_bookings_were_the_childs() -> None:
    _, booked = a_past()
    childs, siblings = booked[0].booking_ids
    forget("pupil-1")
    for table in ("Inbox", "Idempotency"):
        let_expire(NOW + days(2), table)
    named = {row.thing_id for row in inboxes.rows_until(SCHOOL, MOTHER, feed.position(FORGOTTEN_AT, "~"))}
    assert (childs in named, siblings in named) == (False, True)
    assert {table for table, _, _ in naming(everything(), [childs]) if table == "Inbox"} == set()


def test_the_apps_of_a_parent_who_stays_learn_that_the_child_is_gone() -> None:
    a_past()
    forget("pupil-1")
    told = inboxes.rows_until(SCHOOL, MOTHER, feed.position(FORGOTTEN_AT, "~"))
    new = [(row.thing, row.what) for row in told if row.at == FORGOTTEN_AT]
    assert ("child", "removed") in new
    assert ("inbox_entry", "removed") in new
    named = [row for row in told if "pupil-1" in row.thing_id]
    assert {(row.what, row.at) for row in named} == {("removed", FORGOTTEN_AT)}


def test_other_children_keep_their_invitations_and_answers() -> None:
    event, booked = a_past()
    forget("pupil-3")
    assert [one.pupil_id for one in invitations_of_event(SCHOOL, event.id)] == ["pupil-1", "pupil-2", "pupil-4"]
    kept = bookings.find_booking(SCHOOL, booked[0].booking_ids[0])
    assert kept.answers is not None
    assert (kept.pupil_id, kept.booked_by) == ("pupil-1", "contact-1")


def _health_of(kept: dict[str, list[dict[str, Any]]], pupil_id: str) -> set[tuple[str, str, str]]:
    """The answers about a child's health, which name nobody: they stand beside the child's booking."""
    theirs = [row["pk"]["S"] for row in kept["Bookings"] if row.get("pupil_pk", {}).get("S", "").endswith(pupil_id)]
    return {("Bookings", booking, "HEALTH") for booking in theirs}


def test_nothing_of_anybody_else_changes() -> None:
    a_past(price=1250)
    tell(pupil_left("pupil-3"))
    before = everything()
    look_at("pupil", "pupil-3")
    after = everything()
    changed = [(table, row) for table in before for row in before[table] if row not in after[table]]
    theirs = set(naming(before, ("pupil-3", "contact-3"))) | _health_of(before, "pupil-3")
    assert {(table, row["pk"]["S"], row["sk"]["S"]) for table, row in changed} <= theirs


def test_the_mappings_from_aliases_go_with_the_people() -> None:
    a_past()
    assert alias_of(SCHOOL, "pupil", "pupil-3")
    forget("pupil-3")
    assert alias_of(SCHOOL, "pupil", "pupil-3") is None
    assert alias_of(SCHOOL, "contact", "contact-3") is None
    assert find_pupils(SCHOOL, ["pupil-3"]) == {}


def test_it_costs_the_same_however_many_others_are_there() -> None:
    a_past()
    tell(pupil_left("pupil-3"))
    rewind = remembered()
    with watched(Calls()) as few:
        look_at("pupil", "pupil-3")
    rewind()
    tell(*(pupil_told(f"pupil-{number}") for number in range(100, 140)))
    tell(*(pupil_left(f"pupil-{number}") for number in range(100, 120)))
    with watched(Calls()) as many:
        look_at("pupil", "pupil-3")
    assert many.names == few.names
    assert len(few.names) < 65
