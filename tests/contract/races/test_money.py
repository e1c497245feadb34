"""A hold let go while its money arrives: place and money agree, whoever is faster."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import checkout, settlement, stripe_events
from school_events.bookings.model import BookingState
from school_events.core.context import Context
from school_events.core.errors import SchoolEventsError, TryAgain
from school_events.events.model import SchoolEvent
from school_events.payments import service as payments
from school_events.payments.events.model import TYPES, StripeEvent
from school_events.payments.events.queued import ids_of
from school_events.payments.model import Payment, PaymentState
from tests.contract.races.families import PATIENCE, an_event, books, moment_of
from tests.support.at_once import at_once
from tests.support.booked_world import PRICE
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.embedded_aws import EmbeddedAws
from tests.support.event_checker import bookings_of, faults_of
from tests.support.shop import Shop, ledger_balance
from tests.support.tables import rows

FAMILIES = range(1, 7)


@pytest.fixture(autouse=True)
def _no_money_yet(tables: None, embedded: EmbeddedAws) -> None:
    """Each race has a Stripe of its own, so the school connects anew."""
    embedded.empty(["Payments"])


def _held(event: SchoolEvent, shop: Shop, number: int) -> Payment:
    """A family's hold with its payment page open."""
    booked = books(event, number)()
    assert booked.payment_id is not None
    return checkout.open_page(moment_of(number), booked.payment_id)


def _worker() -> Context:
    return a_context(now=NOW, deadline=datetime.now(UTC) + PATIENCE)


def _pays(shop: Shop, payment: Payment) -> None:
    with contextlib.suppress(StripeError):
        shop.pay(payment)


def _all_at_once(payments: list[Payment], *acts: Callable[[Payment], object]) -> None:
    """Do all of this to every payment; a worker who could not finish is called again, as on AWS."""
    outcomes = at_once([partial(act, payment) for payment in payments for act in acts])
    told = {one for one in outcomes if isinstance(one, type) and issubclass(one, SchoolEventsError)}
    assert told <= {TryAgain}
    for payment in payments:
        settlement.apply_payment(_worker(), payment.id)


def _lets_go(payment: Payment) -> None:
    settlement.let_go(_worker(), payment.id)


def _applies(payment: Payment) -> None:
    settlement.apply_payment(_worker(), payment.id)


def _entered(payment: Payment, kind: str) -> int:
    prefix = f"SCH#{SCHOOL}#PAYMENT#{payment.id}"
    found = [row["record"]["S"] for row in rows("Payments") if row["pk"]["S"] == prefix and "ledger_pk" in row]
    return sum(f'"kind":"{kind}"' in record for record in found)


def test_what_was_paid_before_it_was_let_go_stays_booked_and_is_entered_once(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    payments = [_held(event, shop, number) for number in FAMILIES]
    for payment in payments:
        shop.pay(payment)
    _all_at_once(payments, _applies, _lets_go, _applies)
    assert faults_of(event) == []
    assert {one.state for one in bookings_of(event)} == {BookingState.CONFIRMED}
    assert [_entered(payment, "charge") for payment in payments] == [1] * len(payments)
    assert ledger_balance() == shop.balance()


def test_all_that_stripe_tells_of_a_payment_three_times_at_once_is_applied_once(shop: Shop) -> None:
    """Scenario 2, and several events of one payment besides; a message that fails is given out again, as by SQS."""
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    told: list[StripeEvent] = []
    shop.server.world.on_event(lambda one: told.append(StripeEvent.model_validate(ids_of(one))))
    payments = [_held(event, shop, number) for number in FAMILIES]
    for payment in payments:
        shop.pay(payment)
    meant = [one for one in told if one.type in TYPES]
    assert len(meant) >= 3 * len(payments)
    outcomes = at_once([partial(stripe_events.apply, _worker(), shop.account_id, one) for one in meant * 3])
    assert {one for one in outcomes if isinstance(one, type)} <= {TryAgain}
    for one in meant:
        stripe_events.apply(_worker(), shop.account_id, one)
    assert faults_of(event) == []
    assert [_entered(payment, kind) for payment in payments for kind in ("charge", "fee")] == [1, 1] * len(payments)
    assert ledger_balance() == shop.balance()


def test_what_is_paid_while_it_is_let_go_is_booked_or_was_never_paid(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    payments = [_held(event, shop, number) for number in FAMILIES]
    _all_at_once(payments, _lets_go, lambda payment: _pays(shop, payment), _applies)
    assert faults_of(event) == []
    for payment in payments:
        was_paid = shop.status_of(payment) == "complete"
        states = {one.state for one in bookings_of(event) if one.payment_id == payment.id}
        assert states == {BookingState.CONFIRMED if was_paid else BookingState.RELEASED}
        assert _entered(payment, "charge") == was_paid
    assert ledger_balance() == shop.balance()


def test_late_money_settled_by_many_at_once_is_one_place_or_one_refund(shop: Shop) -> None:
    """Two places come back while six families' money arrives after all: the others get theirs back."""
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    payments = [_held(event, shop, number) for number in FAMILIES]
    for payment in payments:
        shop.pay(payment)
        _let_go_unseen(payment)
    for number in range(11, 15):
        books(event, number)()
    _all_at_once(payments, _applies, _applies, _applies)
    assert faults_of(event) == []
    late = [one for one in bookings_of(event) if one.payment_id in {payment.id for payment in payments}]
    assert [one.state for one in late].count(BookingState.CONFIRMED) == 2
    assert len(shop.all("refund")) == 4
    assert ledger_balance() == shop.balance()


def test_what_was_paid_twice_and_is_seen_by_many_at_once_goes_back_once(shop: Shop) -> None:
    event = an_event(capacity=len(FAMILIES), price=PRICE)
    held = [_held(event, shop, number) for number in FAMILIES[:3]]
    for number, payment in zip(FAMILIES, held, strict=False):
        _pays(shop, payment)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(payments, "is_closed_at_stripe", lambda *_: True)
            closed = payments.close_page(_worker(), payment)
        _pays(shop, checkout.open_page(moment_of(number), closed.id))
    _all_at_once(held, _applies, _applies, _applies)
    assert faults_of(event) == []
    assert [one.state for one in bookings_of(event)] == [BookingState.CONFIRMED] * len(held)
    assert [one["amount"] for one in shop.all("refund")] == [PRICE] * len(held)
    assert ledger_balance() == shop.balance()


def _let_go_unseen(payment: Payment) -> None:
    """Let a hold go as if Stripe had said that nobody paid: what a payer's bank can make true a moment later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payments, "is_closed_at_stripe", lambda *_: True)
        released = settlement.let_go(_worker(), payment.id)
    assert released.state is PaymentState.EXPIRED
