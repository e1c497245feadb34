"""Asking for invitations, and what follows: from the table's stream through the outbox to the worker's queue."""

from typing import Any

from functions.invitation_fanout.handler import lambda_handler as work
from functions.invitations.handler import lambda_handler as ask
from functions.outbox.handler import lambda_handler as follow
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.streams import row_record, stream_event
from tests.support.tables import messages, rows

EVENT = "/v1/schools/{school_id}/events/{event_id}"
YEAR_8 = {"audience": {"year_groups": ["8"]}}

type Row = dict[str, Any]


def call(route: str, body: Any = None, event_id: str = "event_1", **others: Any) -> dict[str, Any]:
    """Ask the API for something about an event, as its administrator unless told otherwise."""
    return ask(http_event(route, {"event_id": event_id}, body, **others), LambdaContext())


def invite(body: Any = None, **others: Any) -> Any:
    """Invite an audience: Year 8 unless told otherwise."""
    return json_of(call(f"POST {EVENT}/invitations", body or YEAR_8, **others))


def listed(**others: Any) -> Any:
    """The first page of an event's invitations."""
    return json_of(call(f"GET {EVENT}/invitations", **others))


def of_kind(kind: str) -> list[Row]:
    """What there is of a kind in the Events table."""
    return [row for row in rows("Events") if row["kind"]["S"] == kind]


def follow_up(kind: str) -> list[Row]:
    """Let the outbox follow every item of a kind, as if it were new; what is then on the worker's queue."""
    followed = follow(stream_event(*(row_record(row) for row in of_kind(kind))), LambdaContext())
    assert followed == {"batchItemFailures": []}
    return messages("invitations")


def deliver(*bodies: Row, **lambda_context: Any) -> dict[str, Any]:
    """Hand the worker messages."""
    return work(sqs_event(*bodies), LambdaContext(**lambda_context))
