"""One request to give a place up, sent twice: whenever the second comes, it has the answer of the first (D6)."""

import pytest

from school_events.bookings import cancelling
from school_events.bookings.cancelling import Asked
from school_events.bookings.model import BookingState
from school_events.core.errors import WrongState
from tests.support.booked_world import a_school_with_families, an_event, as_parent, book, booking_of, keyed
from tests.support.people import link_told, tell
from tests.unit.bookings.paying import once_before

pytestmark = pytest.mark.usefixtures("tables")

ASKED = Asked(request=keyed("key-1", "cancel"))


def test_a_request_that_is_overtaken_by_itself_has_its_answer_and_another_is_told_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_school_with_families()
    booking = booking_of(book(an_event(price=0)))
    once_before(monkeypatch, cancelling, "_cancel", lambda: cancelling.cancel(as_parent(), booking, ASKED))
    assert cancelling.cancel(as_parent(), booking, ASKED).state is BookingState.CANCELLED
    other = booking_of(book(an_event(price=0)))
    once_before(monkeypatch, cancelling, "_cancel", lambda: cancelling.cancel(as_parent(), other))
    with pytest.raises(WrongState):
        cancelling.cancel(as_parent(), other, Asked(request=keyed("key-2", "cancel")))


def test_the_other_parent_to_whom_a_place_was_left_may_send_the_request_again() -> None:
    a_school_with_families()
    booked = book(an_event(price=0))
    tell(link_told("contact-1", "pupil-1", version=2, restricted=True))
    for _ in range(2):
        cancelling.require_may_cancel(as_parent(2), booking_of(booked))
        assert cancelling.cancel(as_parent(2), booking_of(booked), ASKED).state is BookingState.CANCELLED
