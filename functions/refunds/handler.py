"""Giving money back: asked for by finance staff, asked for again, handed over by the school; how far it has come.

Also what they dealt with themselves, since neither a refund nor anything else settles it.
"""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import SchoolApi, reply
from school_events.payments.attention import marking
from school_events.payments.attention.api import AttentionView, attention_view
from school_events.payments.refunds import progress, staff
from school_events.payments.refunds.api import EventRefunds, NewRefund, PaidOut, RefundView, RefundViews, refund_view
from school_events.people import access

api = SchoolApi("refunds", access=access.check)
FINANCE: frozenset[Role] = frozenset({"finance", "school_admin"})
SCHOOL = "/v1/schools/{school_id}"
REFUNDS = f"{SCHOOL}/payments/{{payment_id}}/refunds"


@api.route(
    "POST",
    REFUNDS,
    roles=FINANCE,
    summary="Give money of a payment back, in full or in part; each line's is a refund of its own",
    status=201,
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def ask(school_id: str, payment_id: str, body: NewRefund) -> Response[RefundViews]:
    asked = staff.ask(api.context, payment_id, body, api.asked(body))
    location = f"/v1/schools/{school_id}/payments/{payment_id}/refunds"
    return reply(RefundViews(items=[refund_view(one) for one in asked]), status=201, location=location)


@api.route("GET", REFUNDS, roles=FINANCE, summary="The refunds of a payment, oldest first", errors=(NotFound,))
def of_payment(school_id: str, payment_id: str) -> RefundViews:
    return RefundViews(items=[refund_view(one) for one in staff.of_payment(api.context, payment_id)])


@api.route(
    "POST",
    f"{REFUNDS}/{{refund_id}}/retry",
    roles=FINANCE,
    summary="Ask anew for a refund that failed; asked again it is the same new one",
    errors=(NotFound, WrongState, TryAgain),
)
def retry(school_id: str, payment_id: str, refund_id: str) -> RefundView:
    return refund_view(staff.retry(api.context, payment_id, refund_id))


@api.route(
    "POST",
    f"{REFUNDS}/{{refund_id}}/paid-out",
    roles=FINANCE,
    summary="Note that the school itself gave the money back, of a refund that failed, that was its own to hand over, "
    "or that waits for an account it has disconnected",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def paid_out(school_id: str, payment_id: str, refund_id: str, body: PaidOut) -> RefundView:
    return refund_view(staff.pay_out(api.context, payment_id, refund_id, body))


@api.route(
    "GET",
    f"{SCHOOL}/events/{{event_id}}/refunds",
    roles=FINANCE,
    summary="How far giving back of an event's money has come",
    errors=(NotFound,),
)
def of_event(school_id: str, event_id: str) -> EventRefunds:
    return progress.of_event(api.context, event_id)


@api.route(
    "POST",
    f"{SCHOOL}/attention/{{kind}}/{{thing_id}}/settle",
    roles=FINANCE,
    summary="Mark as dealt with what nothing else takes off the list of what somebody has to look at",
    errors=(NotFound, WrongState, TryAgain),
)
def settle(school_id: str, kind: str, thing_id: str) -> AttentionView:
    return attention_view(marking.mark(api.context, kind, thing_id))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
