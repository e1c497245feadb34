"""A cancelled event of many families: each has its money back once, several at a time, whatever goes wrong (B2, P7)."""

import os

import pytest

from school_events.payments.refunds import bulk
from school_events.payments.refunds.store import refunds_of_event
from tests.support.contexts import SCHOOL
from tests.support.embedded_aws import EmbeddedAws
from tests.support.many_refunds import (
    EVENT,
    PENCE,
    call_off,
    faults_of,
    give_back_while_much_goes_wrong,
    many_paid,
)
from tests.support.shop import Shop

FAMILIES = int(os.environ.get("REFUNDS", "60"))
"""As many as ``REFUNDS`` says; ``python -m tests.bench refunds`` gives back a thousand."""


@pytest.fixture(autouse=True)
def _no_money_yet(tables: None, embedded: EmbeddedAws) -> None:
    """The school's Stripe is a new one."""
    embedded.empty(["Payments"])


def test_each_is_refunded_once_while_stripe_fails_and_functions_are_killed(shop: Shop) -> None:
    assert bulk.FEW < FAMILIES
    payment_ids = many_paid(shop, FAMILIES)
    call_off(payment_ids)
    give_back_while_much_goes_wrong(shop, FAMILIES)
    assert faults_of(shop, payment_ids) == []
    states = {one.state.value for one in refunds_of_event(SCHOOL, EVENT)}
    assert states == {"made"}
    assert sum(one.amount.amount for one in refunds_of_event(SCHOOL, EVENT)) == FAMILIES * PENCE
