"""What a Stripe event makes us look at again (PAYMENTS.md "Webhook")."""

from pydantic import BaseModel, ConfigDict

from school_events.bookings import settlement
from school_events.core import logs
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.payments.accounts import service as accounts
from school_events.payments.events import store

CHECKOUT_TYPES = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.expired",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "payment_intent.succeeded",
        "charge.updated",
    }
)
"""Events after which a payment may stand elsewhere at Stripe."""


class StripeEvent(BaseModel):
    """A webhook as it was queued: ids of what to look at, nothing to believe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str
    type: str
    account: str | None
    object_id: str | None
    charge_id: str | None = None
    payment_id: str | None


def apply(ctx: Context, event: StripeEvent) -> None:
    """Apply an event of the school that owns its account; one already applied changes nothing.

    It is marked done only after it was applied, so a failed attempt is made again. An event that names another
    school's payment finds none and touches nothing (scenario 16).

    Raises:
        TryAgain: Stripe or the database was too busy.
    """
    if store.event_is_done(ctx.school_id, event.event_id):
        return
    if event.type == "account.updated" and event.account is not None:
        accounts.refresh_readiness(ctx.school_id, event.account)
    elif event.type in CHECKOUT_TYPES and event.payment_id is not None:
        _apply_payment(ctx, event.payment_id)
    else:
        logs.count("StripeEventAcknowledged")
    store.mark_event_done(ctx.school_id, event.event_id, ctx.now)


def _apply_payment(ctx: Context, payment_id: str) -> None:
    try:
        settlement.apply_payment(ctx, payment_id)
    except NotFound:
        logs.count("StripeEventOfNobody")
        logs.logger.warning("stripe event names a payment the account's school does not have")
