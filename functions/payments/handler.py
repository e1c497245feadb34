"""Paying for bookings, a school's payments, and its connection to Stripe."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query

from school_events.bookings import paying, strays
from school_events.core.errors import Invalid, NotFound, PaymentsNotReady, TryAgain, WrongState
from school_events.core.http import LocalDate, Page, SchoolApi
from school_events.payments import listing
from school_events.payments.accounts import service as accounts
from school_events.payments.accounts.api import StripeAccountView, account_view
from school_events.payments.api import PaymentView, payment_view
from school_events.payments.attention import service as attention
from school_events.payments.attention.api import AttentionView
from school_events.payments.listing import STATES, Wanted
from school_events.payments.model import PaymentPurpose
from school_events.people import access

api = SchoolApi("payments", access=access.check)
SCHOOL = "/v1/schools/{school_id}"
ID = "^[A-Za-z0-9_-]{1,64}$"


@api.route(
    "POST",
    f"{SCHOOL}/bookings/{{booking_id}}/checkout",
    roles={"parent"},
    summary="Open the payment page of a booking and of all that was booked with it",
    errors=(NotFound, WrongState, PaymentsNotReady, TryAgain),
)
def checkout(school_id: str, booking_id: str) -> PaymentView:
    return payment_view(paying.checkout(api.context, booking_id))


@api.route(
    "GET",
    f"{SCHOOL}/payments/{{payment_id}}",
    roles={"parent", "finance", "school_admin"},
    summary="One payment, as it stands at Stripe now",
    errors=(NotFound, TryAgain),
)
def read(school_id: str, payment_id: str) -> PaymentView:
    return paying.show(api.context, payment_id)


@api.route(
    "GET",
    f"{SCHOOL}/payments",
    roles={"finance", "school_admin"},
    summary="The school's payments, newest first; a page may be short though more follow",
    errors=(Invalid,),
)
def listed(
    school_id: str,
    state: Annotated[str | None, Query(pattern=STATES, description="`overdue`: unpaid though its day is past")] = None,
    event_id: Annotated[str | None, Query(pattern=ID)] = None,
    payer_id: Annotated[str | None, Query(pattern=ID)] = None,
    purpose: PaymentPurpose | None = None,
    since: Annotated[LocalDate | None, Query(alias="from", description="Asked for on this day or later")] = None,
    until: Annotated[LocalDate | None, Query(alias="to", description="Asked for on this day or earlier")] = None,
    cursor: Annotated[str | None, Query()] = None,
) -> Page[PaymentView]:
    return listing.page(api.context, Wanted(state, event_id, payer_id, purpose, since, until), cursor)


@api.route(
    "GET",
    f"{SCHOOL}/attention",
    roles={"finance", "school_admin"},
    summary="What of the school's money somebody has to look at, oldest first",
    errors=(Invalid,),
)
def to_look_at(school_id: str, cursor: Annotated[str | None, Query()] = None) -> Page[AttentionView]:
    return attention.page(api.context, cursor)


@api.route(
    "POST",
    f"{SCHOOL}/payments/{{payment_id}}/return",
    roles={"finance", "school_admin"},
    summary="Give back as a whole what came and was not what was asked for; the places it was for go",
    errors=(NotFound, WrongState, TryAgain),
)
def give_back(school_id: str, payment_id: str) -> PaymentView:
    return payment_view(strays.give_back(api.context, payment_id), for_finance=True)


@api.route(
    "POST",
    f"{SCHOOL}/school/stripe-account",
    roles={"finance", "school_admin"},
    summary="Connect the school to Stripe, or go on with it",
    errors=(TryAgain,),
)
def connect(school_id: str) -> StripeAccountView:
    account, url = accounts.connect_school(api.context)
    return account_view(account, url)


@api.route(
    "GET",
    f"{SCHOOL}/school/stripe-account",
    roles={"finance", "school_admin"},
    summary="The school's connection to Stripe, as Stripe sees it now",
    errors=(PaymentsNotReady, TryAgain),
)
def connection(school_id: str) -> StripeAccountView:
    account = accounts.connected_account(school_id)
    return account_view(accounts.refresh(api.context, account.account_id) or account)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
