"""Raising and settling what somebody of the school has to look at."""

from collections.abc import Sequence

from school_events.core import cursors
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.http import Page
from school_events.payments import store as payments
from school_events.payments.attention import store
from school_events.payments.attention.api import AttentionView, attention_view
from school_events.payments.attention.model import Attention, AttentionKind
from school_events.payments.listing import is_shown
from school_events.people.readings import note_reading

_PAGE = 50


def raise_for(
    transaction: Transaction,
    ctx: Context,
    kind: AttentionKind,
    thing: str,
    thing_id: str,
    payment_id: str | None = None,
) -> None:
    """Put something on the school's list, in the transaction that makes it so; there it is once, since it was first.

    Args:
        transaction: the caller's.
        ctx: the moment.
        kind: why a person has to look.
        thing: what kind of thing it is about (:class:`Attention`).
        thing_id: which.
        payment_id: the payment it concerns, if it is one's.
    """
    known = store.find(ctx.school_id, kind, thing_id)
    since = known.raised_at if known is not None and known.settled_at is None else ctx.now
    attention = Attention(kind=kind, thing=thing, thing_id=thing_id, payment_id=payment_id, raised_at=since)
    store.keep(transaction, ctx, attention)


def settle(transaction: Transaction, ctx: Context, kind: AttentionKind, thing_id: str) -> None:
    """Take something off the list, in the transaction that ends it; what is not on it needs nothing."""
    attention = store.find(ctx.school_id, kind, thing_id)
    if attention is not None and attention.settled_at is None:
        store.keep(transaction, ctx, attention.model_copy(update={"settled_at": ctx.now}))


def is_open(ctx: Context, kind: AttentionKind, thing_id: str) -> bool:
    """Whether something is on the list now."""
    attention = store.find(ctx.school_id, kind, thing_id)
    return attention is not None and attention.settled_at is None


def was_raised(ctx: Context, kind: AttentionKind, thing_id: str) -> bool:
    """Whether something was put on the list before, and perhaps taken off it."""
    return store.find(ctx.school_id, kind, thing_id) is not None


def page(ctx: Context, cursor: str | None) -> Page[AttentionView]:
    """A page of what the school has to look at, oldest first; in the audit log, since it names payments (H6).

    What concerns a contribution is for finance staff only: a refund is named by the booking it is of (B8). So a page
    may be short though more follow.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    scope = f"{ctx.school_id}/attention"
    after = cursors.open_cursor(cursor, scope)["after"] if cursor else None
    found = store.open_ones(ctx.school_id, after=after, limit=_PAGE + 1)
    more = cursors.seal({"after": found[_PAGE - 1][1]}, scope) if len(found) > _PAGE else None
    shown = _shown(ctx, [one for one, _ in found[:_PAGE]])
    note_reading(ctx, "attention.read", "school", ctx.school_id)
    return Page(items=[attention_view(one) for one in shown], next_cursor=more)


def _shown(ctx: Context, found: Sequence[Attention]) -> list[Attention]:
    """Those that the calling member of staff sees."""
    about = payments.find_payments(ctx.school_id, (one.payment_id for one in found if one.payment_id))
    hidden = {payment.id for payment in about.values() if not is_shown(ctx, payment)}
    return [one for one in found if one.payment_id not in hidden]
