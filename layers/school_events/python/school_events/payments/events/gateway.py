"""Asking Stripe what happened, and handing it to the queue that webhooks go into."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from school_events.core import aws, settings
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.payments.events.model import ListedEvent, StripeEvent
from school_events.payments.events.queued import ids_of, text
from school_events.payments.stripe_client import ask, stripe

if TYPE_CHECKING:
    from stripe.params import EventListParams

MOST_TYPES = 20
"""Stripe lists events of at most so many types at once (https://docs.stripe.com/api/events/list)."""

_PAGE = 100
_MOST_MESSAGES = 10
"""SQS takes at most so many at once."""


def events_of(
    ctx: Context, account_id: str, span: tuple[datetime, datetime], types: Sequence[str]
) -> Iterator[list[ListedEvent]]:
    """The events of an account, newest first, in pages of at most 100.

    Args:
        ctx: the moment.
        account_id: the connected account.
        span: those that happened at or after the first and before the second instant, UTC.
        types: at most 20.

    Raises:
        TryAgain: Stripe did not answer.
        AccountLeft: we may not act for the account.
    """
    after = None
    while True:
        page = _page(ctx, account_id, span, types, after)
        if page["data"]:
            yield [_listed(account_id, one) for one in page["data"]]
        if not page["has_more"]:
            return
        after = page["data"][-1]["id"]


def _page(
    ctx: Context, account_id: str, span: tuple[datetime, datetime], types: Sequence[str], after: str | None
) -> dict[str, Any]:
    since, until = (int(one.timestamp()) for one in span)
    params: EventListParams = {"types": list(types), "created": {"gte": since, "lt": until}, "limit": _PAGE}
    if after is not None:
        params["starting_after"] = after
    return ask(ctx, lambda: stripe().v1.events.list(params=params, options={"stripe_account": account_id})).to_dict()


def _listed(account_id: str, event: dict[str, Any]) -> ListedEvent:
    # Listed on behalf of the account, so it is the account's, whatever it says of itself.
    ids = ids_of(event) | {"account": account_id}
    return ListedEvent(event=StripeEvent.model_validate(ids), created_at=datetime.fromtimestamp(event["created"], UTC))


def payment_of_charge(ctx: Context, account_id: str, charge_id: str) -> str | None:
    """The payment a charge is of, as its metadata say; none of money that is not asked for here.

    Raises:
        TryAgain: Stripe did not answer.
        AccountLeft: we may not act for the account.
    """
    found = ask(ctx, lambda: stripe().v1.charges.retrieve(charge_id, options={"stripe_account": account_id}))
    return text(found.to_dict(), "metadata", "payment_id")


def queue(events: Iterable[StripeEvent]) -> None:
    """Put events where webhooks are put; twice is as good as once.

    Raises:
        TryAgain: not all of them were taken.
    """
    url = settings.required("STRIPE_EVENTS_QUEUE_URL")
    for some in batched(events, _MOST_MESSAGES, strict=False):
        entries = [{"Id": str(place), "MessageBody": json.dumps(one.model_dump())} for place, one in enumerate(some)]
        if aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
            raise TryAgain
