"""When and where the appointments are that bookings are for: read from their places."""

from collections.abc import Iterable
from itertools import batched

from school_events.bookings.model import Booking
from school_events.bookings.places import place_key
from school_events.bookings.rules import SLOTS
from school_events.core.context import Context
from school_events.core.dynamodb import get_many
from school_events.events.evenings.model import Slot

_MOST_KEYS = 100


def slots_of(ctx: Context, bookings: Iterable[Booking]) -> dict[str, Slot]:
    """The slots that bookings are for, by booking, read strongly; what is no appointment is left out."""
    slots: dict[str, Slot] = {}
    appointments = (one for one in bookings if one.place.pool == SLOTS)
    for some in batched(appointments, _MOST_KEYS, strict=False):
        keys = {one.id: place_key(ctx.school_id, one.place) for one in some}
        found = get_many(keys.values())
        items = {booking_id: found.get(key) for booking_id, key in keys.items()}
        slots |= {booking_id: item.slot for booking_id, item in items.items() if item is not None}
    return slots
