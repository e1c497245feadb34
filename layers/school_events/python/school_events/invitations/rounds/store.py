"""The Events table's rounds: with their event, for as long as somebody may want to follow them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, cast

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core.attributes import TECHNICAL
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, school_key, update_if
from school_events.core.errors import NotFound
from school_events.events.store import EventsTableItem
from school_events.invitations.audience import Audience
from school_events.invitations.rounds.model import ASKED, OF_A_ROUND, Round, RoundDetails, RoundState

LIFE = timedelta(days=30)
"""How long a round can be followed."""

_PREFIX = "ROUND#"
_MOST_SHOWN = 10


class RoundItem(EventsTableItem, discriminator="round"):
    """A round; ``state`` and ``reached`` are what writes change. The stamp is of whoever asked."""

    state: Annotated[UnicodeAttribute, OF_A_ROUND] = UnicodeAttribute()
    reached: Annotated[NumberAttribute, TECHNICAL] = NumberAttribute()
    audience: Annotated[UnicodeAttribute, ASKED] = UnicodeAttribute(null=True)
    record = Document(RoundDetails)
    change = Document(Change)


def round_key(school_id: str, event_id: str, round_id: str) -> Key[RoundItem]:
    """Names a round of an event."""
    return Key(RoundItem, school_key(school_id, "EVENT", event_id), f"{_PREFIX}{round_id}")


def round_item(school_id: str, details: RoundDetails, audience: Audience | None, change: Change) -> RoundItem:
    """A round that is just asked for, as it is kept."""
    key = round_key(school_id, details.event_id, details.id)
    return RoundItem(
        key.pk,
        key.sk,
        state="waiting",
        reached=0,
        audience=None if audience is None else _to_text(audience),
        record=details,
        change=change,
        expires_at=int((details.created_at + LIFE).timestamp()),
    )


def to_round(item: RoundItem) -> Round:
    """The round an item keeps."""
    audience = None if item.audience is None else Audience.model_validate_json(item.audience)
    state = cast(RoundState, item.state)
    return Round(**dict(item.record), state=state, reached=int(item.reached), audience=audience)


def find_round(school_id: str, event_id: str, round_id: str) -> tuple[Round, Change]:
    """A round and the stamp of who asked for it (strongly consistent).

    Raises:
        NotFound: there is none, or none any more.
    """
    key = round_key(school_id, event_id, round_id)
    try:
        item = RoundItem.get(key.pk, key.sk, consistent_read=True)
    except RoundItem.DoesNotExist:
        raise NotFound from None
    return to_round(item), item.change


def latest_rounds(school_id: str, event_id: str) -> tuple[Round, ...]:
    """An event's latest rounds, the last one asked for first (strongly consistent)."""
    items: Iterable[RoundItem] = RoundItem.query(
        school_key(school_id, "EVENT", event_id),
        RoundItem.sk.startswith(_PREFIX),
        scan_index_forward=False,
        consistent_read=True,
        limit=_MOST_SHOWN,
    )
    return tuple(to_round(item) for item in items)


def count_reached(transaction: Transaction, ctx: Context, at: Round, more: int) -> None:
    """Add to whom a round has reached, in the transaction that reaches them."""
    transaction.update(
        round_key(ctx.school_id, at.event_id, at.id), [RoundItem.reached.set(RoundItem.reached + more)], _IS_THERE
    )


def end(ctx: Context, ended: Round, state: RoundState) -> None:
    """Note that a round is over, and forget whom it was for; doing it again changes nothing."""
    key = round_key(ctx.school_id, ended.event_id, ended.id)
    update_if(key, [RoundItem.state.set(state), RoundItem.audience.remove()], RoundItem.state == "waiting")


_IS_THERE = RoundItem.record.exists()


def _to_text(audience: Audience) -> str:
    return audience.model_dump_json(by_alias=True, exclude_unset=True)
