"""What reached the school's bank and what it was made of, the ledger beside Stripe, and each event's money."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings.takings import service as takings
from school_events.bookings.takings.api import EventMoneyView
from school_events.core.context import Role
from school_events.core.errors import Invalid, NotFound
from school_events.core.http import LocalDate, Page, SchoolApi
from school_events.payments.payouts import reading
from school_events.payments.payouts.api import PayoutPage, PayoutView
from school_events.payments.reconciliation.api import ReconciliationView
from school_events.payments.reconciliation.report import report
from school_events.people import access

api = SchoolApi("payouts", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
FINANCE: frozenset[Role] = frozenset({"finance", "school_admin"})


@api.route(
    "GET",
    f"{SCHOOL}/payouts",
    roles=FINANCE,
    summary="What Stripe sent to the school's bank, newest first, each by event and kind",
    errors=(Invalid,),
)
def listed(school_id: str, cursor: Annotated[str | None, Query()] = None) -> Page[PayoutView]:
    return reading.page(api.context, cursor)


@api.route(
    "GET",
    f"{SCHOOL}/payouts/{{payout_id}}",
    roles=FINANCE,
    summary="One payout, and the payments, refunds, disputes and fees it is made of, to the penny",
    errors=(NotFound, Invalid),
)
def read(school_id: str, payout_id: str, cursor: Annotated[str | None, Query()] = None) -> PayoutPage:
    return reading.show(api.context, payout_id, cursor)


@api.route(
    "GET",
    f"{SCHOOL}/payments/reconciliation",
    roles=FINANCE,
    summary="What moved between two days (London), account by account and event by event, and what differs from Stripe",
    errors=(Invalid,),
)
def reconcile(
    school_id: str,
    since: Annotated[LocalDate, Query(alias="from", description="The first day")],
    until: Annotated[LocalDate, Query(alias="to", description="The last day, at most a year later")],
) -> ReconciliationView:
    return report(api.context, since, until)


@api.route(
    "GET",
    f"{SCHOOL}/events/{{event_id}}/payments",
    roles=FINANCE,
    summary="An event's money: what was paid and how, what is owed, went back, was lost; in sum and by booking",
    errors=(NotFound, Invalid),
)
def of_event(school_id: str, event_id: str, cursor: Annotated[str | None, Query()] = None) -> EventMoneyView:
    return takings.of_event(api.context, event_id, cursor)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
