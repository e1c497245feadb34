"""My bookings say when and where an appointment is, to both parents of the child."""

import pytest
import time_machine

from school_events.bookings import cancelling
from tests.support.booked_world import as_parent, booking_of
from tests.support.contexts import NOW
from tests.support.evening_world import a_school_with_teachers, an_evening, book_slots
from tests.unit.functions.family.test_handler import ME, call


@pytest.mark.usefixtures("tables")
def test_my_bookings_say_when_and_where_an_appointment_is() -> None:
    a_school_with_teachers()
    event = an_evening()
    booked = book_slots(event, ("pupil-1", "teacher-1", "17:10"), ("pupil-2", "teacher-2", "17:30"))
    cancelling.cancel(as_parent(), booking_of(booked, 1))
    with time_machine.travel(NOW, tick=False):
        for person in ("contact-1", "contact-2"):
            first, second = call(f"GET {ME}/bookings", person=person)["items"]
            assert first["appointment"] == {
                "starts_at": "2026-12-03T17:10:00Z",
                "ends_at": "2026-12-03T17:20:00Z",
                "room": "Room of teacher-1",
                "video_link": None,
            }
            assert (first["session_id"], first["mine"]) == (None, person == "contact-1")
            assert (second["state"], second["appointment"]["starts_at"]) == ("cancelled", "2026-12-03T17:30:00Z")
            where = (second["appointment"]["room"], second["appointment"]["video_link"])
            assert where == (None, None), "another family may be there by now"
