"""What one parent does, the other's app shows at its next refresh: they may both act for the child (C2, F3)."""

import pytest

from school_events.bookings import allocating, cancelling
from school_events.bookings.rules import TERM
from school_events.bookings.waiting import service
from school_events.events.model import SchoolEvent
from tests.support.booked_world import (
    a_school_with_families,
    an_event,
    as_parent,
    as_system,
    book,
    booking_of,
)
from tests.support.people import link_removed, tell
from tests.unit.bookings.waiting.queue import accept, wait_for
from tests.unit.functions.family.test_sync import App, clocks, deliver_everything

__all__ = ["clocks"]

pytestmark = pytest.mark.usefixtures("tables", "clocks")


@pytest.fixture
def event(tables: None) -> SchoolEvent:
    """A trip with one place, which costs nothing and is taken."""
    a_school_with_families()
    return an_event(price=0, capacity=1)


def _is_up_to_date(app: App) -> bool:
    """Whether an app that was told of changes shows what one that starts over is given, but for the inbox."""
    app.refresh()
    fresh = App(app.person)
    fresh.refresh()
    known, now = ({key: one for key, one in each.things.items() if key[0] != "inbox_entry"} for each in (app, fresh))
    # A turn that is over is shown for a day, and is none of what there is.
    over = {key for key, one in known.items() if key[0] == "waiting" and one["state"] not in {"waiting", "offered"}}
    return {key: one for key, one in known.items() if key not in over} == now


def test_a_turn_of_one_parent_is_in_the_app_of_the_other_however_it_goes(event: SchoolEvent) -> None:
    booked = book(event, "pupil-3", parent=3)
    father = App("contact-2")
    father.refresh()
    (ref,) = wait_for(event, "pupil-1", parent=1)
    deliver_everything()
    assert _is_up_to_date(father)
    assert father.state_of("waiting") == ["waiting"]
    cancelling.cancel(as_parent(3), booking_of(booked))
    allocating.settle(as_system(), event.id, TERM)
    deliver_everything()
    assert _is_up_to_date(father)
    assert father.state_of("waiting") == ["offered"]
    accept(ref, parent=1)
    deliver_everything()
    assert _is_up_to_date(father)
    assert father.state_of("waiting") == ["accepted"]


def test_who_answers_for_the_other_parent_reads_their_own_write(event: SchoolEvent) -> None:
    booked = book(event, "pupil-3", parent=3)
    (ref,) = wait_for(event, "pupil-1", parent=1)
    (other,) = wait_for(event, "pupil-2", parent=1)
    cancelling.cancel(as_parent(3), booking_of(booked))
    allocating.settle(as_system(), event.id, TERM)
    deliver_everything()
    father = App("contact-2")
    father.refresh()
    mine = booking_of(accept(ref, parent=2))
    assert _is_up_to_date(father)
    tell(link_removed("contact-1", "pupil-2"))
    service.leave(as_parent(2), other)
    assert _is_up_to_date(father)
    assert sorted(father.state_of("waiting")) == ["accepted", "left"]
    cancelling.cancel(as_parent(2), mine)
    assert _is_up_to_date(father)


def test_a_place_that_was_left_to_a_parent_is_given_up_in_their_very_next_refresh(event: SchoolEvent) -> None:
    booking = booking_of(book(event))
    deliver_everything()
    father = App("contact-2")
    father.refresh()
    tell(link_removed())
    cancelling.cancel(as_parent(2), booking)
    father.refresh()
    assert father.state_of("booking") == ["cancelled"]


def test_a_place_that_one_parent_holds_is_in_the_app_of_the_other(event: SchoolEvent) -> None:
    costs = an_event(capacity=1)
    father = App("contact-2")
    father.refresh()
    held = booking_of(book(costs))
    deliver_everything()
    assert _is_up_to_date(father)
    assert father.state_of("booking") == ["pending"]
    cancelling.cancel(as_parent(), held)
    deliver_everything()
    assert _is_up_to_date(father)
