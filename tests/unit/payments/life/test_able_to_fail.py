"""With one protection taken away, money no longer adds up: the lives would notice."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from school_events.bookings import chores, late_money, places
from school_events.core.dynamodb import Transaction
from school_events.core.errors import SchoolEventsError
from school_events.payments.ledger import rules as ledger
from school_events.payments.refunds import service as refunds
from school_events.payments.store import PaymentItem
from tests.unit.payments.life.base import Start
from tests.unit.payments.life.machine import live

_LIVES = 30
"""So many at the most: the first that goes wrong ends it."""

type Sabotage = Callable[[pytest.MonkeyPatch], None]


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _without(room: Any, name: str) -> Sabotage:
    return lambda patch: patch.setattr(room, name, _nothing)


def _payments_are_overwritten(patch: pytest.MonkeyPatch) -> None:
    put = Transaction.put

    def put_whatever_is_there(transaction: Transaction, item: Any, condition: Any = None, **others: Any) -> None:
        put(transaction, item, None if isinstance(item, PaymentItem) else condition, **others)

    patch.setattr(Transaction, "put", put_whatever_is_there)


def _each_request_has_another_key(patch: pytest.MonkeyPatch) -> None:
    request, number = stripe.RequestsClient.request, itertools.count()

    def with_another_key(client: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        others = {"Idempotency-Key": f"key-{next(number)}"} if method == "post" else {}
        return request(client, method, url, {**headers, **others}, post_data)

    patch.setattr(stripe.RequestsClient, "request", with_another_key)


SABOTAGES: dict[str, Sabotage] = {
    "late money is forgotten": _without(late_money, "settle_lines"),
    "holds that are over stay": _without(chores, "let_due_holds_go"),
    "refunds are left to who asked for them": _without(chores, "make_due_refunds"),
    "a place that is paid for is not taken": _without(places, "take"),
    "what Stripe keeps is not entered": _without(ledger, "fee_entry"),
    "what goes back is written down nowhere": _without(refunds, "ask_refund"),
    "a payment is written whatever became of it meanwhile": _payments_are_overwritten,
    "a request that is repeated is another one to Stripe": _each_request_has_another_key,
}


def _notices(start: Start, sabotage: Sabotage) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        sabotage(patch)
        try:
            live(start, _LIVES)
        except (AssertionError, AttributeError, TypeError, SchoolEventsError, ExceptionGroup):
            return True
    return False


@pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=SABOTAGES)
def test_whichever_protection_is_taken_away_a_life_goes_wrong(start: Start, sabotage: Sabotage) -> None:
    assert _notices(start, sabotage)
