"""Stripe's SDK, as this product uses it.

The only room that makes its client. The SDK is imported when first used: it costs 230 ms and 30 MB. Every write carries
an idempotency key of ours, so that asking twice does once. Time-outs fit inside a function's time.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from school_events.core import aws, logs, settings
from school_events.core.context import Context
from school_events.core.errors import PaymentsNotReady, TryAgain

if TYPE_CHECKING:
    from stripe import StripeClient

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER, RETRIES = 2, 6, 1
"""With its retry and the half second before it, a call that hangs ends within 17 seconds (test_time_outs)."""


class AccountLeft(PaymentsNotReady):
    """The account is not ours to act for any more: the school has disconnected it, or Stripe closed it."""

    slug = "account-left"
    title = "The school has disconnected its Stripe account"


class NotAsked(TryAgain):
    """Stripe was not asked: it has kept what else is due waiting in vain already. This was not even tried."""

    slug = "not-asked"
    title = "Stripe was not asked"


LONGEST_CALL = timedelta(seconds=(1 + RETRIES) * (SECONDS_TO_CONNECT + SECONDS_TO_ANSWER) + 0.5 * (2**RETRIES - 1))
"""How long a call may take that is tried to its end."""


def _require_time(ctx: Context) -> None:
    """Only begin a call to Stripe that can end before the function has to answer."""
    if ctx.time_left() < LONGEST_CALL:
        logs.count("NoTimeForStripe")
        raise TryAgain("There is no time left to ask Stripe")


def ask[A](ctx: Context, call: Callable[[], A]) -> A:
    """One call to Stripe; what may pass by itself becomes :class:`TryAgain`.

    The only way to Stripe, so that no call is begun that could not end before the function has to answer: whoever asks
    is told so while there is time to, and Stripe was not asked. Nor is it where it has just been asked in vain: a run
    that does many things meets a Stripe that hangs once.

    Args:
        ctx: the moment, which knows how much time and patience are left.
        call: asks the client of :func:`stripe`, which it names anew each time.

    Raises:
        TryAgain: Stripe did not answer, is busy, or takes none of our keys; or there is no time left for it to.
        NotAsked: it did not answer for other schools, in this run.
        AccountLeft: we may not act for the account.
    """
    if ctx.patience.is_over_with(ctx.school_id):
        raise TryAgain("Stripe did not answer for this school just now")
    if ctx.patience.is_over():
        raise NotAsked("Stripe did not answer just now")
    _require_time(ctx)
    begun = time.monotonic()
    try:
        answer = _asked(ctx, call)
    except TryAgain:
        ctx.patience.waited_in_vain(ctx.school_id, time.monotonic() - begun)
        raise
    ctx.patience.was_answered(ctx.school_id)
    return answer


def _asked[A](ctx: Context, call: Callable[[], A]) -> A:
    from stripe import APIConnectionError, APIError, AuthenticationError, IdempotencyError, RateLimitError
    from stripe import PermissionError as NotAllowed

    try:
        return _with_a_key_it_knows(ctx, call)
    except (APIConnectionError, RateLimitError, APIError) as error:
        raise TryAgain("Stripe did not answer") from error
    except AuthenticationError as error:
        logs.logger.error("stripe refuses our key")
        raise TryAgain("Stripe did not answer") from error
    except NotAllowed as error:
        # The SDK reads the code of a refusal, but not into the error itself.
        if error.error is not None and error.error.code == "account_invalid":
            raise AccountLeft from error
        raise
    except IdempotencyError as error:
        if error.http_status == 409:
            raise TryAgain("Stripe is still at it") from error
        raise


def _with_a_key_it_knows[A](ctx: Context, call: Callable[[], A]) -> A:
    """A key that Stripe does not know any more is read again: it may have been rolled (README)."""
    from stripe import AuthenticationError

    secret = settings.required("STRIPE_KEY_SECRET")
    used = aws.secret(secret)
    try:
        return call()
    except AuthenticationError:
        if aws.newer_secret(secret) == used:
            raise
        _require_time(ctx)
        return call()


@cache
def _client(key: str, url: str) -> "StripeClient":
    from stripe import RequestsClient, StripeClient

    return StripeClient(
        key,
        base_addresses={"api": url},
        http_client=RequestsClient(timeout=(SECONDS_TO_CONNECT, SECONDS_TO_ANSWER)),
        max_network_retries=RETRIES,
    )


def stripe() -> "StripeClient":
    """The client of this process, with the key the secret holds."""
    key = str(aws.secret(settings.required("STRIPE_KEY_SECRET"))["api_key"])
    return _client(key, settings.optional("STRIPE_API_URL", "https://api.stripe.com"))
