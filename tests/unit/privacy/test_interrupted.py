"""However the forgetting is interrupted, run beside itself or overtaken by a return, it ends the same way."""

import json
from datetime import timedelta
from typing import Any

import pytest

from school_events.bookings import anonymising as of_bookings
from school_events.bookings import store as bookings
from school_events.events.model import SchoolEvent
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from school_events.invitations.store import invitations_of_pupils
from school_events.payments.store import payments_of_school
from school_events.people.aliases import alias_of
from school_events.people.groups import all_groups
from school_events.people.store import find_contacts, find_pupils, links_of_pupil
from school_events.privacy import steps
from school_events.privacy import store as privacy_store
from school_events.privacy.store import due_things
from tests.support.booked_world import UNASKED, an_event, book
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import contact_told, link_told, pupil_told, tell
from tests.support.tables import everything, rows
from tests.unit.privacy.leaving import (
    FORGOTTEN_AT,
    SECRETS,
    a_past,
    days,
    let_expire,
    look_at,
    naming,
    nights_have_run_until,
    pupil_left,
    pupil_removed,
    remembered,
)


@pytest.fixture(autouse=True)
def _tables(tables: None) -> None:
    """Empty tables for each of these."""


def _end() -> dict[str, Any]:
    """Where everything stands, without what differs from run to run: random ids, and how often an app is told."""
    return {
        "named": naming({name: rows(name) for name in ("People", "Events", "Payments", "Inbox")}, _WORDS),
        "bookings": sorted(
            (row["pk"]["S"], json.loads(row["record"]["S"])["state"], "pupil_pk" in row)
            for row in rows("Bookings")
            if row["kind"]["S"] == "booking"
        ),
        "guards": sum(row["kind"]["S"] == "guard" for row in rows("Bookings")),
        "payers": sorted(payer.partition("_")[0] for payer in _payers()),
        "sagas": [row["pk"]["S"] for row in rows("People") if row["kind"]["S"] == "anonymisation"],
        "due": list(due_things(FORGOTTEN_AT + days(2))),
        "groups": [group.pupil_ids for group in all_groups(SCHOOL)],
    }


def _payers() -> list[str]:
    return [payment.payer_id for payment, _ in payments_of_school(SCHOOL)]


_WORDS = ("pupil-3", "contact-3", *SECRETS)


def test_killed_before_or_after_any_write_and_run_again_it_ends_the_same() -> None:
    a_past(price=1250)
    tell(pupil_left("pupil-3"))
    nights_have_run_until(FORGOTTEN_AT)
    rewind = remembered()
    with watched(Calls()) as whole:
        look_at("pupil", "pupil-3")
    wanted = _end()
    assert wanted["sagas"] == []
    assert wanted["due"] == []
    assert wanted["groups"] == [("pupil-1", "pupil-2"), ("pupil-4",)]
    points = whole.points()
    assert len(points) > 12
    for point in points:
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            look_at("pupil", "pupil-3")
        for school_id, thing in list(due_things(FORGOTTEN_AT + days(1))):
            assert school_id == SCHOOL
            look_at(thing.kind, *thing.ids, now=FORGOTTEN_AT + days(1))
        assert (point, _end()) == (point, wanted)


def test_two_runs_at_once_end_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    a_past(price=1250)
    tell(pupil_left("pupil-3"))
    nights_have_run_until(FORGOTTEN_AT)
    rewind = remembered()
    look_at("pupil", "pupil-3")
    wanted = _end()
    finish = steps.finish
    for other in ("of the child", "of the mother"):
        rewind()
        turns = iter(("of the child", "of the mother"))

        def overtaken(*args: Any, turns: Any = turns, other: str = other) -> None:
            if next(turns, None) == other:
                monkeypatch.setattr(steps, "finish", finish)
                look_at("pupil", "pupil-3")
            finish(*args)

        monkeypatch.setattr(steps, "finish", overtaken)
        look_at("pupil", "pupil-3")
        assert _end() == wanted


def _forget_two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two children of one payment, whose mother has a third; one is forgotten while the other is about to be."""
    a_past(price=1250)
    tell(link_told("contact-1", "pupil-4"), pupil_left("pupil-1"), pupil_left("pupil-2"))
    look = of_bookings._not_yet_forgotten

    def be_overtaken(*args: Any) -> Any:
        monkeypatch.setattr(of_bookings, "_not_yet_forgotten", look)
        seen = look(*args)
        look_at("pupil", "pupil-2")
        return seen

    monkeypatch.setattr(of_bookings, "_not_yet_forgotten", be_overtaken)
    look_at("pupil", "pupil-1")


def test_of_two_children_forgotten_at_once_one_takes_the_payer_along(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_two_at_once(monkeypatch)
    assert "contact-1" not in _payers()


def test_that_would_notice_if_the_other_booking_were_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bookings, "require_unchanged", lambda *_: None)
    _forget_two_at_once(monkeypatch)
    assert "contact-1" in _payers()


def test_being_taken_up_again_hangs_on_what_the_first_transaction_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    a_past()
    tell(pupil_left("pupil-3"))
    nights_have_run_until(FORGOTTEN_AT)
    monkeypatch.setattr(privacy_store, "begin", lambda *_: None)
    with pytest.raises(Killed), watched(Calls(_first_transaction())):
        look_at("pupil", "pupil-3")
    assert list(due_things(FORGOTTEN_AT + days(1))) == []
    assert naming({"Bookings": rows("Bookings")}, SECRETS)


def _first_transaction() -> int:
    rewind = remembered()
    with watched(Calls()) as whole:
        look_at("pupil", "pupil-3")
    rewind()
    return whole.names.index("TransactWriteItems") + 1


BEGUN, BACK, LATER = (NOW + timedelta(hours=number) for number in (1, 2, 3))
"""The forgetting of a pupil who was removed at the source begins; they come back; it is ended."""


def _come_back(event: SchoolEvent) -> None:
    """The Portal tells of the child and the mother again, and they are invited and booked again."""
    tell(
        pupil_told("pupil-3", "Zuleika", "Dobson", version=9),
        contact_told("contact-3", "Olga", "Dobson", version=9),
        link_told("contact-3", "pupil-3", version=9),
        now=BACK,
    )
    invited = Audience.model_validate({"pupils": ["pupil-3"]})
    invitations.invite(a_context(now=BACK), UNASKED, event.id, invited)
    book(event, "pupil-3", parent=3, now=BACK)


def test_who_comes_back_meanwhile_is_somebody_new_and_keeps_what_is_new() -> None:
    a_past()
    event = an_event(price=0, invited=["pupil-1"])
    old = alias_of(SCHOOL, "pupil", "pupil-3"), alias_of(SCHOOL, "contact", "contact-3")
    tell(pupil_removed("pupil-3", occurred_at="2026-10-01T08:00:00Z"))
    nights_have_run_until(NOW)
    rewind = remembered()
    with watched(Calls()) as whole:
        look_at("pupil", "pupil-3", now=BEGUN)
    mothers_turn = [number for number, name in enumerate(whole.names, 1) if name == "TransactWriteItems"]
    for point in whole.points():
        if point < mothers_turn[0]:
            continue
        rewind()
        with pytest.raises(Killed), watched(Calls(point)):
            look_at("pupil", "pupil-3", now=BEGUN)
        _come_back(event)
        look_at("pupil", "pupil-3", now=LATER)
        look_at("contact", "contact-3", now=LATER)
        new = alias_of(SCHOOL, "pupil", "pupil-3"), alias_of(SCHOOL, "contact", "contact-3")
        assert new[0] not in {None, old[0]}
        assert find_pupils(SCHOOL, ["pupil-3"])["pupil-3"].first_name == "Zuleika"
        assert find_contacts(SCHOOL, ["contact-3"])["contact-3"].first_name == "Olga"
        assert [link.contact_id for link in links_of_pupil(SCHOOL, "pupil-3")] == ["contact-3"]
        assert len(invitations_of_pupils(SCHOOL, ["pupil-3"])) == 1
        (live,) = bookings.live_bookings_of_pupils(SCHOOL, ["pupil-3"])
        assert (live.booked_by, live.created_at) == ("contact-3", BACK)
        assert list(due_things(LATER)) == []
        let_expire(FORGOTTEN_AT, "Idempotency")
        assert naming(everything(), SECRETS) == []
