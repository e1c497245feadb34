"""Messages that came before their school: kept apart, unread, until the school is announced.

EventBridge keeps no order, so a pupil may come before the ``SchoolUpdated`` that says what may be held about pupils.
Such a message is neither applied nor refused: it waits here and is taken up by the announcement. If that does not
come, the school is none of ours, and the message is refused.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from pynamodb.attributes import UnicodeAttribute

from school_events.core import due, logs
from school_events.core.attributes import ThingKey
from school_events.core.context import Context
from school_events.core.dynamodb import school_key
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.messages import PORTAL_SOURCE
from school_events.people.intake import Received, read
from school_events.people.refused import put_aside
from school_events.people.store import PeopleItem

LONGEST_WAIT = timedelta(hours=1)
"""Longer than EventBridge takes to bring two messages in the wrong order; then somebody is to look at it."""

_FORGOTTEN_AFTER = timedelta(days=14)
"""Should nobody ever refuse it: as long as a raw message may wait in the dead-letter queue (A4)."""

WAITING = "WAITING"

_WHOM = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.WAIT)
_WHAT = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.WAIT)
_SAID = Kept(Category.PORTAL, Purpose.TARGETING, Retention.WAIT)


class WaitingItem(PeopleItem, discriminator="waiting"):
    """A message that waits, without the fields that would have been dropped at the door."""

    sk: Annotated[UnicodeAttribute, _WHOM]
    type: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()
    detail: Annotated[UnicodeAttribute, _SAID] = UnicodeAttribute()
    due_pk: ThingKey = UnicodeAttribute()
    due_sk: Annotated[UnicodeAttribute, _WHOM] = UnicodeAttribute()


def keep(ctx: Context, messages: Iterable[Received]) -> list[WaitingItem]:
    """Let messages wait for the announcement of their school; the same message waits once."""
    kept = [_item(ctx, message) for message in messages]
    for item in kept:
        item.save()
    return kept


def everything(school_id: str) -> Iterator[tuple[WaitingItem, Received]]:
    """What waits for a school, read strongly."""
    items: Iterator[Any] = WaitingItem.query(school_key(school_id, WAITING), consistent_read=True)
    return ((item, read(item.type, json.loads(item.detail))) for item in items)


def forget(items: Iterable[WaitingItem]) -> None:
    """Remove messages that have been applied."""
    for item in items:
        item.delete()


def refuse_overdue(now: datetime, may_go_on: Callable[[], bool]) -> int:
    """Put aside what has waited too long, with its reason; says how many messages that were.

    One that cannot be keeps no other back; it is tried again in each run, until it is forgotten.

    Args:
        now: the present instant, UTC.
        may_go_on: whether there is time for one more; the rest is found by the next run.
    """
    count = 0
    for item in due.sweep(WAITING, now, _find):
        if not may_go_on():
            break
        try:
            put_aside(_envelope(item), "unauthorised-school")
            item.delete()
        except Exception as error:  # noqa: BLE001 - one bad message never blocks the others
            logs.count("ChoreFailed")
            logs.logger.error("waiting message not put aside", error=type(error).__name__)
        count += 1
    return count


def _find(partition: str, until: str) -> Iterable[WaitingItem]:
    items: Iterable[Any] = WaitingItem.due.query(partition, WaitingItem.due_sk <= until)
    return items


def _envelope(item: WaitingItem) -> str:
    """The event as the Portal sent it, for sending it again once the school is announced."""
    return json.dumps({"source": PORTAL_SOURCE, "detail-type": item.type, "detail": json.loads(item.detail)})


def _item(ctx: Context, message: Received) -> WaitingItem:
    statement = message.statement
    name = "#".join((message.type, *statement.thing.ids, statement.order, _digest(message)))
    due_pk, due_sk = due.due_key(WAITING, ctx.now + LONGEST_WAIT, name)
    return WaitingItem(
        school_key(ctx.school_id, WAITING),
        name,
        type=message.type,
        detail=json.dumps(message.detail),
        due_pk=due_pk,
        due_sk=due_sk,
        expires_at=int((ctx.now + _FORGOTTEN_AFTER).timestamp()),
    )


def _digest(message: Received) -> str:
    """Keeps apart two messages of one version and instant that say different things: both are to be heard."""
    return hashlib.blake2b(json.dumps(message.detail, sort_keys=True).encode(), digest_size=8).hexdigest()
