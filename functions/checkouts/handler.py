"""Paying what is due later, or of a family's own will: instalments, contributions, several in one go."""

from typing import Any

from school_events.bookings.contributions import service as contributions
from school_events.bookings.contributions.api import ContributionBody
from school_events.bookings.instalments import family
from school_events.bookings.instalments.api import Together
from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, PaymentsNotReady, TryAgain, WrongState
from school_events.core.http import SchoolApi
from school_events.payments.api import PaymentView, payment_view
from school_events.people import access

api = SchoolApi("checkouts", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
PARENTS: frozenset[Role] = frozenset({"parent"})


@api.route(
    "POST",
    f"{SCHOOL}/payments/{{payment_id}}/checkout",
    roles=PARENTS,
    summary="Open the payment page of a payment of the caller's, also before it is due",
    errors=(NotFound, WrongState, PaymentsNotReady, TryAgain),
)
def open_one(school_id: str, payment_id: str) -> PaymentView:
    return payment_view(family.checkout(api.context, payment_id))


@api.route(
    "POST",
    f"{SCHOOL}/checkouts",
    roles=PARENTS,
    summary="Open one payment page for several payments of the caller's: all are paid, or none",
    errors=(NotFound, WrongState, PaymentsNotReady, Invalid, TryAgain),
)
def open_together(school_id: str, body: Together) -> PaymentView:
    return payment_view(family.checkout_together(api.context, body.payment_ids))


@api.route(
    "POST",
    f"{SCHOOL}/bookings/{{booking_id}}/contribution",
    roles=PARENTS,
    summary="Offer a voluntary contribution; the place never depends on it, and it is paid as any other payment",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def contribute(school_id: str, booking_id: str, body: ContributionBody | None = None) -> PaymentView:
    amount = None if body is None else body.amount
    return payment_view(contributions.give(api.context, booking_id, amount))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
