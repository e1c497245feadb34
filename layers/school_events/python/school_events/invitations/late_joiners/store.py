"""The Events table's standing audiences: all of a school together, so that a change of a pupil costs one read."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, delete_if, school_key
from school_events.events.store import EventsTableItem
from school_events.invitations.audience import Audience
from school_events.invitations.late_joiners.model import STANDS, StandingAudience, StandingDetails
from school_events.invitations.store import require_published

_PREFIX = "STANDING#"


class StandingItem(EventsTableItem, discriminator="standing_audience"):
    """An audience that stands; without one it stands no more. The stamp is of whoever asked."""

    audience: Annotated[UnicodeAttribute, STANDS] = UnicodeAttribute(null=True)
    record = Document(StandingDetails)
    change = Document(Change)


def keep(ctx: Context, event_id: str, audience: Audience, until: datetime) -> None:
    """Let an audience stand for a published event, in the place of any other.

    Args:
        ctx: the moment; its actor is who asks for it.
        event_id: for what.
        audience: whoever comes to belong to it is invited.
        until: when booking closes, UTC.

    Raises:
        WrongState: the event is not published.
    """
    kept = _item(ctx, event_id, audience, until, stamp(ctx, "late_joiners.asked"))
    transaction = Transaction(ctx).put(kept)
    require_published(transaction, ctx.school_id, event_id)
    transaction.commit()


def end(ctx: Context, event_id: str, until: datetime) -> None:
    """Let no audience stand for an event any more; noted until booking closes, so that the audit log has it."""
    _item(ctx, event_id, None, until, stamp(ctx, "late_joiners.ended")).save()


def forget(ctx: Context, standing: StandingAudience) -> None:
    """Delete a standing audience that is of no use any more, unless another stands there by now."""
    key = _key(ctx.school_id, standing.event_id)
    since = StandingDetails(event_id=standing.event_id, since=standing.since)
    delete_if(key, StandingItem.record == since)


def find(school_id: str, event_id: str) -> StandingAudience | None:
    """The audience that stands for an event, if one does (strongly consistent)."""
    key = _key(school_id, event_id)
    found = StandingItem.query(key.pk, StandingItem.sk == key.sk, consistent_read=True)
    return next(_standing(found), None)


def all_standing(school_id: str) -> tuple[StandingAudience, ...]:
    """Every audience that stands in a school (strongly consistent)."""
    partition = _key(school_id, "").pk
    return tuple(_standing(StandingItem.query(partition, StandingItem.sk.startswith(_PREFIX), consistent_read=True)))


def _standing(items: Iterator[StandingItem]) -> Iterator[StandingAudience]:
    for item in items:
        if item.audience is not None:
            yield StandingAudience(**dict(item.record), audience=Audience.model_validate_json(item.audience))


def _item(ctx: Context, event_id: str, audience: Audience | None, until: datetime, change: Change) -> StandingItem:
    key = _key(ctx.school_id, event_id)
    return StandingItem(
        key.pk,
        key.sk,
        audience=None if audience is None else audience.model_dump_json(by_alias=True, exclude_unset=True),
        record=StandingDetails(event_id=event_id, since=change.at),
        change=change,
        expires_at=int(until.timestamp()),
    )


def _key(school_id: str, event_id: str) -> Key[StandingItem]:
    return Key(StandingItem, school_key(school_id, "STANDING_AUDIENCES"), f"{_PREFIX}{event_id}")
