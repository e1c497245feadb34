"""The stamp of a change: written on the item it changes, read by the outbox, which makes everything that follows.

A write that matters puts a fresh :class:`Change` on the item. The table's stream then shows an item whose
stamp differs from before, and the outbox derives the audit line, the message and the notification from it.
The stamp's id names all of them, so whatever happens twice is told once (F2).
"""

from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Annotated, Literal

from school_events.core.context import Context
from school_events.core.inventory import Category, Instant, Kept, PersonId, Purpose, Record, Retention, State, ThingId

_ACCOUNT = Kept(Category.TECHNICAL, Purpose.ACCOUNTABILITY, Retention.LEAVER)


class Change(Record):
    """Who changed something, what was done, when, and from where (H6).

    Args:
        id: names the change, and all that follows from it.
        action: what was done.
        at: when, UTC.
        actor_kind: what did it.
        actor_id: who.
        request_id: the request it was done in.
        origin: where the request came from.
        told_with: the change of another thing with which people are told of this one, in one message.
    """

    id: ThingId
    action: State
    at: Instant
    actor_kind: Annotated[Literal["contact", "staff", "portal", "stripe", "system"], _ACCOUNT]
    actor_id: PersonId
    request_id: Annotated[str, _ACCOUNT]
    origin: Annotated[str, _ACCOUNT]
    told_with: ThingId | None = None


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


def stamps(ctx: Context, action: str, about: Iterable[Hashable]) -> list[Change]:
    """The stamps of several things to which the same is done at once; people are told together of those about the same.

    Args:
        ctx: who and when.
        action: what was done to each of them.
        about: what each is about; what is about two children is told apart, as not everybody hears of both.
    """
    first: dict[Hashable, str] = {}
    made = []
    for one in about:
        change = stamp(ctx, action)
        told_with = first.setdefault(one, change.id)
        made.append(change if told_with == change.id else change.model_copy(update={"told_with": told_with}))
    return made


def _to_milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
