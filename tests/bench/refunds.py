"""A cancelled event of a thousand families gives their money back: how long it takes, undisturbed and while much fails.

On the embedded AWS, with the local Stripe beside it; Stripe itself takes some tenths of a second for a refund, so that
so many at once come to about 20 a second there. Each is refunded once, or there is no figure.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import time_machine

from local.stripe.running import running_stripe
from school_events.core import logs
from tests.support.contexts import NOW
from tests.support.embedded_aws import EmbeddedAws, embedded_aws
from tests.support.many_refunds import (
    call_off,
    faults_of,
    give_back_while_much_goes_wrong,
    housekeeping,
    many_paid,
)
from tests.support.shop import Shop

_FAMILIES = 1000

type Figures = dict[str, float | int]


def run() -> Figures:
    """Seconds and runs for a thousand refunds."""
    with embedded_aws() as running, running.used():
        return _undisturbed(running) | _disturbed(running)


def _undisturbed(running: EmbeddedAws) -> Figures:
    with _cancelled(running) as (shop, payment_ids):
        began = time.perf_counter()
        assert housekeeping(NOW) == _FAMILIES
        seconds = time.perf_counter() - began
        _all_is_well(shop, payment_ids)
    return {"refunds: a thousand, seconds": seconds, "refunds: a second": _FAMILIES / seconds}


def _disturbed(running: EmbeddedAws) -> Figures:
    with _cancelled(running) as (shop, payment_ids):
        began = time.perf_counter()
        runs = give_back_while_much_goes_wrong(shop, _FAMILIES)
        seconds = time.perf_counter() - began
        _all_is_well(shop, payment_ids)
    return {"refunds: a thousand while much fails, seconds": seconds, "refunds: while much fails, runs": runs}


def _all_is_well(shop: Shop, payment_ids: list[str]) -> None:
    if faults := faults_of(shop, payment_ids):
        raise AssertionError(faults)


@contextmanager
def _cancelled(running: EmbeddedAws) -> Iterator[tuple[Shop, list[str]]]:
    """A school with its Stripe, and the payments of an event that is cancelled."""
    running.empty()
    with (
        running_stripe(clock=NOW.timestamp) as server,
        time_machine.travel(NOW, tick=True),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STRIPE_API_URL", server.url)
        patch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *_, **__: 0)
        shop = Shop(server)
        shop.account_id = shop.connect()
        payment_ids = many_paid(shop, _FAMILIES)
        call_off(payment_ids)
        yield shop, payment_ids
        logs.metrics.clear_metrics()
