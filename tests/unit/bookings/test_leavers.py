"""What is held for a child who leaves the school goes to the next family within a minute (H1, D6)."""

from datetime import timedelta

import pytest
import time_machine

from functions.housekeeping.handler import lambda_handler as run_housekeeping
from functions.invitation_fanout.handler import lambda_handler as invitation_fanout
from school_events.bookings import debits
from school_events.bookings.service import Booked
from school_events.core.consequences import Joining
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_system,
    book,
    booking_of,
    payment_of,
    place_states,
)
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import portal_message, tell
from tests.support.shop import Shop, shop
from tests.support.tables import everything

SOON = NOW + timedelta(minutes=1)

__all__ = ["shop"]


@pytest.fixture
def event(shop: Shop) -> SchoolEvent:
    """A trip with three places."""
    a_school_with_families()
    return an_event()


def the_portal_says(pupil_id: str = "pupil-1", left_on: str = "2026-11-20") -> None:
    """A child has left, or will: what the outbox makes of that comes to its worker."""
    tell(portal_message("PupilLeft", {"pupil_id": pupil_id, "left_on": left_on}, version=2))
    told()


def told() -> None:
    """The worker has the message, perhaps again."""
    joining = Joining(school_id=SCHOOL, pupil_ids=("pupil-1", "pupil-4"))
    with time_machine.travel(NOW, tick=False):
        assert invitation_fanout(sqs_event(joining.model_dump(mode="json")), LambdaContext()) == {
            "batchItemFailures": []
        }


def a_minute_passes() -> None:
    """Housekeeping does what is due."""
    with time_machine.travel(SOON, tick=False):
        run_housekeeping({}, LambdaContext(remaining_ms=60_000))


def states(booked: Booked) -> set[str]:
    """Of what was booked."""
    return {booking_of(booked, position).state.value for position in range(len(booked.booking_ids))}


def test_a_hold_nobody_has_begun_to_pay_is_free_again_in_a_minute(event: SchoolEvent) -> None:
    booked = book(event)
    the_portal_says()
    a_minute_passes()
    assert states(booked) == {"released"}
    assert place_states(event) == ["free"] * 3
    assert faults_of(event) == []


def test_the_payment_page_is_closed_first_and_siblings_who_were_to_be_paid_with_it_go_too(
    event: SchoolEvent, shop: Shop
) -> None:
    booked = book(event, "pupil-1", "pupil-2")
    payment = shop.open(booked)
    the_portal_says()
    assert states(booked) == {"expiring"}
    a_minute_passes()
    assert shop.status_of(payment) == "expired"
    assert states(booked) == {"released"}
    assert faults_of(event) == []


def test_a_page_that_was_paid_just_before_keeps_the_place(event: SchoolEvent, shop: Shop) -> None:
    booked = book(event)
    shop.pay(shop.open(booked))
    the_portal_says()
    a_minute_passes()
    assert states(booked) == {"confirmed"}
    assert payment_of(booked).state is PaymentState.PAID
    assert faults_of(event) == []


def test_what_a_bank_is_about_to_pay_stays_until_it_has(event: SchoolEvent, shop: Shop) -> None:
    booked = book(event)
    shop.open(booked)
    debits.wait_for_bank(as_system(), payment_of(booked))
    before = booking_of(booked)
    the_portal_says()
    assert booking_of(booked) == before


def test_the_message_again_changes_nothing(event: SchoolEvent) -> None:
    book(event)
    the_portal_says()
    before = everything()
    told()
    assert everything() == before


@pytest.mark.parametrize(("pupil_id", "left_on"), [("pupil-2", "2026-11-20"), ("pupil-1", "2027-07-20")])
def test_who_stays_for_now_keeps_what_is_held(event: SchoolEvent, pupil_id: str, left_on: str) -> None:
    """Of the other child nothing was said to the worker; of this one that it leaves in summer."""
    booked = book(event)
    the_portal_says(pupil_id, left_on)
    a_minute_passes()
    assert states(booked) == {"pending"}
