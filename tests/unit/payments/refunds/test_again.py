"""A refund that failed is settled once, anew or by hand, wherever that breaks off; and families see it (F3)."""

from functools import partial

import pytest

from school_events.core.money import pounds
from school_events.payments.ledger.model import LedgerKind
from school_events.payments.model import Payment
from school_events.payments.refunds import staff
from school_events.payments.refunds.api import PaidOut
from tests.support.contexts import NOW, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger
from tests.support.tables import rows
from tests.unit.payments.refunds.giving_back import (
    FINANCE,
    adds_up,
    ask,
    hear,
    housekeeping,
    now_of,
    rows_of,
    to_look_at,
)
from tests.unit.payments.refunds.test_making import MINUTE


@pytest.fixture
def failed(shop: Shop, payment: Payment) -> str:
    """A refund of £6 that its payer's bank sent back."""
    [refund] = ask(payment, (0, 600))
    shop.server.dashboard.fail_refund(refund.stripe_id or "")
    hear(payment)
    return refund.id


def _retry(payment: Payment, refund_id: str) -> None:
    staff.retry(a_context(actor=FINANCE, roles=("finance",)), payment.id, refund_id)


def _pay_out(payment: Payment, refund_id: str) -> None:
    staff.pay_out(a_context(actor=FINANCE, roles=("finance",)), payment.id, refund_id, PaidOut(taken_from="bank"))


@pytest.mark.parametrize("by_hand", [True, False])
def test_killed_anywhere_it_goes_back_once_and_is_off_the_list(
    shop: Shop, payment: Payment, failed: str, by_hand: bool
) -> None:
    settle = partial(_pay_out if by_hand else _retry, payment, failed)
    start = bookmark(shop)
    with watched(Calls()) as whole:
        settle()
    for point in whole.points():
        start()
        with pytest.raises(Killed), watched(Calls(stop_before=point)):
            settle()
        settle()
        housekeeping(NOW + MINUTE)
        assert now_of(payment).refunded == pounds(600), point
        assert [row.state.value for row in rows_of(payment)].count("made") == 1, point
        assert [one.kind for one in ledger()].count(LedgerKind.PAID_OUT) == by_hand, point
        assert adds_up(shop), point
        assert to_look_at() == [], point


def test_each_change_of_what_went_back_is_in_the_payers_next_refresh(shop: Shop, payment: Payment, failed: str) -> None:
    before = len(_shown())
    _retry(payment, failed)
    assert len(_shown()) == before + 1
    assert before >= 2, "made, and sent back"


def _shown() -> list[str]:
    found = [row for row in rows("Inbox") if row["kind"]["S"] == "feed_row" and row["thing"]["S"] == "payment"]
    return [row["sk"]["S"] for row in found if row["pk"]["S"].endswith("#contact#contact-1")]
