"""What tests of refunds do: finance staff ask, Stripe is heard, housekeeping runs."""

from datetime import datetime
from functools import partial
from typing import Any

from school_events.bookings import chores
from school_events.core.context import Actor
from school_events.core.requests import Request, request
from school_events.payments import store as payments
from school_events.payments.attention.store import open_ones
from school_events.payments.model import Payment
from school_events.payments.refunds import service, staff
from school_events.payments.refunds.api import NewRefund
from school_events.payments.refunds.model import Refund
from tests.support.booked_world import as_system
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.shop import Shop, ledger_balance

FINANCE = Actor("staff", "staff-finance")
_UNASKED = Request(None, "")


def ask(
    payment: Payment, *lines: tuple[int, int | None], reason: str = "asked_for", key: str | None = None
) -> list[Refund]:
    """Finance staff give money back: of lines (by number) so many pence, or all; of everything, if no line is given."""
    wanted: dict[str, Any] = {"reason": reason}
    if lines:
        wanted["lines"] = [
            {"booking_id": payment.lines[number].reference}
            | ({} if pence is None else {"amount": {"amount": pence, "currency": "gbp"}})
            for number, pence in lines
        ]
    body = NewRefund.model_validate(wanted)
    asked = _UNASKED if key is None else request(key, f"POST /payments/{payment.id}/refunds", body)
    return staff.ask(a_context(actor=FINANCE, roles=("finance",)), payment.id, body, asked)


def hear(payment: Payment, now: datetime = NOW) -> Payment:
    """Hear from Stripe how the refunds stand, as its worker does."""
    service.catch_up(as_system(now, "stripe_events"), payment.id)
    return now_of(payment)


def housekeeping(now: datetime) -> int:
    """Housekeeping makes the refunds that are due; says how many."""
    return chores.make_due_refunds(now, partial(_as_housekeeping, now), lambda: True)


def _as_housekeeping(now: datetime, _school_id: str) -> Any:
    return as_system(now)


def now_of(payment: Payment) -> Payment:
    """A payment as it is now."""
    return payments.find_payment(SCHOOL, payment.id)


def rows_of(payment: Payment) -> list[Refund]:
    """The refunds of a payment, as they are now."""
    return staff.of_payment(a_context(), payment.id)


def to_look_at() -> list[str]:
    """What finance staff are shown, oldest first."""
    return [one.kind.value for one, _ in open_ones(SCHOOL, limit=50)]


def adds_up(shop: Shop) -> bool:
    """Whether the ledger has what Stripe has, to the penny."""
    return ledger_balance() == shop.balance()
