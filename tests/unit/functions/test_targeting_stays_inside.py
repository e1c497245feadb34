"""What an audience asks of pupils is shown to administrators only: in no other screen, message, log or metric (B5)."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.invitation_fanout.handler import lambda_handler as fan_out
from functions.invitations.handler import lambda_handler as invitations
from functions.notifications.handler import lambda_handler as notifications
from functions.outbox.handler import lambda_handler as outbox
from school_events.core import aws
from school_events.invitations import inviting, service
from tests.support import booked_world as world
from tests.support.contexts import NOW
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.people import pupil_told, tell
from tests.support.streams import row_record, stream_event
from tests.support.tables import STREAMED, messages, rows
from tests.unit.architecture.routes import HANDLERS, IN_SCHOOL, Known
from tests.unit.functions import canaries

EVENT = "/v1/schools/{school_id}/events/{event_id}"
AUDIENCE = {"any": [{"sen": ["K", "E"]}, {"free_school_meals": True}, {"pupil_premium": True}]}
TRAITS = {
    "sen": {"status": "K"},
    "free_school_meals": {"eligible": True},
    "pupil_premium": {"eligible": True},
}
WORDS = re.compile(
    r"\bsen\b|free.school.meals|pupil.premium|\bfsm|ever.?6|health and care plan|audience|characteristic|explanation",
    re.IGNORECASE,
)
OTHERS = {"parent": "contact-1", "staff": "staff-1", "finance": "staff-finance"}


@pytest.fixture(autouse=True)
def _small(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """More than one is too many for a request, so that there is a round as well."""
    monkeypatch.setattr(inviting, "AT_ONCE", 1)
    monkeypatch.setattr(service, "MOST_IN_A_REQUEST", 1)
    with time_machine.travel(NOW, tick=False):
        yield


def _targeted() -> str:
    """An event that a round has invited to, for which an audience stands, and which one child is booked at."""
    world.a_school_with_families()
    tell(*(pupil_told(pupil, characteristics=TRAITS, version=2) for pupil in world.ALL_PUPILS[:2]))
    event = world.an_event(price=0, invited=("pupil-3",))
    body = {"audience": AUDIENCE, "late_joiners": True}
    asked = http_event(f"POST {EVENT}/invitations", {"event_id": event.id}, body)
    assert json_of(invitations(asked, LambdaContext()))["waiting"] == 2
    _follow()
    tell(pupil_told("pupil-4", "Name4", characteristics=TRAITS, version=2))
    _follow()
    world.book(event, "pupil-1")
    assert notifications(sqs_event(*_follow()), LambdaContext()) == {"batchItemFailures": []}
    return event.id


def _follow() -> list[dict[str, Any]]:
    """The outbox over everything, and the worker; what is queued for families."""
    everything = [row_record(row) for table in sorted(STREAMED) for row in rows(table)]
    assert outbox(stream_event(*everything), LambdaContext()) == {"batchItemFailures": []}
    assert fan_out(sqs_event(*messages("invitations")), LambdaContext()) == {"batchItemFailures": []}
    return messages("notifications")


def _asked(route: Known, role: str, event_id: str) -> dict[str, Any]:
    known = {"event_id": event_id, "session_id": "session_001", "staff_id": "staff-1", "pupil_id": "pupil-1"}
    query = {"from": "2026-11-01", "to": "2026-12-31"} if "timetable" in route.rule.path else {}
    asked = http_event(route.rule.key, route.parameters() | known, roles=(role,), person=OTHERS[role], query=query)
    answer: dict[str, Any] = HANDLERS[route.function].lambda_handler(asked, LambdaContext())
    return answer


def test_no_screen_but_an_administrators_shows_what_an_audience_asks() -> None:
    event_id = _targeted()
    shown = 0
    for role in OTHERS:
        for route in IN_SCHOOL:
            if route.rule.method == "GET" and role in route.rule.roles:
                answer = _asked(route, role, event_id)
                assert not WORDS.search(str(answer.get("body"))), (role, route.rule.key)
                shown += answer["statusCode"] == 200
    assert shown > 10


def test_the_administrator_sees_it_so_that_this_test_would_find_it() -> None:
    event_id = _targeted()
    asked = http_event(f"GET {EVENT}/invitations", {"event_id": event_id})
    answer = invitations(asked, LambdaContext())
    assert json_of(answer)["counts"]["invited"] == 4
    assert WORDS.search(str(answer["body"]))


def test_no_message_entry_feed_row_audit_line_or_log_says_what_an_audience_asks(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[Any] = []
    bus = aws.client("events")
    put = bus.put_events

    def put_events(Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto's name
        said.extend(Entries)
        return put(Entries=Entries)

    monkeypatch.setattr(bus, "put_events", put_events)
    with canaries.watched(monkeypatch, caplog, capsys) as watch:
        _targeted()
        said.append(watch.text())
    said += [rows("Inbox"), rows("Audit"), rows("Idempotency")]
    assert not WORDS.search(json.dumps(said, default=str))
    assert "InvitationSent" in str(said)
