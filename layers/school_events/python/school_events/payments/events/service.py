"""The sweep: what Stripe says has happened and was not applied is put into the queue again (PAYMENTS.md 8).

A webhook can be lost: our endpoint was switched off, a secret was wrong, a message died in its queue. So Stripe is
asked once an hour, account by account, and what is not known to be done goes the way of a webhook.
"""

from datetime import timedelta
from itertools import batched

from school_events.core import logs
from school_events.core.context import Context
from school_events.payments.events import gateway, store
from school_events.payments.events.model import ACCOUNT_LEFT, TYPES, StripeEvent
from school_events.payments.events.store import Sweep
from school_events.payments.stripe_client import AccountLeft

EVERY = timedelta(hours=1)
"""How often an account's events are asked for."""

_ON_ITS_WAY = timedelta(minutes=10)
"""A webhook so young may still be under way to us, or in our queue."""

_LISTED_LATE = timedelta(minutes=10)
"""So far is looked back behind what was asked for already: Stripe may list an event a moment after it happened."""

_TRIED_FOR = timedelta(days=1)
"""So long is an event that is not done put into the queue again and again; then it is left to a person."""

_SOON, _LEFT = timedelta(minutes=5), timedelta(days=1)
"""When an account is asked for again that could not be, and one that was disconnected."""

_LISTED_FOR = timedelta(days=29)
"""Stripe lists events for thirty days (https://docs.stripe.com/api/events)."""


def sweep(ctx: Context, one: Sweep) -> int:
    """Queue what happened to an account and was not applied; says how much that was.

    Nothing is noted before all of it is queued, so it may be stopped anywhere and done again.

    Args:
        ctx: the moment.
        one: the account.

    Raises:
        TryAgain: Stripe or our queue did not answer.
        AccountLeft: we may not act for the account.
    """
    until = ctx.now - _ON_ITS_WAY
    since = max(one.swept_until - _LISTED_LATE, ctx.now - _LISTED_FOR)
    missed, oldest = 0, until
    for types in batched(sorted(TYPES), gateway.MOST_TYPES, strict=False):
        for page in gateway.events_of(ctx, one.account_id, (since, until), types):
            done = store.done_among(one.school_id, one.account_id, [listed.event.event_id for listed in page])
            not_done = [listed for listed in page if listed.event.event_id not in done]
            gateway.queue(listed.event for listed in not_done)
            missed += len(not_done)
            oldest = min([oldest, *(listed.created_at for listed in not_done)])
    store.keep_swept(one, max(oldest, one.swept_until, ctx.now - _TRIED_FOR), ctx.now + EVERY)
    return missed


def sweep_safely(ctx: Context, one: Sweep) -> int | None:
    """Sweep an account; one that cannot be asked for is put off, so that it keeps no other back.

    Args:
        ctx: the moment.
        one: the account.

    Returns:
        How much was missing; nothing if it could not be asked for.
    """
    try:
        return _sweep_or_leave(ctx, one)
    except Exception as error:  # noqa: BLE001 - one account never keeps the others back
        logs.logger.error("account not swept", error=type(error).__name__, school_id=one.school_id)
        store.keep_swept(one, one.swept_until, ctx.now + _SOON)
        return None


def _sweep_or_leave(ctx: Context, one: Sweep) -> int:
    try:
        return sweep(ctx, one)
    except AccountLeft:
        # Should the webhook that said so be lost, the worker finds out. What happens until it is connected again is
        # asked for then.
        gateway.queue([_left(ctx, one)])
        store.keep_swept(one, one.swept_until, ctx.now + _LEFT)
        return 0


def _left(ctx: Context, one: Sweep) -> StripeEvent:
    """An event of our own: it has the worker ask Stripe whether the account is still connected."""
    return StripeEvent(
        event_id=f"swept-{ctx.now:%Y-%m-%d}",
        type=ACCOUNT_LEFT,
        account=one.account_id,
        object_id=one.account_id,
        payment_id=None,
    )
