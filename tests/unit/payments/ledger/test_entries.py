"""Every movement enters what it moved, between two accounts, once; nothing is entered of nothing."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.money import NOTHING, pounds
from school_events.payments import rules as payment_rules
from school_events.payments.ledger import account_rules, rules
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.sharing import pro_rata
from tests.support.contexts import NOW
from tests.unit.payments.snapshots import SNAPSHOT

PARTS = {"booking_1": pounds(900), "booking_2": pounds(100), "booking_2#instalment-2": NOTHING}
LINES = (
    PaymentLine(reference="booking_1", event_id="event_1", amount=pounds(1250)),
    PaymentLine(reference="booking_2", event_id="event_2", amount=pounds(1000)),
    PaymentLine(reference="booking_2", part="instalment-2", event_id="event_2", amount=pounds(250)),
)


def a_paid_payment() -> Payment:
    asked = Payment(
        id="payment_1",
        payer_id="contact-1",
        lines=LINES,
        amount=payment_rules.total(LINES),
        state=PaymentState.CREATED,
        refunded=NOTHING,
        created_at=NOW,
    )
    opened = payment_rules.begin_checkout(asked, "acct_1", NOW, "https://app.test")
    return payment_rules.paid(opened, SNAPSHOT, "alias_1", NOW)


PAID = a_paid_payment()


def balances(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    """What entries come to on each account, in pence; accounts with nothing are left out."""
    found: Counter[str] = Counter()
    for entry in entries:
        found[entry.debit] += entry.amount.amount
        found[entry.credit] -= entry.amount.amount
    return {account: pence for account, pence in found.items() if pence}


def test_what_was_paid_is_income_of_each_event_and_the_fee_is_stripes() -> None:
    entries = rules.entries_of(PAID, SNAPSHOT, NOW)
    assert balances(entries) == {"stripe_balance": 2442, "event_income": -2500, "stripe_fees": 58}
    assert [(one.event_id, one.reference) for one in entries] == [
        ("event_1", "booking_1"),
        ("event_2", "booking_2"),
        ("event_2", "booking_2"),
        (None, None),
    ]
    assert {(one.stripe_id, one.stripe_account, one.payer) for one in entries} == {("ch_1", "acct_1", "alias_1")}
    assert len({one.key for one in entries}) == 4


def test_a_fee_stripe_has_not_said_is_not_entered() -> None:
    assert rules.fee_entry(PAID, SNAPSHOT.model_copy(update={"balance_transaction_id": None}), NOW) is None
    assert rules.fee_entry(PAID, SNAPSHOT.model_copy(update={"fee": 0}), NOW) is None


def test_a_refund_takes_from_the_lines_it_gives_back_and_one_that_fails_puts_it_there_again() -> None:
    gone = rules.refund_entries(PAID, PARTS, "re_1", NOW)
    assert balances(gone) == {"stripe_balance": -1000, "event_income": 1000}
    assert [one.reference for one in gone] == ["booking_1", "booking_2"]
    back = rules.refund_failed_entries(PAID, PARTS, "re_1", NOW)
    assert balances((*gone, *back)) == {}
    assert len({one.key for one in (*gone, *back)}) == 4


def test_what_is_not_ours_to_keep_is_no_income() -> None:
    came = rules.suspense_entry(PAID, "ch_2", pounds(2501), NOW)
    assert balances((came,)) == {"stripe_balance": 2501, "suspense": -2501}
    gone = rules.suspense_back_entry(PAID, "re_2", pounds(2501), NOW)
    assert balances((came, gone)) == {}
    kept = rules.suspense_kept_entry(PAID, "re_2", pounds(2501), NOW)
    assert balances((came, gone, kept)) == balances((came,))


@pytest.mark.parametrize("account", [LedgerAccount.CASH, LedgerAccount.VOUCHERS, LedgerAccount.TAX_FREE_CHILDCARE])
def test_what_the_school_received_itself_never_touches_stripe(account: LedgerAccount) -> None:
    came = rules.received_entries(PAID, PARTS, "receipt_1", account, NOW)
    assert balances(came) == {account: 1000, "event_income": -1000}
    matched = rules.matched_entry(PAID, "receipt_1", account, pounds(1000), NOW)
    assert balances((*came, matched)) == {"bank": 1000, "event_income": -1000}
    gone = rules.paid_out_entries(PAID, PARTS, "refund_1", LedgerAccount.BANK, NOW)
    assert balances((*came, matched, *gone)) == {}
    assert {(one.stripe_id, one.stripe_account) for one in (*came, matched, *gone)} == {(None, None)}


def test_a_mistake_is_reversed_beside_itself() -> None:
    came = rules.received_entries(PAID, PARTS, "receipt_1", LedgerAccount.CASH, NOW)
    reversed_ones = [rules.reversed_entry(one, NOW) for one in came]
    assert balances((*came, *reversed_ones)) == {}
    assert not {one.key for one in came} & {one.key for one in reversed_ones}


def test_a_payout_leaves_for_the_bank_and_one_that_is_sent_back_is_at_stripe_again() -> None:
    gone = account_rules.payout_entry("acct_1", "po_1", 5000, NOW)
    assert balances((gone,)) == {"stripe_balance": -5000, "bank": 5000}
    assert balances((gone, account_rules.payout_failed_entry("acct_1", "po_1", 5000, NOW))) == {}


def test_what_stripe_takes_from_the_bank_for_an_overdrawn_balance_comes_the_other_way() -> None:
    came = account_rules.payout_entry("acct_1", "po_1", -5000, NOW)
    back = account_rules.payout_failed_entry("acct_1", "po_1", -5000, NOW)
    assert balances((came,)) == {"stripe_balance": 5000, "bank": -5000}
    assert balances((came, back)) == {}
    assert [one.amount for one in (came, back)] == [pounds(5000), pounds(5000)]


@given(st.integers(-10_000_000, 10_000_000).filter(bool))
def test_what_else_the_school_does_at_stripe_keeps_the_balance_equal(net: int) -> None:
    assert balances((account_rules.elsewhere_entry("acct_1", "txn_9", net, NOW),)) == {
        "stripe_balance": net,
        "elsewhere": -net,
    }


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 9999), max_size=8), st.data())
def test_what_is_shared_out_adds_up_and_nobody_bears_more_than_they_can(
    weights: dict[str, int], data: st.DataObject
) -> None:
    whole = sum(weights.values())
    pence = data.draw(st.integers(0, whole))
    shares = pro_rata(pence, weights)
    assert sum(shares.values()) == pence
    assert all(0 <= shares[part] <= weight for part, weight in weights.items())
    assert all(abs(shares[part] - pence * weight / whole) < 1 for part, weight in weights.items() if whole)


@pytest.mark.parametrize("pence", [-1, 31])
def test_more_than_there_is_cannot_be_shared_out(pence: int) -> None:
    with pytest.raises(ValueError, match="more than there is"):
        pro_rata(pence, {"one": 10, "two": 20})
