"""Marks from devices that may have been offline: whatever comes when, the register is the same (D7)."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine

from functions.event_lifecycle.handler import lambda_handler as lifecycle
from school_events.bookings import cancelling
from school_events.bookings.registers import rules
from school_events.events.model import SchoolEvent
from school_events.events.store import session_item, sessions_of
from tests.support.booked_world import an_event, as_parent, book, booking_of
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.rewind import bookmark_tables
from tests.support.tables import everything, rows
from tests.unit.functions.registers.asking import (
    ADMIN,
    ALLOCATED,
    COLLEAGUE,
    ENDS_AT,
    MARK,
    REGISTER,
    STARTS_AT,
    THE_DAY,
    a_mark,
    ask,
    at,
    outcomes,
    read,
    send,
    states,
    tell_families,
    told,
)


def child(event: SchoolEvent, pupil_id: str = "pupil-1") -> Any:
    """What the register says of a child."""
    return next(one for one in read(REGISTER, event)[1]["expected"] if one["pupil_id"] == pupil_id)


def test_a_mark_is_in_the_register_with_time_and_who_made_it(event: SchoolEvent) -> None:
    answer = send(event, a_mark("m1", "late", minutes=20, minutes_late=15))
    assert outcomes(answer) == ["kept"]
    assert answer["children"] == [{name: child(event)[name] for name in answer["children"][0]}]
    mark = child(event)["mark"]
    assert (mark["state"], mark["minutes_late"], mark["marked_by"]) == ("late", 15, "staff-1")
    assert (mark["at"], mark["received_at"]) == ("2026-12-04T08:50:00Z", "2026-12-04T09:00:00Z")
    assert states(event) == {"pupil-1": "late", "pupil-2": None, "pupil-3": None}


def test_the_same_batch_again_changes_nothing_and_is_answered_alike(event: SchoolEvent) -> None:
    batch = [a_mark("m1"), a_mark("m2", "absent", pupil="pupil-2"), a_mark("m3", pupil="pupil-4")]
    first = send(event, *batch)
    before = rows("Bookings")
    assert send(event, *batch) == first
    assert send(event, *batch, by=COLLEAGUE) == first
    assert rows("Bookings") == before


def test_what_is_only_sent_again_to_see_what_the_register_says_is_a_reading_in_the_audit_log(
    event: SchoolEvent,
) -> None:
    batch = [a_mark("m1"), a_mark("m2", pupil="pupil-2"), a_mark("m3", pupil="pupil-4")]
    send(event, *batch[:2])
    later = [THE_DAY + timedelta(seconds=number) for number in range(4)]
    for moment, sent in zip(later, (batch[2:], batch[:1], batch, [a_mark("m4", minutes=6)]), strict=True):
        with time_machine.travel(moment, tick=False):
            send(event, *sent)
    assert [row["at"]["S"][17:19] for row in rows("Audit") if row["action"]["S"] == "register.read"] == ["01", "02"]


def test_in_whatever_order_and_batches_marks_come_the_register_is_the_same(event: SchoolEvent) -> None:
    marks = [a_mark("m1", "absent", minutes=1), a_mark("m2", "late", minutes=9), a_mark("m0", "present", minutes=9)]
    rewind = bookmark_tables()
    seen = set()
    for order in permutations(marks):
        for together in (True, False):
            for batch in [order] if together else [(one,) for one in order]:
                send(event, *batch)
            seen.add((child(event)["mark"]["id"], child(event)["mark"]["state"]))
            rewind()
    assert seen == {("m2", "late")}


def test_of_two_devices_the_later_says_and_what_the_other_says_is_shown(event: SchoolEvent) -> None:
    send(event, a_mark("a1", "absent", minutes=10))
    answer = send(event, a_mark("b1", "present", minutes=8), by=COLLEAGUE)
    (marked,) = answer["children"]
    assert (marked["mark"]["id"], [one["id"] for one in marked["contradicted_by"]]) == ("a1", ["b1"])
    assert {one["marked_by"] for one in (marked["mark"], *marked["contradicted_by"])} == {"staff-1", "staff-3"}
    (marked,) = send(event, a_mark("a2", "present", minutes=12, replaces="b1"))["children"]
    assert (marked["mark"]["id"], marked["contradicted_by"]) == ("a2", [])


def test_one_bad_mark_keeps_no_other_back(event: SchoolEvent) -> None:
    batch = [
        a_mark("m1", minutes=30 + 6),
        a_mark("m2", minutes=-241),
        a_mark("m3", minutes_late=5),
        a_mark("m4", "collected"),
        a_mark("m5", collected_by="contact-1"),
        a_mark("m6", pupil="pupil-4"),
        a_mark("m7", pupil="pupil-99"),
        a_mark("m8", replaces="m8"),
        a_mark("m9", pupil="pupil-2"),
    ]
    answer = send(event, *batch)
    assert outcomes(answer) == [*["refused"] * 5, "not_expected", "not_expected", "refused", "kept"]
    fields = [one["field"] for one in answer["results"]]
    assert fields == ["at", "at", "minutes_late", "collected_by", "collected_by", None, None, "replaces", None]
    assert states(event) == {"pupil-1": None, "pupil-2": "present", "pupil-3": None}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "m 1"}, "marks.0.id"),
        ({"pupil_id": 1}, "marks.0.pupil_id"),
        ({"state": "ill"}, "marks.0.state"),
        ({"at": "2026-12-04T09:00"}, "marks.0.at"),
        ({"at": 1764000000}, "marks.0.at"),
        ({"minutes_late": 0}, "marks.0.minutes_late"),
        ({"minutes_late": "5"}, "marks.0.minutes_late"),
        ({"collected_by": "the granny"}, "marks.0.collected_by"),
        ({"note": "left with granny"}, "marks.0.note"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field_and_changes_nothing(
    event: SchoolEvent, change: Mapping[str, Any], field: str
) -> None:
    before = everything()
    answer = ask(MARK, event, ALLOCATED, {"marks": [a_mark("m1") | dict(change), a_mark("m2")]})
    assert (answer["statusCode"], [one["field"] for one in json_of(answer)["errors"]]) == (422, [field])
    assert everything() == before


@pytest.mark.parametrize("marks", [[], [a_mark(f"m{number}") for number in range(101)]], ids=["none", "too many"])
def test_a_batch_has_one_to_a_hundred_marks(event: SchoolEvent, marks: list[Any]) -> None:
    answer = ask(MARK, event, ALLOCATED, {"marks": marks})
    assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (422, "marks")


def test_an_id_that_another_mark_has_is_refused_and_the_first_stays(event: SchoolEvent) -> None:
    send(event, a_mark("m1"))
    answer = send(event, a_mark("m1", "absent"), a_mark("m1", pupil="pupil-2"))
    assert outcomes(answer) == ["refused", "kept"]
    assert answer["results"][0]["field"] == "id"
    assert states(event) == {"pupil-1": "present", "pupil-2": "present", "pupil-3": None}


def test_so_many_marks_of_a_child_and_no_more(event: SchoolEvent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_MARKS", 3)
    answer = send(event, *(a_mark(f"m{number}", minutes=number) for number in range(5)))
    assert outcomes(answer) == ["kept"] * 3 + ["refused"] * 2
    assert (child(event)["mark"]["id"], outcomes(send(event, a_mark("m1", minutes=1)))) == ("m2", ["kept"])


def test_who_is_booked_later_is_marked_by_the_same_mark_sent_again(event: SchoolEvent) -> None:
    assert outcomes(send(event, a_mark("m1", pupil="pupil-4"))) == ["not_expected"]
    assert not [row for row in rows("Bookings") if row["kind"]["S"] == "register_entry"]
    with time_machine.travel("2026-11-23T09:00:00Z", tick=False):
        book(event, "pupil-4", parent=4)
    assert outcomes(send(event, a_mark("m1", pupil="pupil-4"))) == ["kept"]
    assert states(event)["pupil-4"] == "present"


def test_whose_hold_is_not_paid_is_not_expected(event: SchoolEvent) -> None:
    paid = an_event()
    book(paid)
    assert outcomes(send(paid, a_mark("m1"))) == ["not_expected"]


def test_who_was_marked_and_then_lost_the_place_is_still_shown(event: SchoolEvent) -> None:
    booked = book(event, "pupil-4", parent=4)
    send(event, a_mark("m1", pupil="pupil-4"))
    cancelling.cancel(as_parent(4), booking_of(booked))
    _, register = read(REGISTER, event)
    assert "pupil-4" not in {one["pupil_id"] for one in register["expected"]}
    (lost,) = register["no_longer_expected"]
    assert (lost["pupil_id"], lost["mark"]["id"]) == ("pupil-4", "m1")
    assert outcomes(send(event, a_mark("m2", pupil="pupil-4"))) == ["not_expected"]


def _status(event: SchoolEvent, caller: Mapping[str, Any]) -> int:
    return int(ask(MARK, event, caller, {"marks": [a_mark("m1")]})["statusCode"])


@pytest.mark.parametrize(
    ("moment", "staff", "admin"),
    [
        (STARTS_AT - timedelta(hours=4, seconds=1), 409, 409),
        (STARTS_AT - timedelta(hours=4), 200, 200),
        (ENDS_AT + timedelta(days=7), 200, 200),
        (ENDS_AT + timedelta(days=7, seconds=1), 409, 200),
        (ENDS_AT + timedelta(days=366), 409, 200),
        (ENDS_AT + timedelta(days=366, seconds=1), 409, 409),
    ],
)
def test_a_register_is_open_for_a_while(event: SchoolEvent, moment: Any, staff: int, admin: int) -> None:
    with time_machine.travel(moment, tick=False):
        assert (_status(event, ALLOCATED), _status(event, ADMIN)) == (staff, admin)


def test_of_a_cancelled_session_nobody_is_expected_and_nothing_is_marked(event: SchoolEvent) -> None:
    (session,) = sessions_of(SCHOOL, event.id)
    session_item(SCHOOL, event.id, session.model_copy(update={"cancelled": True})).save()
    before = everything()
    assert _status(event, ALLOCATED) == 409
    assert everything() == before
    _, register = read(REGISTER, event)
    assert (register["cancelled"], register["expected"]) == (True, [])


def test_what_was_said_before_a_session_was_moved_counts_no_more_and_is_kept(event: SchoolEvent) -> None:
    (session,) = sessions_of(SCHOOL, event.id)
    send(event, a_mark("m1", "absent"))
    week = timedelta(days=7)
    moved = session.model_copy(update={"starts_at": STARTS_AT + week, "ends_at": ENDS_AT + week})
    session_item(SCHOOL, event.id, moved).save()
    with time_machine.travel(STARTS_AT + week, tick=False):
        assert (child(event)["mark"], child(event)["family_alarmed"]) == (None, False)
        send(event, a_mark("m2", "absent", minutes=7 * 24 * 60))
        assert (child(event)["mark"]["id"], child(event)["family_alarmed"]) == ("m2", True)
        tell_families()
    assert told("contact-1") == ["register_absence"] * 2


def test_of_a_cancelled_event_nothing_is_marked(event: SchoolEvent) -> None:
    route = "POST /v1/schools/{school_id}/events/{event_id}/cancel"
    cancelled = lifecycle(http_event(route, {"event_id": event.id}), LambdaContext())
    assert cancelled["statusCode"] == 200, cancelled["body"]
    assert _status(event, ALLOCATED) == 409
    _, register = read(REGISTER, event)
    assert (register["cancelled"], register["expected"]) == (True, []), "though no booking was ended yet"


def test_every_mark_is_in_the_audit_log_by_who_made_it(event: SchoolEvent) -> None:
    send(event, a_mark("m1"), by=COLLEAGUE)
    (entry,) = [row for row in rows("Bookings") if row["kind"]["S"] == "register_entry"]
    assert ('"action":"register.marked"' in entry["change"]["S"], '"staff-3"' in entry["change"]["S"]) == (True, True)


def test_the_instant_of_a_mark_is_the_same_in_whatever_offset_it_is_written(event: SchoolEvent) -> None:
    send(event, a_mark("m1"))
    assert outcomes(send(event, a_mark("m1") | {"at": "2026-12-04T09:35:00.000+01:00"})) == ["kept"]
    assert at(5) == "2026-12-04T08:35:00+00:00"
