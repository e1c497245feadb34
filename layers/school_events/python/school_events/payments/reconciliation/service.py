"""Comparing the ledger with Stripe, account by account, and catching up with what was missed (PAYMENTS.md 8)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

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
from school_events.payments.ledger.mirroring import Discrepancy, Mirror, Movement, compare
from school_events.payments.ledger.model import LedgerEntry, LedgerKind
from school_events.payments.payouts import service as payouts
from school_events.payments.reconciliation import gateway, rules, store
from school_events.payments.reconciliation.model import Difference, MoneyCheck

type CatchUp = Callable[[Context, str, str, str], object]
"""Brings what a movement belongs to to where Stripe says it is: the moment, the account at Stripe, the charge, refund
or dispute that moved, and its payment."""

type MayGoOn = Callable[[], bool]


@dataclass(frozen=True)
class _Look:
    """One comparison of one account.

    Args:
        ctx: the moment.
        account_id: Stripe's ``acct_…``.
        movements: what moved there of late.
        entries: what was entered of late that moved there.
        differing: what differed before.
        catch_up: looks again at what was missed.
    """

    ctx: Context
    account_id: str
    movements: Sequence[Movement]
    entries: Sequence[LedgerEntry]
    differing: Sequence[Difference]
    catch_up: CatchUp


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
    look = _look(ctx, one, catch_up)
    for source in _suspects(look):
        if not may_go_on():
            return None
        _examine(look, source)
    payouts.follow_up(ctx, one.account_id)
    _close_day(ctx)
    store.keep_checked(one, ctx.now, rules.next_run(ctx.now))
    return len(_differing(ctx, one.account_id))


def _look(ctx: Context, one: MoneyCheck, catch_up: CatchUp) -> _Look:
    since = one.checked_until - rules.OVERLAP
    movements = list(balance.movements_since(ctx, one.account_id, since))
    entered = ledger.ledger_of_school(ctx.school_id, since - rules.ENTERED_BEFORE)
    entries = [entry for entry in entered if entry.stripe_account == one.account_id]
    return _Look(ctx, one.account_id, movements, entries, _differing(ctx, one.account_id), catch_up)


def _differing(ctx: Context, account_id: str) -> list[Difference]:
    return [found for found in store.open_differences(ctx.school_id) if found.account_id == account_id]


def _suspects(look: _Look) -> Iterable[str]:
    """What at Stripe has to be looked at: what differs now, and what differed before.

    What is entered as none of ours came from a comparison, of a movement that may be older than these.
    """
    seen = {moved.id for moved in look.movements}
    entries = [one for one in look.entries if one.kind is not LedgerKind.ELSEWHERE or one.stripe_id in seen]
    now = [found.source for found in compare(look.movements, entries)]
    return dict.fromkeys((*now, *(found.source for found in look.differing)))


def _examine(look: _Look, source: str) -> None:
    """Catch up with one thing that moved, enter what is none of ours, and write down what still differs."""
    listed = [moved for moved in look.movements if source in {moved.id, moved.source}]
    is_payout = source.startswith("po_")
    payment_id = None if is_payout else _payment_of(look, source, listed)
    if is_payout:
        _tried(lambda: payouts.look_at(look.ctx, look.account_id, source))
    elif payment_id is not None:
        _tried(lambda: look.catch_up(look.ctx, look.account_id, source, payment_id))
    elif listed and not _entries_of(look, source, None, listed):
        _enter_as_elsewhere(look, listed)
        if not any(one.source == source for one in look.differing):
            return
    movements = _movements_of(look, source, listed)
    found = list(compare(movements, _entries_of(look, source, payment_id, movements)))
    if found and any(moved.at > look.ctx.now - rules.UNDER_WAY for moved in movements):
        return
    _note(look, source, payment_id, found)


def _payment_of(look: _Look, source: str, listed: Sequence[Movement]) -> str | None:
    """The school's payment that something at Stripe is of, if it is one's."""
    is_charge = any(moved.mirror is Mirror.CHARGE for moved in listed)
    told = next((moved.payment_id for moved in listed if moved.payment_id), None)
    payment_id = told if is_charge or told else gateway.payment_of(look.ctx, look.account_id, source)
    if payment_id is None:
        return None
    try:
        return payments.find_payment(look.ctx.school_id, payment_id).id
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


def _movements_of(look: _Look, source: str, listed: Sequence[Movement]) -> Sequence[Movement]:
    """All that moved for one thing; what names none stands for itself."""
    if any(moved.source == moved.id for moved in listed):
        return listed
    return balance.movements_of_source(look.ctx, look.account_id, source)


def _entries_of(look: _Look, source: str, payment_id: str | None, movements: Sequence[Movement]) -> list[LedgerEntry]:
    """All the ledger has of one thing: with its payment, or by itself."""
    school_id = look.ctx.school_id
    stripe_ids = {source, *(moved.id for moved in movements)}
    beside = ledger.ledger_of_payment(school_id, payment_id) if payment_id else []
    alone = ledger.entries_alone(school_id, account_rules.keys_of(stripe_ids))
    found = [one for one in (*beside, *alone, *look.entries) if one.stripe_id in stripe_ids]
    return list({one.key: one for one in found}.values())


def _enter_as_elsewhere(look: _Look, movements: Iterable[Movement]) -> None:
    """Enter what the school does at Stripe besides, so that the balance stays Stripe's."""
    for moved in movements:
        if moved.net:
            entry = account_rules.elsewhere_entry(look.account_id, moved.id, moved.net, look.ctx.now)
            ledger.enter_once(look.ctx, entry)


def _note(look: _Look, source: str, payment_id: str | None, found: Sequence[Discrepancy]) -> None:
    """Write down what differs of one thing, and settle what differed and does no more."""
    before = {one.id: one for one in look.differing if one.source == source}
    now = {f"{one.source}-{one.mirror}": one for one in found}
    for difference_id, one in now.items():
        _write_down(look, before.get(difference_id), _difference(look, difference_id, payment_id, one))
    for difference_id in before.keys() - now.keys():
        _settle(look.ctx, before[difference_id])


def _difference(look: _Look, difference_id: str, payment_id: str | None, found: Discrepancy) -> Difference:
    return Difference(
        id=difference_id,
        account_id=look.account_id,
        source=found.source,
        mirror=found.mirror,
        payment_id=payment_id,
        stripe_amount=found.stripe.amount,
        stripe_fee=found.stripe.fee,
        ledger_amount=found.ledger.amount,
        ledger_fee=found.ledger.fee,
        seen_at=look.ctx.now,
    )


def _write_down(look: _Look, before: Difference | None, now: Difference) -> None:
    """A person is told of it once, the alarm every morning."""
    transaction = Transaction(look.ctx)
    if before is None:
        store.keep_difference(transaction, look.ctx, now)
        attention.raise_for(transaction, look.ctx, AttentionKind.DIFFERENCE, "difference", now.id, now.payment_id)
    else:
        store.keep_difference(transaction, look.ctx, now.model_copy(update={"seen_at": before.seen_at}))
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
    if ctx.now < rules.midnight(today) + rules.ENTERED_BEFORE:
        return
    before = store.last_closing(ctx.school_id, today)
    if before is not None and before.day == today:
        return
    since = rules.midnight(before.day) if before else None
    entries = ledger.ledger_of_school(ctx.school_id, since, rules.midnight(today))
    store.keep_closing(ctx.school_id, rules.closing(before, entries, today))
