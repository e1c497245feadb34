"""An event of very many families that is cancelled: what they paid, and giving it back while much goes wrong."""

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from school_events.bookings import chores
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.money import NOTHING, pounds
from school_events.core.patience import Patience
from school_events.payments import store as payments
from school_events.payments.ledger import rules as ledger_rules
from school_events.payments.ledger import store as ledger
from school_events.payments.model import (
    Checkout,
    CheckoutSnapshot,
    CheckoutStatus,
    Payment,
    PaymentLine,
    PaymentState,
)
from school_events.payments.refunds import gateway
from school_events.payments.refunds import service as refunds
from school_events.payments.refunds.model import StripeRefund
from tests.support.at_once import at_once
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Killed
from tests.support.shop import Shop, ledger_balance

EVENT, PENCE = "event_cancelled", 1250
_PATIENCE = timedelta(seconds=60)
_SIX_MINUTES = timedelta(minutes=6)


def a_moment(now: datetime = NOW) -> Context:
    """A moment of housekeeping with time enough."""
    return a_context(now=now, deadline=datetime.now(UTC) + _PATIENCE)


def many_paid(shop: Shop, count: int) -> list[str]:
    """So many families have paid for a place each; says with which payments."""
    return [_one_paid(shop, f"many_{number:05d}").id for number in range(count)]


def _one_paid(shop: Shop, payment_id: str) -> Payment:
    charge = shop.server.dashboard.sell(shop.account_id, PENCE)
    (moved,) = [one for one in _movements(shop) if one["source"] == charge["id"]]
    line = PaymentLine(reference=f"booking_of_{payment_id}", event_id=EVENT, amount=pounds(PENCE))
    checkout = Checkout(
        attempt=1, account_id=shop.account_id, amount=line.amount, expires_at=NOW, return_url="https://app.example.test"
    )
    payment = Payment(
        id=payment_id,
        payer_id="contact-1",
        payer_alias="alias_of_many",
        lines=(line,),
        amount=line.amount,
        state=PaymentState.PAID,
        checkout=checkout,
        charge_id=charge["id"],
        refunded=NOTHING,
        created_at=NOW,
        paid_at=NOW,
    )
    payments.payment_item(a_moment(), payment, stamp(a_moment(), "payment.paid")).save()
    snapshot = CheckoutSnapshot(
        session_id=f"cs_{payment_id}",
        url=None,
        status=CheckoutStatus.COMPLETE,
        paid=True,
        amount=PENCE,
        currency="gbp",
        payment_id=payment_id,
        charge_id=charge["id"],
        fee=moved["fee"],
        balance_transaction_id=moved["id"],
    )
    for entry in ledger_rules.entries_of(payment, snapshot, NOW):
        ledger.enter_once(a_moment(), entry)
    return payment


def _movements(shop: Shop) -> Iterator[dict[str, object]]:
    """Those of late first, so that the one just made is found at once."""
    yield from itertools.islice(shop.server.world.book(shop.account_id).all("balance_transaction"), 1)


def call_off(payment_ids: list[str]) -> None:
    """Their event is cancelled: everything is written down to go back."""
    for payment_id in payment_ids:
        transaction = Transaction(a_moment())
        key = f"booking_of_{payment_id}"
        refunds.ask_refund(transaction, a_moment(), payment_id, key, "called_off", pounds(PENCE))
        transaction.commit()


def housekeeping(now: datetime, most: int = sys.maxsize) -> int:
    """A run of housekeeping that has time for so many; says how many refunds it tried."""
    asked = itertools.count()
    patience = Patience()
    return chores.make_due_refunds(now, lambda _: replace(a_moment(now), patience=patience), lambda: next(asked) < most)


def give_back_while_much_goes_wrong(shop: Shop, count: int) -> int:
    """Housekeeping's runs until nothing is due: Stripe is out, busy, loses answers, and functions are killed.

    Args:
        shop: where.
        count: how many are to be given back; a run has time for a sixth.

    Returns:
        How many runs it took.
    """
    faults, share = shop.server.faults, count // 6
    troubles: dict[int, Callable[[], object]] = {
        0: lambda: faults.outage(share // 2),
        2: lambda: faults.outage(share // 3, 429),
        4: lambda: faults.lose_answers(share),
    }
    for number in itertools.count():
        now = NOW + (number + 1) * _SIX_MINUTES
        if number in troubles:
            troubles[number]()
        if number in {1, 3}:  # Stripe answers then: a run that has waited for it in vain asks for nothing any more
            _killed_run(now, after=share // 3)
        else:
            at_once([partial(housekeeping, now, share), partial(housekeeping, now, share)])
        faults.clear()
        if number > max(troubles) and not housekeeping(now + _SIX_MINUTES):
            return number + 1
    raise AssertionError


def _killed_run(now: datetime, after: int) -> None:
    """A run that is killed once Stripe has made so many, before we could write that down."""
    create, made = gateway.create_refund, itertools.count(1)

    def make_and_be_killed(*args: Any) -> StripeRefund:
        answer = create(*args)
        if next(made) >= after:
            raise Killed
        return answer

    with _patched(make_and_be_killed), pytest.raises(Killed):
        housekeeping(now)


@contextmanager
def _patched(create: Callable[..., StripeRefund]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateway, "create_refund", create)
        yield


def faults_of(shop: Shop, payment_ids: list[str]) -> list[str]:
    """What is wrong when all is over: each has its money back once, and the books agree with Stripe's."""
    found = [payments.find_payment(SCHOOL, one) for one in payment_ids]
    faults = [f"{one.id} is {one.state}" for one in found if one.state is not PaymentState.REFUNDED]
    back = Counter(one["charge"] for one in shop.all("refund"))
    faults += [f"{one.id} went back {back[one.charge_id]} times" for one in found if back[one.charge_id] != 1]
    if ledger_balance() != shop.balance():
        faults.append(f"the ledger has {ledger_balance()}, Stripe {shop.balance()}")
    return faults
