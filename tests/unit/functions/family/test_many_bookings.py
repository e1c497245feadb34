"""A family that has booked single sessions for years sees all of them, at a refresh too."""

from datetime import timedelta

import pytest
import time_machine

from school_events.bookings import store
from school_events.bookings.model import BookingState
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from tests.contract.things import a_booking, a_change
from tests.support.booked_world import a_school_with_families
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.unit.functions.family.test_handler import ME, call

MANY = 101
"""More than one read of DynamoDB takes."""


def _book(ctx: Context, number: int, booked_by: str) -> None:
    changes = {"state": BookingState.CONFIRMED, "hold_until": None, "created_at": NOW - timedelta(days=number)}
    booked = a_booking(f"booking_{number:03}", "pupil-1", f"event_{number}").model_copy(
        update=changes | {"booked_by": booked_by}
    )
    transaction = Transaction(ctx)
    store.create(transaction, SCHOOL, booked, a_change())
    transaction.commit()


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("by", ["contact-1", "forgotten_{}"], ids=["by themselves", "by who is forgotten"])
def test_more_live_bookings_than_one_read_takes_are_all_shown(by: str) -> None:
    """Who is forgotten has an id of its own in each of them."""
    a_school_with_families()
    for number in range(MANY):
        _book(a_context(), number, by.format(number))
    with time_machine.travel(NOW, tick=False):
        mine = call(f"GET {ME}/bookings")["items"]
        refreshed = call(f"GET {ME}/sync")["changes"]
        invited = call(f"GET {ME}/invitations")["items"]
    assert len(mine) == MANY
    assert sum(one["thing"] == "booking" for one in refreshed) == MANY
    assert invited == []
