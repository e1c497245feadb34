"""Money that comes at the desk and by card at the same moment, written down twice: each place is paid for once."""

import contextlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import checkout, receiving, settlement
from school_events.bookings.model import BookingState
from school_events.core.errors import Conflict, Invalid, SchoolEventsError, TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments.model import Payment
from school_events.payments.receipts.api import NewReceipt
from tests.contract.races.families import PATIENCE, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.booked_world import PRICE, UNASKED
from tests.support.contexts import NOW, a_context
from tests.support.embedded_aws import EmbeddedAws
from tests.support.event_checker import bookings_of, place_faults_of
from tests.support.shop import Shop, ledger, ledger_balance

FAMILIES = range(1, 4)


@pytest.fixture(autouse=True)
def _no_money_yet(tables: None, embedded: EmbeddedAws) -> None:
    """Each race has a Stripe of its own, so the school connects anew."""
    embedded.empty(["Payments"])


def _held(number: int, event: SchoolEvent) -> Payment:
    """A family's hold with its payment page open."""
    booked = books(event, number)()
    return checkout.open_page(moment_of(number), booked.payment_id or "")


def _receives(method: str, pence: int, payment: Payment) -> None:
    """Finance staff write money down; that there is nothing to receive any more is an answer."""
    asked = {"method": method, "amount": {"amount": pence}, "reference": "17", "received_on": NOW.date().isoformat()}
    ctx = a_context(now=NOW, deadline=datetime.now(UTC) + PATIENCE)
    with contextlib.suppress(Conflict, Invalid):
        receiving.receive(ctx, payment.id, NewReceipt.model_validate(asked), UNASKED)


def _applies(payment: Payment) -> None:
    settlement.apply_payment(a_context(now=NOW, deadline=datetime.now(UTC) + PATIENCE), payment.id)


def _race(payments: list[Payment], *acts: Callable[[Payment], object]) -> None:
    """Everybody does this to every payment at once; who is told to try again does."""
    wishes = [partial(act, payment) for payment in payments for act in acts]
    outcomes = at_once(wishes)
    for wish, outcome in zip(wishes, outcomes, strict=True):
        if isinstance(outcome, type) and issubclass(outcome, SchoolEventsError):
            assert outcome is TryAgain
            wish()
    for payment in payments:
        _applies(payment)


def _income() -> Counter[str | None]:
    """What each payment brought, in pence."""
    brought: Counter[str | None] = Counter()
    for entry in ledger():
        brought[entry.payment_id] += entry.amount.amount * (
            (entry.credit == "event_income") - (entry.debit == "event_income")
        )
    return brought


def _all_paid_once(shop: Shop, event: SchoolEvent, payments: list[Payment]) -> None:
    assert place_faults_of(event) == []
    assert {one.state for one in bookings_of(event)} == {BookingState.CONFIRMED}
    assert _income() == {payment.id: PRICE for payment in payments}
    assert ledger_balance() == shop.balance()


def test_what_comes_at_the_desk_twice_and_by_card_at_once_pays_once(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    payments = [_held(number, event) for number in FAMILIES]

    def pays(payment: Payment) -> None:
        with contextlib.suppress(StripeError):
            shop.pay(payment)

    _race(payments, partial(_receives, "cash", PRICE), pays, partial(_receives, "voucher", PRICE), _applies)
    _all_paid_once(shop, event, payments)


def test_parts_written_down_at_once_are_never_more_than_is_owed(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    payments = [_held(number, event) for number in FAMILIES]
    _race(payments, *(partial(_receives, "cash", PRICE // 5) for _ in range(7)))
    _all_paid_once(shop, event, payments)
