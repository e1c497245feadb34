"""The Portal's messages on their whole way: as EventBridge puts them on the queue, through ``portal_sync`` itself."""

from typing import Any

from functions.portal_sync.handler import lambda_handler
from school_events.core.dynamodb import get_many
from school_events.people import rules, store, writing
from school_events.people.heard import heard_of, key_of
from school_events.people.rules import Thing
from tests.support.contexts import a_context
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import PORTAL, PortalMessage


def on_the_bus(message: PortalMessage) -> dict[str, Any]:
    """As EventBridge puts a message on a queue."""
    message_type, detail = message
    return {
        "version": "0",
        "id": "191af99c-ef8c-5aae-ba21-172ee86ee490",
        "detail-type": message_type,
        "source": "portal",
        "account": "111122223333",
        "time": "2026-09-14T08:30:01Z",
        "region": "eu-west-2",
        "resources": [],
        "detail": detail,
    }


def say(*messages: PortalMessage) -> None:
    """The Portal says something, of whatever schools; all of it must be applied."""
    answer = lambda_handler(sqs_event(*map(on_the_bus, messages), queue="portal"), LambdaContext())
    assert answer["batchItemFailures"] == []


def a_snapshot_lacks(thing: Thing, school_id: str = "school-1") -> None:
    """A snapshot of now does not have a thing that we hold: what ``reconciliation`` then writes of it."""
    ctx = a_context(school_id, actor=PORTAL)
    key, school_key = key_of(school_id, thing), store.school_key_of(school_id)
    found = get_many([key, school_key])
    item, school = found.get(key), store.to_school(found.get(school_key))
    write = writing.decide(ctx, school, thing, item, rules.absent(heard_of(item), ctx.now))
    assert write is not None
    assert writing.commit(ctx, [write])
