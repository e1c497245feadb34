"""Money the school received itself, written down by its finance staff: cash, vouchers, Tax-Free Childcare."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.bookings import receiving
from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import Page, SchoolApi, reply
from school_events.payments.receipts import service
from school_events.payments.receipts.api import Mistake, NewReceipt, ReceiptView, Recorded, Sighting
from school_events.people import access

api = SchoolApi("receipts", access=access.check)
FINANCE: frozenset[Role] = frozenset({"finance", "school_admin"})
RECEIPTS = "/v1/schools/{school_id}/payments/{payment_id}/receipts"


@api.route(
    "POST",
    RECEIPTS,
    roles=FINANCE,
    summary="Write down what the school received itself for a payment; once nothing is owed, its places are confirmed",
    status=201,
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def receive(school_id: str, payment_id: str, body: NewReceipt) -> Response[Recorded]:
    recorded = receiving.receive(api.context, payment_id, body, api.asked(body))
    return reply(recorded, status=201)


@api.route(
    "GET",
    RECEIPTS,
    roles=FINANCE,
    summary="What the school received itself for a payment, in the order it was written down",
    errors=(NotFound,),
)
def listed(school_id: str, payment_id: str) -> Page[ReceiptView]:
    return Page(items=service.receipts_of(api.context, payment_id))


@api.route(
    "POST",
    f"{RECEIPTS}/{{receipt_id}}/match",
    roles=FINANCE,
    summary="Write down that the money of a receipt was seen on the statement of the school's bank",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def match(school_id: str, payment_id: str, receipt_id: str, body: Sighting) -> Recorded:
    return service.match(api.context, payment_id, receipt_id, body, api.asked(body))


@api.route(
    "POST",
    f"{RECEIPTS}/{{receipt_id}}/reverse",
    roles=FINANCE,
    summary="Take a receipt back that was a mistake: that much is owed again, and its place is a hold again",
    errors=(NotFound, WrongState, TryAgain),
)
def reverse(school_id: str, payment_id: str, receipt_id: str, body: Mistake) -> Recorded:
    return receiving.reverse(api.context, payment_id, receipt_id, body, api.asked(body))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
