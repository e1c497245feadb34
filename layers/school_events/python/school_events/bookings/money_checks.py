"""Every morning: the ledger beside Stripe, account by account, catching up with what no message told us of."""

from collections.abc import Callable
from datetime import datetime, timedelta

from school_events.bookings import settlement
from school_events.bookings.disputed import apply_dispute
from school_events.core import logs
from school_events.core.context import Context
from school_events.payments.reconciliation import rules, service, store
from school_events.payments.reconciliation.model import MoneyCheck
from school_events.payments.reconciliation.service import MayGoOn
from school_events.payments.refunds import service as refunds
from school_events.payments.stripe_client import AccountLeft

_PUT_OFF = timedelta(minutes=15)
"""When an account that could not be compared, or not to the end, is tried again, so that it keeps no other back."""


def check_due(now: datetime, context_for: Callable[[str], Context], may_go_on: MayGoOn) -> dict[str, int]:
    """Compare every account that is due; one there is no time to begin with stays due, for the next run.

    That is no failure; but it is counted like one, so that somebody is told of accounts that are never begun with.

    Args:
        now: the present instant, UTC.
        context_for: the moment, for a school.
        may_go_on: whether there is time for one more thing.

    Returns:
        How many accounts were compared, were not, and how many differences they have.
    """
    done = {"checked": 0, "failed": 0, "differences": 0}
    for one in store.due_checks(now):
        if not may_go_on():
            logs.count("MoneyCheckFailed")
            break
        found = _check(context_for(one.school_id), one, may_go_on)
        done["checked" if found is not None else "failed"] += 1
        done["differences"] += found or 0
    return done


def _check(ctx: Context, one: MoneyCheck, may_go_on: MayGoOn) -> int | None:
    """How many differences an account has; None if it could not be compared, or not to the end."""
    try:
        found = service.check(ctx, one, catch_up, may_go_on)
    except AccountLeft:
        # Nothing moves there that we could see; whoever connects it again is compared from where we were.
        store.keep_checked(one, one.checked_until, rules.next_run(ctx.now))
        return 0
    except Exception as error:  # noqa: BLE001 - one account never keeps the others from being compared
        _put_off(ctx, one, type(error).__name__)
        return None
    if found is None:
        # What was caught up with by now is not looked at again; one that is never done is told of like a failure.
        _put_off(ctx, one, "no time")
    else:
        logs.count("MoneyChecked")
    return found


def _put_off(ctx: Context, one: MoneyCheck, why: str) -> None:
    logs.count("MoneyCheckFailed")
    logs.logger.error("an account could not be compared", error=why, school_id=one.school_id)
    store.keep_checked(one, one.checked_until, ctx.now + _PUT_OFF)


def catch_up(ctx: Context, account_id: str, source: str, payment_id: str) -> None:
    """Bring the payment of something that moved at Stripe to where Stripe says it is, and what moved with it.

    Raises:
        TryAgain: Stripe did not answer, or too busy.
    """
    settlement.apply_payment(ctx, payment_id, account_id)
    refunds.catch_up(ctx, payment_id, account_id)
    if source.startswith(("du_", "dp_")):
        apply_dispute(ctx, account_id, source)
