"""What was paid for a booking, over all of its payments, and of which of them it goes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from school_events.bookings.model import Booking
from school_events.core.context import Context
from school_events.core.errors import StaleVersion
from school_events.core.money import NOTHING, Money, pounds
from school_events.payments import rules, store


@dataclass(frozen=True)
class Part:
    """What is still there of a line of a payment."""

    payment_id: str
    line: str
    left: Money


@dataclass(frozen=True)
class Paid:
    """What was paid for a booking, as its payments were when they were read.

    Args:
        parts: what is still there of each, first what was paid with the booking.
        versions: of every payment of the booking.
    """

    parts: tuple[Part, ...]
    versions: Mapping[str, int]

    @property
    def total(self) -> Money:
        """What is still there of all of them."""
        return sum((part.left for part in self.parts), NOTHING)


def paid_for(ctx: Context, booking: Booking) -> Paid:
    """What was paid for a booking and has not gone back, nor is to (read strongly)."""
    ids = [one for one in (booking.payment_id, *booking.further_payments) if one is not None]
    found = store.find_payments(ctx.school_id, ids) if ids else {}
    parts = [
        Part(payment.id, line.key, rules.still_paid(payment, line))
        for payment in found.values()
        for line in payment.lines
        if line.reference == booking.id
    ]
    versions = {payment.id: payment.version for payment in found.values()}
    return Paid(tuple(part for part in parts if part.left.amount > 0), versions)


def require_unchanged(ctx: Context, booking: Booking, seen: Paid) -> None:
    """Nothing was paid for a booking, nor went back, since it was looked at.

    Asked for once a transaction is complete: what its steps have read lies between both looks, and they carry the
    versions as conditions.

    Raises:
        StaleVersion: something was.
    """
    if paid_for(ctx, booking).versions != seen.versions:
        raise StaleVersion


def shares(parts: Iterable[Part], refund: Money) -> dict[str, dict[str, Money]]:
    """Of which payment's which lines so much goes back: the first give first, each no more than is there.

    Args:
        parts: what is there.
        refund: what goes back, no more than all of it.

    Returns:
        Amounts by payment and line.
    """
    left = refund.amount
    given: dict[str, dict[str, Money]] = {}
    for part in parts:
        amount = min(left, part.left.amount)
        if amount:
            given.setdefault(part.payment_id, {})[part.line] = pounds(amount)
            left -= amount
    return given
