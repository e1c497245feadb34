"""Comparing the ledger with Stripe, account by account, and catching up with what was missed (PAYMENTS.md 8)."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from school_events.core import logs
from school_events.core.again import again_if_stale
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, SchoolEventsError, TryAgain
from school_events.payments import store as payments
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.ledger import account_rules
from school_events.payments.ledger import gateway as balance
from school_events.payments.ledger import store as ledger
from school_events.payments.ledger.mirroring import Discrepancy, Movement, compare
from school_events.payments.ledger.model import LedgerEntry, LedgerKind
from school_events.payments.payouts import service as payouts
from school_events.payments.reconciliation import gateway, rules, store
from school_events.payments.reconciliation.model import Difference, MoneyCheck

type CatchUp = Callable[[Context, str, str, str], object]
"""Brings what a movement belongs to to where Stripe says it is: the moment, the account at Stripe, the charge, refund
or dispute that moved, and its payment."""

type MayGoOn = Callable[[], bool]


def check(ctx: Context, one: MoneyCheck, catch_up: CatchUp, may_go_on: MayGoOn) -> int | None:
    """Compare what moved at an account since it was compared last; what was missed is caught up with first.

    Nothing is noted as compared before all of it was, so it may be stopped anywhere and done again; what was entered
    by then is not looked at twice.

    Args:
        ctx: the moment.
        one: the account.
        catch_up: looks again at what was missed.
        may_go_on: whether there is time for one more thing.

    Returns:
        How many differences of the account are open; None if there was no time to see.

    Raises:
        TryAgain: Stripe or the database was too busy.
        AccountLeft: we may not act for the account.
    """
    since = one.checked_until - rules.OVERLAP
    movements = list(balance.movements_since(one.account_id, since))
    entries = _entries(ctx, one.account_id, since)
    for source in _suspects(ctx, one.account_id, movements, entries):
        if not may_go_on():
            return None
        _examine(ctx, one.account_id, source, movements, entries, catch_up)
    payouts.follow_up(ctx, one.account_id)
    _close_day(ctx)
    store.keep_checked(one, ctx.now, rules.next_run(ctx.now))
    return sum(found.account_id == one.account_id for found in store.open_differences(ctx.school_id))


def _entries(ctx: Context, account_id: str, since: datetime) -> list[LedgerEntry]:
    found = ledger.ledger_of_school(ctx.school_id, since - rules.ENTERED_BEFORE)
    return [entry for entry in found if entry.stripe_account == account_id]


def _suspects(
    ctx: Context, account_id: str, movements: Sequence[Movement], entries: Sequence[LedgerEntry]
) -> Iterable[str]:
    """What at Stripe has to be looked at: what differs now, and what differed before.

    What is entered as none of ours came from a comparison, of a movement that may be older than these.
    """
    seen = {moved.id for moved in movements}
    ours = [one for one in entries if one.kind is not LedgerKind.ELSEWHERE or one.stripe_id in seen]
    differing = [found.source for found in compare(movements, ours)]
    before = [one.source for one in store.open_differences(ctx.school_id) if one.account_id == account_id]
    return dict.fromkeys((*differing, *before))


def _examine(
    ctx: Context,
    account_id: str,
    source: str,
    listed: Sequence[Movement],
    entries: Sequence[LedgerEntry],
    catch_up: CatchUp,
) -> None:
    """Catch up with one thing that moved, enter what is none of ours, and write down what still differs."""
    payment_id = _payment_of(ctx, account_id, source)
    if source.startswith("po_"):
        _tried(lambda: payouts.look_at(ctx, account_id, source))
    elif payment_id is not None:
        _tried(lambda: catch_up(ctx, account_id, source, payment_id))
    movements = _movements_of(account_id, source, listed)
    known = _entries_of(ctx, source, payment_id, movements, entries)
    if payment_id is None and not source.startswith("po_") and not known:
        known = _enter_as_elsewhere(ctx, account_id, movements)
    found = list(compare(movements, known))
    if found and any(moved.at > ctx.now - rules.UNDER_WAY for moved in movements):
        return
    _note(ctx, account_id, source, payment_id, found)


def _payment_of(ctx: Context, account_id: str, source: str) -> str | None:
    """The school's payment that something at Stripe is of, if it is one's."""
    payment_id = gateway.payment_of(account_id, source)
    if payment_id is None:
        return None
    try:
        return payments.find_payment(ctx.school_id, payment_id).id
    except NotFound:
        return None


def _tried(catching_up: Callable[[], object]) -> None:
    """Catch up; what cannot be is a difference then, and keeps no other back."""
    try:
        again_if_stale(catching_up)
    except TryAgain:
        raise
    except SchoolEventsError as error:
        logs.logger.warning("what was missed could not be caught up with", error=type(error).__name__)


def _movements_of(account_id: str, source: str, listed: Sequence[Movement]) -> list[Movement]:
    """All that moved for one thing; what names none stands for itself and is in the list."""
    itself = [moved for moved in listed if source in {moved.id, moved.source} and moved.source == moved.id]
    return itself or balance.movements_of_source(account_id, source)


def _entries_of(
    ctx: Context, source: str, payment_id: str | None, movements: Sequence[Movement], entries: Sequence[LedgerEntry]
) -> list[LedgerEntry]:
    """All the ledger has of one thing: with its payment, or by itself."""
    stripe_ids = {source, *(moved.id for moved in movements)}
    beside = ledger.ledger_of_payment(ctx.school_id, payment_id) if payment_id else []
    alone = ledger.entries_alone(ctx.school_id, account_rules.keys_of(stripe_ids))
    found = [one for one in (*beside, *alone, *entries) if one.stripe_id in stripe_ids]
    return list({one.key: one for one in found}.values())


def _enter_as_elsewhere(ctx: Context, account_id: str, movements: Iterable[Movement]) -> list[LedgerEntry]:
    """Enter what the school does at Stripe besides, so that the balance stays Stripe's."""
    found = [
        account_rules.elsewhere_entry(account_id, moved.id, moved.net, ctx.now) for moved in movements if moved.net
    ]
    for entry in found:
        ledger.enter_once(ctx, entry)
    return found


def _note(ctx: Context, account_id: str, source: str, payment_id: str | None, found: Sequence[Discrepancy]) -> None:
    """Write down what differs of one thing, and settle what differed and does no more."""
    differing = {_id(one): one for one in found}
    for difference_id, one in differing.items():
        _write_down(ctx, _difference(ctx, difference_id, account_id, payment_id, one))
    for before in store.open_differences(ctx.school_id):
        if before.account_id == account_id and before.source == source and before.id not in differing:
            _settle(ctx, before)


def _id(found: Discrepancy) -> str:
    return f"{found.source}-{found.mirror}"


def _difference(
    ctx: Context, difference_id: str, account_id: str, payment_id: str | None, found: Discrepancy
) -> Difference:
    before = store.find_difference(ctx.school_id, difference_id)
    since = before.seen_at if before is not None and before.settled_at is None else ctx.now
    return Difference(
        id=difference_id,
        account_id=account_id,
        source=found.source,
        mirror=found.mirror,
        payment_id=payment_id,
        stripe_amount=found.stripe.amount,
        stripe_fee=found.stripe.fee,
        ledger_amount=found.ledger.amount,
        ledger_fee=found.ledger.fee,
        seen_at=since,
    )


def _write_down(ctx: Context, difference: Difference) -> None:
    transaction = Transaction(ctx)
    store.keep_difference(transaction, ctx, difference)
    attention.raise_for(transaction, ctx, AttentionKind.DIFFERENCE, "difference", difference.id, difference.payment_id)
    transaction.commit()
    logs.count("MoneyDifference")


def _settle(ctx: Context, difference: Difference) -> None:
    transaction = Transaction(ctx)
    store.keep_difference(transaction, ctx, difference.model_copy(update={"settled_at": ctx.now}))
    attention.settle(transaction, ctx, AttentionKind.DIFFERENCE, difference.id)
    transaction.commit()


def _close_day(ctx: Context) -> None:
    """Write down what the accounts came to as this day began, so that a report need not add up all the years."""
    today = rules.day_of(ctx.now)
    before = store.last_closing(ctx.school_id, today)
    if before is not None and before.day == today:
        return
    since = rules.midnight(before.day) if before else None
    entries = ledger.ledger_of_school(ctx.school_id, since, rules.midnight(today))
    store.keep_closing(ctx.school_id, rules.closing(before, entries, today))
