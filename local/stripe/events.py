"""The account's events, for whoever asks instead of waiting for webhooks."""

from local.stripe.balance import DAY
from local.stripe.errors import Json
from local.stripe.listing import page_of
from local.stripe.parameters import Instants, Rows, Text, listing
from local.stripe.world import Call

_DAYS_KEPT = 30  # docs.stripe.com/api/events/list

LIST = listing(type=Text(), types=Rows(Text()), created=Instants())


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One event of the account."""
    return call.book.get("event", identifier)


def list_all(call: Call, params: Json) -> Json:
    """The account's events of the last 30 days, newest first; Stripe keeps no older ones."""
    since = call.now - _DAYS_KEPT * DAY
    kept = (event for event in call.book.all("event") if event["created"] >= since)
    return page_of(kept, params, "/v1/events")
