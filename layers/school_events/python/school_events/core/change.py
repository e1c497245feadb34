"""The stamp of a change: written on the item it changes, read by the outbox, which makes everything that follows.

A write that matters puts a fresh :class:`Change` on the item. The table's stream then shows an item whose
stamp differs from before, and the outbox derives the audit line, the message and the notification from it.
The stamp's id names all of them, so whatever happens twice is told once (F2).
"""

from datetime import datetime
from typing import Annotated, Literal

from school_events.core.context import Context
from school_events.core.inventory import Category, Instant, Kept, PersonId, Purpose, Record, Retention, State, ThingId

_ACCOUNT = Kept(Category.TECHNICAL, Purpose.ACCOUNTABILITY, Retention.LEAVER)


class Change(Record):
    """Who changed something, what was done, when, and from where (H6)."""

    id: ThingId
    action: State
    at: Instant
    actor_kind: Annotated[Literal["contact", "staff", "portal", "stripe", "system"], _ACCOUNT]
    actor_id: PersonId
    request_id: Annotated[str, _ACCOUNT]
    origin: Annotated[str, _ACCOUNT]


def stamp(ctx: Context, action: str) -> Change:
    """The stamp for an action done now.

    Args:
        ctx: who and when.
        action: what was done, such as ``booking.confirmed`` (a noun of this product, a dot, a past participle).
    """
    return Change(
        id=ctx.new_id("change"),
        action=action,
        at=_to_milliseconds(ctx.now),
        actor_kind=ctx.actor.kind,
        actor_id=ctx.actor.id,
        request_id=ctx.request_id,
        origin=ctx.origin,
    )


def _to_milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
