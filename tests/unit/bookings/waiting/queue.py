"""Families who wait, for these tests: what they do, and how the list stands."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from school_events.bookings import chores, places
from school_events.bookings import store as bookings
from school_events.bookings.closing import close_booking
from school_events.bookings.rules import TERM
from school_events.bookings.service import Booked
from school_events.bookings.waiting import accepting, service, store
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.bookings.waiting.rules import in_order
from school_events.bookings.ways import Wish
from school_events.core import due
from school_events.core.requests import Request
from school_events.events import lifecycle
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from tests.support.booked_world import UNASKED, as_parent, as_system
from tests.support.contexts import NOW, SCHOOL, a_context

HOUR = timedelta(hours=1)


def wait_for(
    event: SchoolEvent,
    *pupils: str,
    parent: int,
    now: datetime = NOW,
    together: bool = False,
    asked: Request = UNASKED,
) -> list[str]:
    """The names of the turns that a parent takes for children."""
    wishes = [Wish(pupil_id) for pupil_id in pupils]
    ctx = as_parent(parent, now)
    return service.join(ctx, f"contact-{parent}", event.id, wishes, together=together, request=asked).waiting_ids


def turn(ref: str) -> WaitingEntry:
    """A turn as it is now."""
    return store.find_entry(SCHOOL, ref)


def state(ref: str) -> WaitingState:
    """How a turn stands."""
    return turn(ref).state


def accept(ref: str, *, parent: int, now: datetime = NOW, asked: Request = UNASKED) -> Booked:
    """A parent accepts what is offered to a turn, for all of its children."""
    wishes = [Wish(pupil_id) for pupil_id in turn(ref).pupil_ids]
    return accepting.accept(as_parent(parent, now), f"contact-{parent}", ref, wishes, asked)


def housekeeping(now: datetime) -> None:
    """A minute of housekeeping, as far as places and turns go."""
    chores.shut_gates(now, lambda _: as_system(now), lambda: True)
    chores.move_returned_places_on(now, lambda _: as_system(now), lambda: True)
    chores.look_after_turns(now, lambda _: as_system(now), lambda: True)
    chores.call_events_off(now, lambda _: as_system(now), lambda: True)
    chores.let_due_holds_go(now, lambda _: as_system(now), lambda: True)


def skip_to(now: datetime) -> None:
    """Nothing has been due for a day up to an hour or two ago: housekeeping need not look there."""
    for kind in (events.CLOSE_PLACES, events.CALL_OFF, places.RETURNED, store.TURN, bookings.HOLD):
        due.WatermarkItem(f"DUE#{kind}", "WATERMARK", hour=due.HOURLY.first(now) - 2 * HOUR).save()


def live(event: SchoolEvent, pool: str = TERM) -> list[str]:
    """The names of the turns that are not over, in order."""
    return [one.ref for one in in_order(item.record for item in store.live_items(SCHOOL, event.id, pool))]


def states(refs: Iterable[str]) -> list[str]:
    """How turns stand."""
    return [state(ref).value for ref in refs]


def close(event: SchoolEvent, now: datetime = NOW) -> None:
    """The school ends booking."""
    lifecycle.close(a_context(now=now), event.id, close_booking)
