"""Contacts go when the Portal has removed them or their last child is gone; a link's end is told to the family."""

from datetime import UTC, date, datetime, timedelta

import pytest

from school_events.bookings import store as bookings
from school_events.bookings.answering.api import NewAnswers
from school_events.bookings.answering.service import answer
from school_events.bookings.consents.model import Receipt
from school_events.bookings.consents.store import receipt_item, receipts_of
from school_events.bookings.model import OverCapacity
from school_events.core import feed
from school_events.core.change import stamp
from school_events.core.context import Actor
from school_events.core.dynamodb import Transaction
from school_events.notifications import push
from school_events.notifications import store as inboxes
from school_events.notifications.model import Device
from school_events.people import access
from school_events.people.rules import Thing
from school_events.people.store import find_contacts
from school_events.privacy.store import due_things, read_thing
from tests.support.booked_world import UNASKED, as_parent, booking_of, payment_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import contact_told, link_removed, link_told, pupil_told, school_told, tell
from tests.support.tables import everything
from tests.unit.privacy.leaving import (
    a_past,
    contact_removed,
    days,
    let_expire,
    look_at,
    naming,
    nights_have_run_until,
    pupil_left,
)

DUE = datetime(2026, 12, 31, 8, tzinfo=UTC)
"""Thirty days after 1 December."""

LAST_DAY = date(2027, 3, 27)
OVER = datetime(2027, 3, 28, tzinfo=UTC)
"""Midnight after it, in London: the night in which the clocks go forward."""


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    """Empty tables for each of these, and nights that have run."""
    nights_have_run_until(NOW)


def rows_of(contact_id: str) -> list[tuple[str, str, str]]:
    """What a contact's app is told."""
    person = Actor("contact", contact_id)
    return [(row.thing, row.thing_id, row.what) for row in inboxes.rows_until(SCHOOL, person, "9")]


def here(contact_id: str) -> bool:
    """Whether the school still sees a contact."""
    return bool(find_contacts(SCHOOL, [contact_id]))


def test_a_contact_removed_at_the_source_goes_after_thirty_days_and_the_children_stay() -> None:
    _, booked = a_past(price=1250)
    tell(contact_removed("contact-1"))
    look_at("contact", "contact-1", now=DUE - timedelta(milliseconds=1))
    assert booking_of(booked[0]).booked_by == "contact-1"
    look_at("contact", "contact-1", now=DUE)
    let_expire(DUE, "Idempotency")
    left = naming(everything(), ["contact-1"])
    assert {(table, sk) for table, _, sk in left} == {
        ("People", "CONTACT"),
        ("People", "LINK#pupil-1"),
        ("People", "LINK#pupil-2"),
    }
    for position, pupil in enumerate(("pupil-1", "pupil-2")):
        booking = booking_of(booked[0], position)
        assert booking.pupil_id == pupil
        assert booking.answers is not None
        assert booking.booked_by == booking.answers.given_by
    assert payment_of(booked[0]).payer_id.startswith("nobody_")


def test_who_declined_is_taken_out_of_the_invitation() -> None:
    a_past()
    tell(contact_removed("contact-4"))
    look_at("contact", "contact-4", now=DUE)
    let_expire(DUE, "Idempotency")
    assert {table for table, _, _ in naming(everything(), ["contact-4"])} == {"People"}


def test_who_takes_a_merged_contact_over_keeps_their_bookings_and_payments() -> None:
    _, booked = a_past(price=1250)
    tell(contact_removed("contact-1", merged_into="contact-2"))
    look_at("contact", "contact-1", now=DUE)
    assert booking_of(booked[0]).booked_by == "contact-2"
    assert booking_of(booked[0], 1).booked_by == "contact-2"
    assert payment_of(booked[0]).payer_id == "contact-2"
    (receipt,) = receipts_of(SCHOOL, booked[0].booking_ids[0])
    assert (receipt.contact_id, receipt.consents[0].given) == ("contact-2", True)


def test_the_other_parent_who_is_forgotten_is_taken_out_of_what_they_agreed_to_and_the_consents_stay() -> None:
    _, booked = a_past()
    booking_id = booked[0].booking_ids[0]
    father = Receipt(id="receipt_9", contact_id="contact-2", at=NOW, form_version=1, consents=())
    receipt_item(SCHOOL, booking_id, father).save()
    tell(contact_removed("contact-2"))
    look_at("contact", "contact-2", now=DUE)
    mother, other = receipts_of(SCHOOL, booking_id)
    assert mother.contact_id == "contact-1"
    assert other.contact_id.startswith("nobody_")


def test_the_other_parent_who_is_forgotten_is_not_left_in_the_stamp_of_what_they_said_last() -> None:
    _, booked = a_past()
    booking = booking_of(booked[0])
    answer(as_parent(2), booking.id, 1, NewAnswers(form_version=1, answers={"photos": "no"}), UNASKED)
    tell(contact_removed("contact-2"))
    look_at("contact", "contact-2", now=DUE)
    assert {table for table, _, _ in naming(everything(), ["contact-2"])} == {"People"}
    kept = booking_of(booked[0])
    assert (kept.booked_by, kept.answers, kept.consent_withdrawn) == (booking.booked_by, booking.answers, False)


@pytest.mark.parametrize(("successor", "left"), [(None, ""), ("contact-2", "For Mrs Oakapple, who asked twice")])
def test_what_the_school_wrote_of_a_place_beyond_the_capacity_goes_with_who_booked(
    successor: str | None, left: str
) -> None:
    _, booked = a_past()
    before, ctx = booking_of(booked[0]), a_context()
    why = OverCapacity(reason="For Mrs Oakapple, who asked twice", decided_by="staff-admin")
    after = before.model_copy(update={"place": before.place.model_copy(update={"beyond": why})})
    transaction = Transaction(ctx)
    bookings.replace(transaction, SCHOOL, before, after, stamp(ctx, "booking.changed"))
    transaction.commit()
    tell(contact_removed("contact-1", merged_into=successor))
    look_at("contact", "contact-1", now=DUE)
    kept = booking_of(booked[0]).place.beyond
    assert kept == why.model_copy(update={"reason": left})


def test_a_contact_who_is_back_in_time_stays() -> None:
    a_past()
    tell(contact_removed("contact-3"))
    tell(contact_told("contact-3", version=3))
    look_at("contact", "contact-3", now=DUE)
    assert here("contact-3")
    assert list(due_things(DUE)) == []


def test_a_removed_link_takes_its_contact_along_if_it_was_the_last() -> None:
    a_past()
    tell(link_removed("contact-3", "pupil-3"))
    at = datetime(2026, 10, 1, 8, tzinfo=UTC)
    assert (SCHOOL, Thing("link", ("contact-3", "pupil-3"))) in due_things(NOW)
    look_at("link", "contact-3", "pupil-3", now=at - timedelta(milliseconds=1))
    assert here("contact-3")
    look_at("link", "contact-3", "pupil-3", now=NOW)
    assert not here("contact-3")
    assert list(due_things(NOW)) == []


def test_a_removed_link_takes_nobody_along_who_has_another_child() -> None:
    a_past()
    tell(link_removed("contact-1", "pupil-1"))
    look_at("link", "contact-1", "pupil-1", now=NOW)
    assert here("contact-1")
    assert [link.pupil_id for link in access.open_links(as_parent(1), "contact-1")] == ["pupil-2"]
    assert list(due_things(NOW)) == []


def test_bookings_for_a_child_whose_link_was_cut_long_ago_are_found_as_well() -> None:
    _, booked = a_past(price=1250)
    tell(link_removed("contact-1", "pupil-1"))
    look_at("link", "contact-1", "pupil-1", now=NOW)
    tell(contact_removed("contact-1"))
    look_at("contact", "contact-1", now=DUE)
    assert booking_of(booked[0]).pupil_id == "pupil-1"
    assert booking_of(booked[0]).booked_by.startswith("nobody_")


def test_a_restricted_or_ended_link_still_keeps_its_contact() -> None:
    tell(school_told(), contact_told(), *(pupil_told(one) for one in ("pupil-1", "pupil-2", "pupil-3")))
    tell(link_told(), link_told(pupil_id="pupil-2", restricted=True))
    tell(pupil_left("pupil-1", "2024-07-19"))
    look_at("pupil", "pupil-1", now=NOW)
    assert here("contact-1")
    tell(link_told(pupil_id="pupil-3", ends_on=date(2026, 1, 1)), link_removed(pupil_id="pupil-2"))
    look_at("link", "contact-1", "pupil-2", now=NOW)
    assert here("contact-1")


def test_a_link_removed_a_moment_ago_keeps_its_contact_for_as_long_as_it_may_come_back() -> None:
    a_past()
    tell(link_removed("contact-1", "pupil-1"))
    recent = link_removed("contact-1", "pupil-2")
    tell((recent[0], recent[1] | {"occurred_at": "2026-11-20T08:00:00Z"}))
    look_at("link", "contact-1", "pupil-1", now=NOW)
    assert here("contact-1")
    look_at("link", "contact-1", "pupil-2", now=datetime(2026, 12, 20, 8, tzinfo=UTC))
    assert not here("contact-1")


def test_nothing_of_the_same_ids_in_another_school_changes() -> None:
    a_past()
    other = "school-2"
    for message_type, detail in (school_told(), pupil_told("pupil-3"), contact_told("contact-3")):
        tell((message_type, detail | {"school_id": other}))
    link_type, link = link_told("contact-3", "pupil-3")
    tell((link_type, link | {"school_id": other}))
    before = naming(everything(), [f"SCH#{other}"])
    rows = [row for table in everything().values() for row in table if f"SCH#{other}" in row["pk"]["S"]]
    tell(pupil_left("pupil-3"))
    look_at("pupil", "pupil-3")
    assert naming(everything(), [f"SCH#{other}"]) == before
    assert rows == [row for table in everything().values() for row in table if f"SCH#{other}" in row["pk"]["S"]]


def test_a_devices_endpoint_goes_with_its_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    a_past()
    device = Device(id="tablet", platform="ios", endpoint="arn:aws:sns:eu-west-2:1:endpoint/APNS/app/1", seen_at=NOW)
    inboxes.keep_device(SCHOOL, Actor("contact", "contact-3"), device)
    closed: list[str] = []
    monkeypatch.setattr(push, "close_endpoint", closed.append)
    tell(contact_removed("contact-3"))
    look_at("contact", "contact-3", now=DUE)
    assert closed == [device.endpoint]
    assert inboxes.devices(SCHOOL, Actor("contact", "contact-3")) == []


class TestALinkThatEnds:
    """By its date: access is gone with the day, this is for the apps."""

    @pytest.fixture(autouse=True)
    def _family(self, _tables: None) -> None:
        tell(school_told(), pupil_told(), contact_told(), link_told(ends_on=LAST_DAY))
        nights_have_run_until(OVER - days(2))

    def _look(self, now: datetime = OVER) -> None:
        look_at("link", "contact-1", "pupil-1", now=now)

    def test_is_due_at_the_midnight_after_its_last_day(self) -> None:
        assert list(due_things(OVER - timedelta(milliseconds=1))) == []
        assert list(due_things(OVER)) == [(SCHOOL, Thing("link", ("contact-1", "pupil-1")))]

    def test_is_told_to_the_family_once(self) -> None:
        assert rows_of("contact-1") == [("child", "pupil-1", "created")]
        self._look(OVER - timedelta(milliseconds=1))
        assert rows_of("contact-1") == [("child", "pupil-1", "created")]
        self._look()
        self._look(OVER + days(1))
        assert rows_of("contact-1")[1:] == [("child", "pupil-1", "removed")]
        assert list(due_things(OVER + days(1))) == []

    def test_stays_open_if_it_was_prolonged_meanwhile(self) -> None:
        tell(link_told(ends_on=date(2027, 7, 1), version=2))
        self._look()
        assert rows_of("contact-1") == [("child", "pupil-1", "created")]
        assert list(due_things(OVER)) == []

    def test_is_told_even_if_the_portal_speaks_of_it_again_before_the_night(self) -> None:
        tell(link_told(ends_on=LAST_DAY, version=2), now=OVER + timedelta(minutes=30))
        assert len(list(due_things(OVER + timedelta(hours=2)))) == 1
        self._look(OVER + timedelta(hours=2))
        assert rows_of("contact-1")[-1] == ("child", "pupil-1", "removed")

    def test_changed_while_it_is_looked_at_is_left_to_the_change(self, monkeypatch: pytest.MonkeyPatch) -> None:
        row = feed.row

        def be_overtaken(*args: object, **named: object) -> feed.FeedRow:
            monkeypatch.setattr(feed, "row", row)
            tell(link_told(ends_on=None, version=2), now=OVER)
            return row(*args, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(feed, "row", be_overtaken)
        self._look()
        assert rows_of("contact-1")[-1] == ("child", "pupil-1", "created")
        _, item = read_thing(SCHOOL, Thing("link", ("contact-1", "pupil-1")))
        assert item is not None
        assert item.due_sk is None


def test_guards_and_places_of_other_children_are_left_alone() -> None:
    event, booked = a_past()
    tell(contact_removed("contact-1"))
    look_at("contact", "contact-1", now=DUE)
    for pupil in ("pupil-1", "pupil-2"):
        (guard,) = bookings.guards_of(SCHOOL, pupil)
        assert guard.booking_id in booked[0].booking_ids
    assert {one.state for one in bookings.bookings_of_event(SCHOOL, event.id)} == {"confirmed"}
