"""What a dispute means for what was booked: nothing. Its money is entered first, whatever order messages come in."""

from functools import partial

from school_events.bookings import settlement
from school_events.bookings.errors import again_if_stale
from school_events.core import logs
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.payments import store as payments
from school_events.payments.disputes import gateway
from school_events.payments.disputes import service as disputes


def apply_dispute(ctx: Context, account_id: str, dispute_id: str) -> None:
    """Bring a dispute of the school's account to where Stripe says it is; doing it again changes nothing.

    A dispute may be told of before its payment is (scenario 3): the payment is looked at first, so that money is
    entered as come before it is entered as taken back. A place that was booked stays booked; finance staff decide.

    Args:
        ctx: the moment.
        account_id: the school's account.
        dispute_id: Stripe's.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    payment_id = gateway.find_dispute(ctx, account_id, dispute_id).payment_id
    if payment_id is None:
        # The school also sells by itself; that money is none of ours.
        logs.count("DisputeOfNobody")
        return
    try:
        if payments.find_payment(ctx.school_id, payment_id).charge_id is None:
            settlement.apply_payment(ctx, payment_id, account_id)
        again_if_stale(partial(disputes.bring_up_to_date, ctx, account_id, payment_id, dispute_id))
    except NotFound:
        logs.count("StripeEventOfNobody")
        logs.logger.warning("a dispute names a payment the account's school does not have")
