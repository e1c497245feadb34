"""The account's events, for whoever asks instead of waiting for webhooks."""

from local.stripe.errors import Json
from local.stripe.listing import page_of
from local.stripe.parameters import Instants, Rows, Text, listing
from local.stripe.world import Call

LIST = listing(type=Text(), types=Rows(Text()), created=Instants())


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One event of the account."""
    return call.book.get("event", identifier)


def list_all(call: Call, params: Json) -> Json:
    """The account's events, newest first."""
    return page_of(call.book.all("event"), params, "/v1/events")
