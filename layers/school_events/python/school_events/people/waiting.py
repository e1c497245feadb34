"""Messages that came before their school: kept apart, unread, until the school is announced.

EventBridge keeps no order, so a pupil may come before the ``SchoolUpdated`` that says what may be held about pupils.
Such a message is neither applied nor refused: it waits here, at most as long as a raw message may wait in the
dead-letter queue (A4), and is taken up by the announcement.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Annotated, Any

from pynamodb.attributes import UnicodeAttribute

from school_events.core.context import Context
from school_events.core.dynamodb import school_key
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.people.intake import Received, read
from school_events.people.store import PeopleItem

LONGEST_WAIT = timedelta(days=14)

_WHOM = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.WAIT)
_WHAT = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.WAIT)
_SAID = Kept(Category.PORTAL, Purpose.TARGETING, Retention.WAIT)


class WaitingItem(PeopleItem, discriminator="waiting"):
    """A message that waits, without the fields that would have been dropped at the door."""

    sk: Annotated[UnicodeAttribute, _WHOM]
    type: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()
    detail: Annotated[UnicodeAttribute, _SAID] = UnicodeAttribute()


def keep(ctx: Context, messages: Iterable[Received]) -> list[WaitingItem]:
    """Let messages wait for the announcement of their school; the same message waits once."""
    kept = [_item(ctx, message) for message in messages]
    for item in kept:
        item.save()
    return kept


def everything(school_id: str) -> Iterator[tuple[WaitingItem, Received]]:
    """What waits for a school, read strongly."""
    items: Iterator[Any] = WaitingItem.query(school_key(school_id, "WAITING"), consistent_read=True)
    return ((item, read(item.type, json.loads(item.detail))) for item in items)


def forget(items: Iterable[WaitingItem]) -> None:
    """Remove messages that have been applied."""
    for item in items:
        item.delete()


def _item(ctx: Context, message: Received) -> WaitingItem:
    statement = message.statement
    return WaitingItem(
        school_key(ctx.school_id, "WAITING"),
        "#".join((message.type, *statement.thing.ids, statement.order)),
        type=message.type,
        detail=json.dumps(message.detail),
        expires_at=int((ctx.now + LONGEST_WAIT).timestamp()),
    )
