"""Stripe's SDK, as this product uses it.

The only room that makes its client. The SDK is imported when first used: it costs 230 ms and 30 MB. Every write carries
an idempotency key of ours, so that asking twice does once. Time-outs fit inside a function's time.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from school_events.core import aws, settings
from school_events.core.errors import TryAgain

if TYPE_CHECKING:
    from stripe import StripeClient

_SECONDS_TO_ANSWER = 8


def ask[A](call: Callable[[], A]) -> A:
    """One call to Stripe; what may pass by itself becomes :class:`TryAgain`."""
    from stripe import APIConnectionError, APIError, IdempotencyError, RateLimitError

    try:
        return call()
    except (APIConnectionError, RateLimitError, APIError) as error:
        raise TryAgain("Stripe did not answer") from error
    except IdempotencyError as error:
        if error.http_status == 409:
            raise TryAgain("Stripe is still at it") from error
        raise


@cache
def _client(key: str, url: str) -> "StripeClient":
    from stripe import RequestsClient, StripeClient

    return StripeClient(
        key,
        base_addresses={"api": url},
        http_client=RequestsClient(timeout=_SECONDS_TO_ANSWER),
        max_network_retries=1,
    )


def stripe() -> "StripeClient":
    """The client of this process, with the key the secret holds."""
    key = str(aws.secret(settings.required("STRIPE_KEY_SECRET"))["api_key"])
    return _client(key, settings.optional("STRIPE_API_URL", "https://api.stripe.com"))
