"""What is known of a payout changes only over what it was read as; payouts, their lines and closings are in order."""

from datetime import date, timedelta

from school_events.core.errors import StaleVersion
from school_events.core.money import pounds
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.payouts import store
from school_events.payments.payouts.model import Payout, PayoutLine, PayoutState
from school_events.payments.reconciliation import store as reconciliation
from school_events.payments.reconciliation.model import AccountBalance, Closing, MoneyCheck
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import written
from tests.support.contexts import NOW, SCHOOL, a_context

FIRST = date(2026, 11, 23)


def _payout(number: int) -> Payout:
    return Payout(
        id=f"po_{number}",
        account_id="acct_1",
        amount=pounds(1250),
        state=PayoutState.IN_TRANSIT,
        created_at=NOW + timedelta(days=number),
        arrives_on=FIRST,
    )


def _keep(before: Payout | None, after: Payout) -> type[Exception] | None:
    return written(lambda one: store.keep(one, a_context(), before, after))


@broken_by(faults.checks_nothing)
def test_of_two_who_follow_a_payout_the_second_looks_again(engine: Engine) -> None:
    assert _keep(None, _payout(1)) is None
    assert _keep(None, _payout(1)) is StaleVersion
    read = store.known(SCHOOL, "po_1")
    assert _keep(read, read.model_copy(update={"state": PayoutState.PAID})) is None
    assert _keep(read, read.model_copy(update={"state": PayoutState.FAILED})) is StaleVersion
    assert (store.known(SCHOOL, "po_1").state, store.known(SCHOOL, "po_1").version) == (PayoutState.PAID, 2)


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_payouts_are_listed_newest_first_and_after_the_last_one_seen(engine: Engine) -> None:
    for number in (2, 4, 1, 3):
        _keep(None, _payout(number))
    first = store.payouts_of_school(SCHOOL, limit=3)
    rest = store.payouts_of_school(SCHOOL, limit=3, after=first[-1][1])
    assert [payout.id for payout, _ in (*first, *rest)] == ["po_4", "po_3", "po_2", "po_1"]


@broken_by(faults.lists_backwards, faults.finds_nothing)
def test_the_lines_of_a_payout_are_listed_in_order_and_after_the_last_one_seen(engine: Engine) -> None:
    lines = [
        PayoutLine(transaction_id=f"txn_{number}", source="ch_1", moved_at=NOW, pence=1, parts=())
        for number in range(4)
    ]
    store.keep_lines(a_context(), "po_1", lines)
    first = store.lines_of(SCHOOL, "po_1", limit=2)
    assert len(first) == 2
    assert first + store.lines_of(SCHOOL, "po_1", after=first[-1].transaction_id, limit=9) == lines


@broken_by(faults.checks_nothing)
def test_the_last_closing_of_a_day_or_before_is_found_and_one_that_is_written_down_stays(engine: Engine) -> None:
    for days in (3, 1, 2):
        reconciliation.keep_closing(SCHOOL, _closing(days, days))
    reconciliation.keep_closing(SCHOOL, _closing(2, 99))
    assert reconciliation.last_closing(SCHOOL, FIRST) is None
    assert reconciliation.last_closing(SCHOOL, FIRST + timedelta(days=2)) == _closing(2, 2)
    assert reconciliation.last_closing(SCHOOL, FIRST + timedelta(days=9)) == _closing(3, 3)


def _closing(days: int, pence: int) -> Closing:
    balance = AccountBalance(account=LedgerAccount.STRIPE_BALANCE, pence=pence)
    return Closing(day=FIRST + timedelta(days=days), balances=(balance,))


@broken_by(faults.finds_nothing)
def test_an_account_is_due_from_when_it_was_connected_and_again_when_it_is_said_to_be(engine: Engine) -> None:
    reconciliation.check_item(SCHOOL, "acct_1", NOW).save()
    connected = MoneyCheck(SCHOOL, "acct_1", NOW)
    assert list(reconciliation.due_checks(NOW)) == [connected]
    later = NOW + timedelta(days=1)
    reconciliation.keep_checked(connected, NOW + timedelta(hours=1), later)
    assert list(reconciliation.due_checks(later - timedelta(seconds=1))) == []
    assert list(reconciliation.due_checks(later)) == [MoneyCheck(SCHOOL, "acct_1", NOW + timedelta(hours=1))]


@broken_by(faults.finds_nothing)
def test_what_a_payout_was_is_read_as_it_is_now(engine: Engine) -> None:
    _keep(None, _payout(1))
    reconciliation.keep_closing(SCHOOL, _closing(1, 1))
    with database_with(faults.weak_reads_are_behind):
        assert store.find(SCHOOL, "po_1") is not None
        assert reconciliation.last_closing(SCHOOL, FIRST + timedelta(days=1)) is not None
