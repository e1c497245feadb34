"""A trip with children booked on it, on its day, and devices that bring in marks."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.dynamodb.models import dynamodb_backends

from functions.outbox.handler import lambda_handler as outbox
from functions.registers.handler import lambda_handler
from school_events.core.consequences import Telling
from school_events.core.context import Actor
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent
from school_events.events.store import sessions_of
from school_events.notifications import store as inboxes
from school_events.notifications.service import deliver
from tests.support.booked_world import as_system
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.streams import stream_event
from tests.support.tables import STREAMED, messages

EVENT = "/v1/schools/{school_id}/events/{event_id}"
SESSION = f"{EVENT}/sessions/{{session_id}}"
ATTENDEES, REGISTER = f"GET {EVENT}/bookings", f"GET {SESSION}/register"
MARK, COLLECTORS = f"PUT {SESSION}/register", f"GET {SESSION}/collectors"

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
ALLOCATED: Mapping[str, Any] = {"person": "staff-1", "roles": ["staff"]}
COLLEAGUE: Mapping[str, Any] = {"person": "staff-3", "roles": ["staff"]}
STRANGER: Mapping[str, Any] = {"person": "staff-2", "roles": ["staff"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}
PARENT: Mapping[str, Any] = {"person": "contact-1", "roles": ["parent"]}

STARTS_AT = datetime(2026, 12, 4, 8, 30, tzinfo=UTC)
ENDS_AT = datetime(2026, 12, 4, 16, 0, tzinfo=UTC)
_ACCOUNT, _REGION = "123456789012", "eu-west-2"
THE_DAY = STARTS_AT + timedelta(minutes=30)
"""When most is marked: half an hour into the trip."""


def at(minutes: int) -> str:
    """So many minutes after the trip has left."""
    return (STARTS_AT + timedelta(minutes=minutes)).isoformat()


def a_mark(name: str, state: str = "present", *, pupil: str = "pupil-1", minutes: int = 5, **others: Any) -> Any:
    """A mark of a device, as it sends it."""
    return {"id": name, "pupil_id": pupil, "state": state, "at": at(minutes)} | others


def ask(
    route: str,
    event: SchoolEvent,
    caller: Mapping[str, Any],
    body: Any = None,
    *,
    remaining_ms: int = 20_000,
    **others: Any,
) -> Any:
    """What a route answers of an event's only session, within so many milliseconds."""
    (session,) = sessions_of(SCHOOL, event.id)
    parameters = {"event_id": event.id} | ({"session_id": session.id} if "{session_id}" in route else {})
    context = LambdaContext(remaining_ms=remaining_ms)
    return lambda_handler(http_event(route, parameters, body, **caller, **others), context)


def read(route: str, event: SchoolEvent, caller: Mapping[str, Any] = ALLOCATED, **others: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    answer = ask(route, event, caller, **others)
    return answer["statusCode"], json_of(answer)


def send(event: SchoolEvent, *marks: Any, by: Mapping[str, Any] = ALLOCATED) -> Any:
    """What becomes of marks that a device brings in."""
    answer = ask(MARK, event, by, {"marks": list(marks)})
    assert answer["statusCode"] == 200, answer["body"]
    return json_of(answer)


def outcomes(answer: Any) -> list[str]:
    """What became of each mark."""
    return [one["outcome"] for one in answer["results"]]


def states(event: SchoolEvent) -> dict[str, str | None]:
    """What the register says of each expected child."""
    _, register = read(REGISTER, event)
    return {one["pupil_id"]: one["mark"] and one["mark"]["state"] for one in register["expected"]}


def in_between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Something happens between the reading and the first write of what is done next."""
    commit = Transaction.commit

    def act_and_commit(transaction: Transaction) -> None:
        monkeypatch.setattr(Transaction, "commit", commit)
        act()
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", act_and_commit)


def tell_families(sort_key: str = "") -> None:
    """What the outbox and the notifications function do about every change there has been.

    Args:
        sort_key: only of items whose sort key begins so.
    """
    tables = dynamodb_backends[_ACCOUNT][_REGION].tables
    streams = [stream for name in sorted(STREAMED) if (stream := tables[name].stream_shard) is not None]
    records = [one.to_json() for stream in streams for one in stream.items]
    wanted = [one for one in records if one["dynamodb"]["Keys"]["sk"]["S"].startswith(sort_key)]
    assert outbox(stream_event(*wanted), LambdaContext()) == {"batchItemFailures": []}
    for body in messages("notifications"):
        deliver(as_system(THE_DAY), Telling.model_validate(body))


def told(contact_id: str) -> list[str]:
    """Of which marks a contact was told, by kind, earliest first."""
    entries = inboxes.entries(SCHOOL, Actor("contact", contact_id))
    return [one.kind for one in sorted(entries, key=lambda entry: entry.id) if one.kind.startswith("register_")]
