"""Who gave of their own will is told to finance staff only: not to an administrator either, on any route (B8)."""

from collections.abc import Iterator

import pytest
import time_machine

from functions.payments import handler as payments
from school_events.bookings import settlement
from school_events.bookings.contributions import service as contributions
from school_events.bookings.instalments import family
from school_events.core.dynamodb import Transaction
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import AttentionKind
from school_events.payments.model import Payment
from school_events.reports.model import Filters
from school_events.reports.payments import PAYMENTS
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import Shop
from tests.support.tables import everything
from tests.unit.functions.refunds.test_handler import ADMIN, ALL, FINANCE, PAID_OUT, REFUNDS, RETRY, ask

SETTLE = "POST /v1/schools/{school_id}/attention/{kind}/{thing_id}/settle"
RETURN = "POST /v1/schools/{school_id}/payments/{payment_id}/return"


@pytest.fixture(autouse=True)
def given(shop: Shop) -> Iterator[Payment]:
    """A contribution that was paid."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        booked = book(an_event(price=0, charging={"voluntary_contribution": {"amount": 500}}))
        offered = contributions.give(as_parent(), booked.booking_ids[0], None)
        shop.pay(family.checkout(as_parent(), offered.id))
        yield settlement.apply_payment(as_system(), offered.id)


def test_to_an_administrator_it_is_no_payment_that_is_there(given: Payment) -> None:
    (refund,) = ask(f"POST {REFUNDS}", FINANCE, ALL, payment_id=given.id)[1]["items"]
    before = everything()
    for payment_id in (given.id, "payment_none"):
        assert ask(f"GET {REFUNDS}", ADMIN, payment_id=payment_id)[0] == 404
        assert ask(f"POST {REFUNDS}", ADMIN, ALL, payment_id=payment_id)[0] == 404
        assert ask(RETRY, ADMIN, payment_id=payment_id, refund_id=refund["id"])[0] == 404
        paid_out = ask(PAID_OUT, ADMIN, {"taken_from": "bank"}, payment_id=payment_id, refund_id=refund["id"])
        assert paid_out[0] == 404
        returned = payments.lambda_handler(http_event(RETURN, {"payment_id": payment_id}, **ADMIN), LambdaContext())
        assert returned["statusCode"] == 404
    assert everything() == before
    assert ask(f"GET {REFUNDS}", FINANCE, payment_id=given.id)[1]["items"] == [refund]


def test_what_is_to_be_looked_at_tells_an_administrator_nothing_of_it(given: Payment) -> None:
    transaction = Transaction(as_system())
    refund_id = f"called_off-{given.lines[0].reference}-contribution-1"
    attention.raise_for(transaction, as_system(), AttentionKind.REFUND_FAILED, "refund", refund_id, given.id)
    attention.raise_for(transaction, as_system(), AttentionKind.ACCOUNT_RESTRICTED, "account", "acct_1")
    transaction.commit()
    seen = {}
    for caller in (FINANCE, ADMIN):
        asked = http_event("GET /v1/schools/{school_id}/attention", **caller)
        listed = json_of(payments.lambda_handler(asked, LambdaContext()))["items"]
        seen[caller["person"]] = {one["thing_id"] for one in listed}
    assert seen == {"staff-finance": {refund_id, "acct_1"}, "staff-admin": {"acct_1"}}


def test_the_report_of_payments_names_no_one_who_gave(given: Payment) -> None:
    payer = next(number for number, column in enumerate(PAYMENTS.columns) if column.name == "payer")
    rows = [step.row for step in PAYMENTS.steps(SCHOOL, Filters(), None) if step.row]
    assert rows
    assert {row[payer] for row in rows} == {None}


def test_an_administrator_does_not_mark_what_they_are_not_shown(given: Payment) -> None:
    transaction = Transaction(as_system())
    attention.raise_for(transaction, as_system(), AttentionKind.DISPUTE_LOST, "dispute", "dp_1", given.id)
    transaction.commit()
    before = everything()
    assert ask(SETTLE, ADMIN, kind="dispute_lost", thing_id="dp_1")[0] == 404
    assert everything() == before
    assert ask(SETTLE, FINANCE, kind="dispute_lost", thing_id="dp_1")[0] == 200
