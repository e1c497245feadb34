"""What a Stripe event makes us look at again (PAYMENTS.md "Webhook").

An event is believed nothing but what it is about: whatever its order, its age or how often it comes, Stripe is asked
how that thing stands now.
"""

from collections.abc import Callable, Mapping
from functools import partial

from school_events.bookings import settlement
from school_events.bookings.disputed import apply_dispute
from school_events.core import logs
from school_events.core.again import again_if_stale
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.payments.accounts import service as accounts
from school_events.payments.events import gateway, store
from school_events.payments.events.model import (
    ACCOUNT_CHANGED,
    ACCOUNT_LEFT,
    DISPUTE_TYPES,
    PAYMENT_TYPES,
    PAYOUT_TYPES,
    REFUND_TYPES,
    TYPES,
    StripeEvent,
)
from school_events.payments.payouts import service as payouts
from school_events.payments.refunds import service as refunds
from school_events.payments.stripe_client import AccountLeft

type Look = Callable[[Context, str, StripeEvent], object]
"""Looks at what an event is about: the moment, the connected account, the event."""


def apply(ctx: Context, account_id: str, event: StripeEvent) -> None:
    """Apply an event of the school that owns its account; one already applied changes nothing.

    It is marked done only after it was applied, so a failed attempt is made again. An event that names another
    school's payment finds none and touches nothing (scenario 16).

    Args:
        ctx: the moment.
        account_id: the event's account; the context's school owns it.
        event: as it was queued.

    Raises:
        TryAgain: Stripe or the database was too busy.
    """
    if event.type not in TYPES:
        logs.count("StripeEventAcknowledged")
        return
    if store.event_is_done(ctx.school_id, account_id, event.event_id):
        logs.count("StripeEventAgain")
        return
    try:
        LOOKS[event.type](ctx, account_id, event)
    except AccountLeft:
        # Not done: once the school has connected its account again, the sweep finds it.
        logs.count("StripeEventOfLeftAccount")
        return
    store.mark_event_done(ctx.school_id, account_id, event.event_id, ctx.now)
    logs.count("StripeEventApplied")


def _look_at_payment(ctx: Context, account_id: str, event: StripeEvent) -> str | None:
    """Bring the payment that an event is about to where Stripe says it is; its id, if it is the school's."""
    payment_id = _payment_of(ctx, account_id, event)
    if payment_id is None:
        logs.count("StripeEventNotOurs")
        return None
    try:
        return settlement.apply_payment(ctx, payment_id, account_id).id
    except NotFound:
        logs.count("StripeEventOfNobody")
        logs.logger.warning("stripe event names a payment the account's school does not have")
        return None


def _payment_of(ctx: Context, account_id: str, event: StripeEvent) -> str | None:
    """The payment an event is about: what people do in Stripe's dashboard names only the charge."""
    if event.payment_id is not None or event.charge_id is None:
        return event.payment_id
    return gateway.payment_of_charge(ctx, account_id, event.charge_id)


def _look_at_refunds(ctx: Context, account_id: str, event: StripeEvent) -> None:
    """The payment first: money that went back may have come without our having heard of it (scenario 3)."""
    payment_id = _look_at_payment(ctx, account_id, event)
    if payment_id is not None:
        refunds.catch_up(ctx, payment_id, account_id)


def _look_at_payout(ctx: Context, account_id: str, event: StripeEvent) -> None:
    if event.object_id is not None:
        again_if_stale(partial(payouts.look_at, ctx, account_id, event.object_id))


def _look_at_account(ctx: Context, account_id: str, _event: StripeEvent) -> None:
    """Whether it can take money, as Stripe says now; one that has left us cannot."""
    store.begin_sweeps(ctx.school_id, account_id, ctx.now)
    accounts.refresh(ctx, account_id)


def _look_at_dispute(ctx: Context, account_id: str, event: StripeEvent) -> None:
    if event.object_id is not None:
        apply_dispute(ctx, account_id, event.object_id)


LOOKS: Mapping[str, Look] = {
    **dict.fromkeys(PAYMENT_TYPES, _look_at_payment),
    **dict.fromkeys(REFUND_TYPES, _look_at_refunds),
    **dict.fromkeys(PAYOUT_TYPES, _look_at_payout),
    **dict.fromkeys(DISPUTE_TYPES, _look_at_dispute),
    ACCOUNT_CHANGED: _look_at_account,
    ACCOUNT_LEFT: _look_at_account,
}
"""What is looked at after which event; every one of :data:`TYPES` has its place here."""
