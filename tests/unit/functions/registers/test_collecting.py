"""A child goes with somebody whose link is open, and with nobody else; that somebody tried is in the audit log (D7)."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent
from school_events.people import access
from tests.support.people import contact_told, link_removed, link_told, portal_message, tell
from tests.support.tables import rows
from tests.unit.functions.registers.asking import (
    COLLECTORS,
    REGISTER,
    a_mark,
    in_between,
    outcomes,
    read,
    send,
    states,
    tell_families,
    told,
)


def collected(name: str, contact_id: str, *, pupil: str = "pupil-1", minutes: int = 10) -> Any:
    """A mark that says that somebody took a child away."""
    return a_mark(name, "collected", pupil=pupil, minutes=minutes, collected_by=contact_id)


def audited(action: str) -> list[dict[str, Any]]:
    """The lines of the audit log of an action."""
    tell_families()
    return [row for row in rows("Audit") if row["action"]["S"] == action]


def test_a_parent_takes_their_child_away(event: SchoolEvent) -> None:
    assert outcomes(send(event, a_mark("m1"), collected("m2", "contact-2"))) == ["kept", "kept"]
    _, register = read(REGISTER, event)
    mark = register["expected"][0]["mark"]
    assert (mark["state"], mark["collected_by"], mark["marked_by"]) == ("collected", "contact-2", "staff-1")
    assert register["expected"][0]["contradicted_by"] == []


def _merged() -> None:
    content = {"contact_id": "contact-2", "merged_into": "contact-4"}
    tell(portal_message("ContactRemoved", content, version=2))


def _cut() -> None:
    tell(link_told("contact-2", restricted=True, version=2))


LOSSES: dict[str, Callable[[], None]] = {
    "restricted": _cut,
    "ended": lambda: tell(link_told("contact-2", ends_on=date(2026, 12, 3), version=2)),
    "removed": lambda: tell(link_removed("contact-2")),
    "merged into a stranger": _merged,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_whose_link_is_cut_may_not_collect_and_that_they_tried_is_audited(event: SchoolEvent, loss: str) -> None:
    LOSSES[loss]()
    for _ in range(2):
        assert outcomes(send(event, a_mark("m1"), collected("m2", "contact-2"))) == ["kept", "may_not_collect"]
    assert states(event)["pupil-1"] == "present"
    (line,) = audited("register.collection_refused")
    assert line["subject_kind"]["S"] == "booking"


@pytest.mark.parametrize("contact_id", ["contact-3", "contact-99", "staff-1"])
def test_a_stranger_may_not_collect(event: SchoolEvent, contact_id: str) -> None:
    assert outcomes(send(event, collected("m1", contact_id))) == ["may_not_collect"]
    assert states(event)["pupil-1"] is None


def test_what_was_refused_stays_refused_and_a_new_mark_is_asked_anew(event: SchoolEvent) -> None:
    assert outcomes(send(event, collected("m1", "contact-3"))) == ["may_not_collect"]
    tell(link_told("contact-3", "pupil-1"))
    assert outcomes(send(event, collected("m1", "contact-3"), collected("m2", "contact-3"))) == [
        "may_not_collect",
        "kept",
    ]
    tell(link_told("contact-3", "pupil-1", restricted=True, version=2))
    assert outcomes(send(event, collected("m2", "contact-3"))) == ["kept"]


def test_who_has_taken_over_from_a_merged_contact_is_who_collects(event: SchoolEvent) -> None:
    tell(contact_told("contact-5"), link_told("contact-5", "pupil-1"))
    send(event, collected("m1", "contact-2"))
    content = {"contact_id": "contact-2", "merged_into": "contact-5"}
    tell(portal_message("ContactRemoved", content, version=2))
    assert outcomes(send(event, collected("m2", "contact-2", minutes=12))) == ["kept"]
    assert read(REGISTER, event)[1]["expected"][0]["mark"]["collected_by"] == "contact-5"


def test_a_link_that_is_cut_while_the_mark_is_written_is_seen_by_the_write(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_between(monkeypatch, _cut)
    assert outcomes(send(event, collected("m1", "contact-2"))) == ["may_not_collect"]


def test_without_the_condition_of_the_link_who_was_just_cut_off_takes_the_child_away(
    event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unchecked(_transaction: Transaction, _ctx: Context, _contact_id: str, _pupil_id: str) -> None:
        pass

    monkeypatch.setattr(access, "check_link", unchecked)
    in_between(monkeypatch, _cut)
    assert outcomes(send(event, collected("m1", "contact-2"))) == ["kept"]


def test_staff_see_who_may_collect_and_nobody_else(event: SchoolEvent) -> None:
    tell(link_told("contact-2", "pupil-1", restricted=True, version=2))
    _, page = read(COLLECTORS, event)
    named = {one["pupil_id"]: [who["contact_id"] for who in one["may_collect"]] for one in page["items"]}
    assert named == {"pupil-1": ["contact-1"], "pupil-2": ["contact-1", "contact-2"], "pupil-3": ["contact-3"]}
    assert page["items"][0]["may_collect"][0] == {
        "contact_id": "contact-1",
        "name": "Niamh O'Connor",
        "relationship": "mother",
    }


def test_who_may_collect_comes_in_pages_none_twice_and_none_missing(event: SchoolEvent) -> None:
    _, first = read(COLLECTORS, event, query={"limit": "2"})
    _, second = read(COLLECTORS, event, query={"limit": "2", "cursor": first["next_cursor"]})
    assert [one["pupil_id"] for one in (*first["items"], *second["items"])] == ["pupil-1", "pupil-2", "pupil-3"]
    assert second["next_cursor"] is None
    assert read(REGISTER, event)[0] == 200
    assert read(COLLECTORS, event, query={"cursor": "junk"})[0] == 422


def test_the_family_of_an_absent_child_is_told_once_and_told_when_it_comes_after_all(event: SchoolEvent) -> None:
    send(event, a_mark("m1", "absent"), a_mark("n1", "absent", pupil="pupil-2"))
    send(event, a_mark("m1", "absent"), a_mark("m2", "absent", minutes=7))
    tell_families()
    tell_families()
    assert (told("contact-1"), told("contact-3")) == (["register_absence"] * 2, [])
    assert told("contact-2") == told("contact-1")
    send(event, a_mark("m3", "late", minutes=9))
    tell_families()
    assert sorted(told("contact-1")) == ["register_absence", "register_absence", "register_absence_over"]
    assert len(audited("register.absent")) == 2
    assert len(audited("register.arrived")) == 1


def test_who_was_marked_absent_and_late_in_one_batch_alarms_nobody(event: SchoolEvent) -> None:
    send(event, a_mark("m2", "late", minutes=9), a_mark("m1", "absent"))
    tell_families()
    assert told("contact-1") == []


@pytest.mark.parametrize(
    ("marks", "seen"),
    [
        ([a_mark("m1")], []),
        ([a_mark("m1", "absent")], ["staff-1", "staff-3"]),
        ([collected("m1", "contact-3")], ["staff-1", "staff-3"]),
    ],
    ids=["present", "absent", "may not collect"],
)
def test_who_works_at_the_event_learns_of_what_is_wrong_at_the_next_refresh(
    event: SchoolEvent, marks: list[Any], seen: list[str]
) -> None:
    send(event, *marks)
    earlier = [row["sk"] for row in rows("Inbox")]
    tell_families("REGISTER#")
    new = [row for row in rows("Inbox") if row["sk"] not in earlier and row["kind"]["S"] == "feed_row"]
    shown = [row["pk"]["S"].rsplit("#", 1)[1] for row in new if row["thing"]["S"] == "event"]
    assert sorted(shown) == seen


def test_whose_link_is_cut_is_not_told_of_an_absence(event: SchoolEvent) -> None:
    send(event, a_mark("m1", "absent"))
    tell(link_told("contact-2", restricted=True, version=2))
    tell_families()
    assert (told("contact-1"), told("contact-2")) == (["register_absence"], [])
