"""Events to test with."""

from datetime import UTC, date, datetime

from school_events.core.money import pounds
from school_events.events.model import BookingWindow, EventDetails, EventStatus, SchoolEvent


def a_trip(status: EventStatus = "draft", event_id: str = "event_1", **others: object) -> SchoolEvent:
    """A day out on 4 December 2026, thirty places at £12.50."""
    details = EventDetails.model_validate(
        {
            "id": event_id,
            "kind": "trip",
            "title": "Science Museum",
            "description": "A day at the Science Museum.",
            "location": "Exhibition Road, London",
            "starts_on": date(2026, 12, 4),
            "ends_on": date(2026, 12, 4),
            "time_zone": "Europe/London",
            "capacity": 30,
            "minimum": 0,
            "price": pounds(1250),
            "window": BookingWindow(
                opens_at=datetime(2026, 11, 20, tzinfo=UTC), closes_at=datetime(2026, 12, 1, tzinfo=UTC)
            ),
            "created_at": datetime(2026, 11, 20, tzinfo=UTC),
        }
        | others
    )
    return SchoolEvent.of(details, status, 1)
