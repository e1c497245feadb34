"""What the family of a hold is shown before it gives it up: what it is then told (decision 0031)."""

import pytest

from school_events.bookings import cancelling, receiving
from school_events.bookings.model import BookingState
from school_events.bookings.terms.service import preview
from school_events.core.errors import WrongState
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from school_events.payments.receipts.api import NewReceipt
from tests.support.booked_world import as_parent, book, booking_of, payment_of
from tests.support.contexts import NOW, a_context
from tests.support.shop import Shop
from tests.unit.bookings.attempts import quarantined

pytestmark = pytest.mark.usefixtures("shop")


def test_one_whose_money_a_person_has_to_look_at_is_not_said_to_end(shop: Shop, event: SchoolEvent) -> None:
    booking = booking_of(quarantined(shop, event))
    shown = preview(as_parent(), booking)
    assert (shown.possible, shown.words) == (False, "The school has to look at what was paid for this first.")
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), booking)


@pytest.mark.parametrize(
    ("cash", "words"),
    [(0, "Nothing has been paid for this yet."), (400, "What the school has received for this goes back.")],
)
def test_one_that_was_paid_in_part_is_not_said_to_be_unpaid(event: SchoolEvent, cash: int, words: str) -> None:
    booked = book(event)
    if cash:
        asked = {"method": "cash", "amount": {"amount": cash}, "reference": "1", "received_on": str(NOW.date())}
        receipt = NewReceipt.model_validate(asked, strict=False)
        receiving.receive(a_context(roles=("finance",)), booked.payment_id or "", receipt, Request(None, ""))
    shown = preview(as_parent(), booking_of(booked))
    assert (shown.possible, shown.words.startswith(words)) == (True, True)
    cancelling.cancel(as_parent(), booking_of(booked))
    assert booking_of(booked).state is BookingState.RELEASED
    assert payment_of(booked).lines[0].back.amount == cash
