"""Late joiners: invited once, as the Portal makes them eligible, while booking is open (C3)."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine

from functions.notifications.handler import lambda_handler as notifications
from functions.outbox.handler import lambda_handler as outbox
from school_events.core.change import stamp
from school_events.events import store as events
from school_events.events.model import EventStatus
from school_events.invitations import inviting
from school_events.people import store as people
from school_events.people.model import Pupil
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, json_of, sqs_event
from tests.support.people import (
    PortalMessage,
    a_small_school,
    contact_told,
    group_removed,
    group_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
    tell,
)
from tests.support.rewind import bookmark_tables
from tests.support.streams import row_record, stream_event
from tests.support.tables import everything, messages, rows
from tests.unit.events.things import a_trip
from tests.unit.functions.invitation_fanout.asking import EVENT, Row, call, deliver, invite, listed, of_kind

YEAR_8 = {"audience": {"year_groups": ["8"]}, "late_joiners": True}
CLOSES_AT = datetime.fromisoformat("2026-12-01T00:00:00Z")


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    """``pupil-1`` of Year 8 with their mother, ``pupil-9`` of Year 9, and a trip that is published."""
    a_small_school()
    tell(pupil_told("pupil-9", "Cy", "Birch", "Year 9"))
    an_event("published")
    with time_machine.travel(NOW, tick=False):
        yield


def an_event(status: EventStatus, event_id: str = "event_1") -> None:
    events.event_item(SCHOOL, a_trip(status, event_id), stamp(a_context(), "event.published")).save()


def heard(*told: PortalMessage) -> list[Row]:
    """What the Portal says is applied, and followed from the stream: what is then on the worker's queue."""
    before = {(row["pk"]["S"], row["sk"]["S"]): row for row in rows("People")}
    tell(*told)
    after = {(row["pk"]["S"], row["sk"]["S"]): row for row in rows("People")}
    records = [row_record(row, before.get(key)) for key, row in after.items() if row != before.get(key)]
    assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}
    return messages("invitations")


def join(*told: PortalMessage) -> None:
    """The Portal says something, and the worker does what follows."""
    assert deliver(*heard(*told)) == {"batchItemFailures": []}


def invited(event_id: str = "event_1") -> list[str]:
    """The pupils who are invited."""
    found = [row for row in of_kind("invitation") if row["sk"]["S"] == f"INVITATION#{event_id}"]
    return sorted(row["pk"]["S"].rsplit("#", 1)[1] for row in found)


def told(contact: str) -> Counter[str]:
    """What a contact has entries of, once everything that is queued has been delivered."""
    queued = [row_record(row) for row in of_kind("invitation")]
    assert outbox(stream_event(*queued), LambdaContext()) == {"batchItemFailures": []}
    assert notifications(sqs_event(*messages("notifications")), LambdaContext()) == {"batchItemFailures": []}
    entries = [row for row in rows("Inbox") if row["kind"]["S"] == "inbox_entry" and f"#{contact}" in row["pk"]["S"]]
    return Counter(json.loads(row["record"]["S"])["thing_id"] for row in entries)


def test_a_new_pupil_who_belongs_to_the_audience_is_invited_and_others_are_not() -> None:
    assert invite(YEAR_8)["invited"] == 1
    join(pupil_told("pupil-2", "Bo"), pupil_told("pupil-3", "Di", "Elm", "Year 9"))
    assert invited() == ["pupil-1", "pupil-2"]
    (made,) = [row for row in of_kind("invitation") if "pupil-2" in row["pk"]["S"]]
    assert '"actor_id":"invitation_fanout"' in made["change"]["S"]


@pytest.mark.parametrize(
    ("audience", "told_of"),
    [
        ({"year_groups": ["8"]}, [pupil_told("pupil-9", "Cy", "Birch", "Year 8", version=2)]),
        ({"registration_groups": ["8C"]}, [pupil_told("pupil-9", "Cy", registration_group="8C", version=2)]),
        (
            {"pupil_premium": True},
            [pupil_told("pupil-9", "Cy", characteristics={"pupil_premium": {"eligible": True}}, version=2)],
        ),
        ({"teaching_groups": ["group-1"]}, [group_told(pupils=("pupil-9",), version=2)]),
    ],
)
def test_a_pupil_whom_a_change_makes_eligible_is_invited(audience: Any, told_of: list[PortalMessage]) -> None:
    tell(group_told(pupils=()))
    invite({"audience": audience, "late_joiners": True})
    assert "pupil-9" not in invited()
    join(*told_of)
    assert "pupil-9" in invited()


def test_without_being_asked_for_late_joiners_nobody_is_invited_later() -> None:
    invite({"audience": {"year_groups": ["8"]}})
    join(pupil_told("pupil-2", "Bo"))
    assert invited() == ["pupil-1"]


def test_a_message_that_comes_twice_late_or_out_of_order_invites_once_and_never_a_leaver() -> None:
    invite(YEAR_8)
    first = heard(pupil_told("pupil-2", "Bo"))
    left = portal_message("PupilLeft", {"pupil_id": "pupil-3", "left_on": "2026-11-20"}, version=2)
    second = heard(pupil_told("pupil-3", "Di"), left)
    deliver(*second, *first, *first)
    before = everything()
    deliver(*first, *second)
    assert everything() == before
    assert invited() == ["pupil-1", "pupil-2"]


def test_who_leaves_between_looking_and_writing_is_not_invited(monkeypatch: pytest.MonkeyPatch) -> None:
    invite(YEAR_8)
    joining = heard(pupil_told("pupil-2", "Bo"), pupil_told("pupil-3", "Di"))
    still: dict[str, Pupil] = people.find_pupils(SCHOOL, ["pupil-2", "pupil-3"])
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-2", "left_on": "2026-11-20"}, version=2))
    with monkeypatch.context() as patch:
        patch.setattr(people, "find_pupils", lambda *_: still)
        assert deliver(*joining)["batchItemFailures"]
    assert invited() == ["pupil-1"]
    deliver(*joining)
    assert invited() == ["pupil-1", "pupil-3"]


@pytest.mark.parametrize("status", ["closed", "cancelled", "completed"])
def test_an_event_that_is_not_published_any_more_invites_nobody_and_forgets_its_audience(status: EventStatus) -> None:
    invite(YEAR_8)
    an_event(status)
    join(pupil_told("pupil-2", "Bo"))
    assert invited() == ["pupil-1"]
    assert of_kind("standing_audience") == []


def test_when_booking_is_over_nobody_is_invited_any_more() -> None:
    invite(YEAR_8)
    joining = heard(pupil_told("pupil-2", "Bo"))
    with time_machine.travel(CLOSES_AT, tick=False):
        deliver(*joining)
    assert invited() == ["pupil-1"]
    with time_machine.travel(CLOSES_AT, tick=False):
        assert call(f"POST {EVENT}/invitations", YEAR_8)["statusCode"] == 409


def test_what_stands_is_shown_to_the_administrator_and_can_be_ended() -> None:
    assert listed()["late_joiners"] is None
    invite(YEAR_8)
    assert listed()["late_joiners"] == {"explanation": "in Year 8", "since": "2026-11-23T09:00:00Z"}
    for _ in range(2):
        assert json_of(call(f"DELETE {EVENT}/late-joiners")) == {"event_id": "event_1"}
    assert listed()["late_joiners"] is None
    join(pupil_told("pupil-2", "Bo"))
    assert invited() == ["pupil-1"]
    assert call(f"DELETE {EVENT}/late-joiners", event_id="event_9")["statusCode"] == 404


def test_the_audience_that_was_asked_for_last_stands() -> None:
    invite(YEAR_8)
    invite({"audience": {"year_groups": ["10"]}, "late_joiners": True})
    join(pupil_told("pupil-2", "Bo"), pupil_told("pupil-3", "Di", "Elm", "Year 10"))
    assert invited() == ["pupil-1", "pupil-3"]


def test_an_audience_of_named_pupils_cannot_stand() -> None:
    before = everything()
    body = {"audience": {"all": [{"year_groups": ["8"]}, {"not": {"pupils": ["pupil-1"]}}]}, "late_joiners": True}
    answer = call(f"POST {EVENT}/invitations", body)
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == ["audience.all.1.not.pupils"]
    assert everything() == before


def test_a_rule_about_data_that_is_withdrawn_invites_nobody_and_keeps_no_other_event_from_it() -> None:
    invite({"audience": {"not": {"sen": ["K"]}}, "late_joiners": True})
    an_event("published", "event_2")
    invite(YEAR_8, event_id="event_2")
    tell(school_told(categories=["pupil_name", "year_group"], version=2))
    join(pupil_told("pupil-2", "Bo"))
    assert "pupil-2" not in invited()
    assert "pupil-2" in invited("event_2")


def test_a_family_is_told_once_whether_its_link_or_its_child_comes_first() -> None:
    invite(YEAR_8)
    child, parent = pupil_told("pupil-2", "Bo"), contact_told("contact-2", "Sean")
    late = heard(link_told("contact-2", "pupil-2"), parent)
    join(child)
    deliver(*late)
    assert told("contact-2") == {"event_1~pupil-2": 1}
    join(pupil_told("pupil-3", "Di"))
    join(link_told("contact-2", "pupil-3"))
    assert told("contact-2") == {"event_1~pupil-2": 1, "event_1~pupil-3": 1}


def test_a_contact_who_is_linked_later_is_told_of_what_can_still_be_answered_and_nobody_else_again() -> None:
    an_event("published", "event_2")
    invite({"audience": {"year_groups": ["8"]}})
    invite({"audience": {"year_groups": ["8"]}}, event_id="event_2")
    assert told("contact-1") == {"event_1~pupil-1": 1, "event_2~pupil-1": 1}
    an_event("closed", "event_2")
    join(contact_told("contact-2", "Sean"), link_told("contact-2"))
    assert [one["contact_id"] for one in messages("notifications")] == ["contact-2"]


def test_two_thousand_changes_of_a_day_cost_two_reads_for_each_hundred_if_no_audience_stands() -> None:
    """One of standing audiences, one of who has left: those wait for no place any more."""
    (pupil,) = [row for row in rows("People") if row["kind"]["S"] == "pupil" and "pupil-9" in row["pk"]["S"]]
    many = [json.loads(json.dumps(pupil).replace("pupil-9", f"pupil-{number}")) for number in range(1000, 1100)]
    assert outbox(stream_event(*map(row_record, many)), LambdaContext()) == {"batchItemFailures": []}
    (joining,) = messages("invitations")
    assert len(joining["pupil_ids"]) == 100
    with watched(Calls()) as asked:
        deliver(joining)
    assert asked.names == ["Query", "BatchGetItem"]


def test_killed_anywhere_and_delivered_again_everybody_is_invited_once(monkeypatch: pytest.MonkeyPatch) -> None:
    invite(YEAR_8)
    joining = heard(*(pupil_told(f"pupil-{number}", "Bo") for number in (2, 3, 4)))
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        deliver(*joining)
    for point in whole.points():
        rewind()
        with watched(Calls(point)), contextlib.suppress(Killed):
            deliver(*joining)
        at_first = {row["change"]["S"] for row in of_kind("invitation")}
        deliver(*joining)
        assert invited() == ["pupil-1", "pupil-2", "pupil-3", "pupil-4"], point
        assert at_first <= {row["change"]["S"] for row in of_kind("invitation")}, point


def test_who_came_to_belong_before_the_audience_stood_is_invited_by_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pupils_of = inviting.pupils_of
    seen: list[int] = []

    def and_one_joins(ctx: Any) -> list[Pupil]:
        found = pupils_of(ctx)
        if not seen:
            tell(pupil_told("pupil-2", "Bo"))
        seen.append(len(found))
        return found

    monkeypatch.setattr(inviting, "pupils_of", and_one_joins)
    invite(YEAR_8)
    assert invited() == ["pupil-1", "pupil-2"]


def test_the_audience_is_gone_when_booking_is_over() -> None:
    invite(YEAR_8)
    (kept,) = of_kind("standing_audience")
    assert int(kept["expires_at"]["N"]) == int(CLOSES_AT.timestamp())


@pytest.mark.parametrize(
    ("rule", "ends"),
    [
        ({"teaching_groups": ["group-1"]}, group_told(pupils=("pupil-1",), version=2)),
        ({"taught_by": ["staff-1"]}, group_removed()),
    ],
)
def test_who_is_taken_out_of_a_group_may_belong_to_an_audience_by_that(rule: Any, ends: PortalMessage) -> None:
    tell(staff_told(), group_told(pupils=("pupil-1", "pupil-9")))
    invite({"audience": {"not": rule}, "late_joiners": True})
    assert invited() == []
    join(ends)
    assert "pupil-9" in invited()


def test_of_a_child_who_has_left_nobody_is_told_who_is_linked_later() -> None:
    invite({"audience": {"year_groups": ["8"]}})
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=2))
    join(contact_told("contact-2", "Sean"), link_told("contact-2"))
    assert messages("notifications") == []
