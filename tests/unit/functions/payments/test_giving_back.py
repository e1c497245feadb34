"""The route by which finance staff give back what came and was not what was asked for (scenario 22)."""

from collections.abc import Mapping
from typing import Any

import pytest

from school_events.events.model import SchoolEvent
from tests.support.booked_world import book, payment_of
from tests.support.shop import Shop
from tests.support.tables import everything
from tests.unit.bookings.attempts import quarantined
from tests.unit.functions.payments.test_handler import ADMIN, FINANCE, STAFF, ask, event, parent

__all__ = ["event"]

RETURN = "POST /v1/schools/{school_id}/payments/{payment_id}/return"


@pytest.mark.parametrize("caller", [FINANCE, ADMIN])
def test_finance_gives_it_back_and_hears_so_twice(shop: Shop, event: SchoolEvent, caller: Mapping[str, Any]) -> None:
    payment_id = payment_of(quarantined(shop, event)).id
    for _ in range(2):
        status, answer = ask(RETURN, caller, payment_id=payment_id)
        assert (status, answer["state"]) == (200, "failed")


@pytest.mark.parametrize("caller", [parent(), STAFF])
def test_nobody_else_may(shop: Shop, event: SchoolEvent, caller: Mapping[str, Any]) -> None:
    payment_id = payment_of(quarantined(shop, event)).id
    before = everything()
    assert ask(RETURN, caller, payment_id=payment_id)[0] == 403
    assert everything() == before


def test_what_is_not_in_quarantine_stays_as_it_is(shop: Shop, event: SchoolEvent) -> None:
    booked = book(event)
    before = everything()
    assert ask(RETURN, FINANCE, payment_id=payment_of(booked).id)[0] == 409
    assert ask(RETURN, FINANCE, payment_id="payment_none")[0] == 404
    assert everything() == before
