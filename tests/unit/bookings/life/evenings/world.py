"""The evenings under test: a school whose teachers have two at once, and how the product's slots read in the model."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from school_events.bookings import service, slot_places
from school_events.bookings.closing import close_booking
from school_events.bookings.model import PlaceState
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.requests import Request
from school_events.events import lifecycle
from school_events.events.evenings import rules
from school_events.events.evenings.api import SlotPlanBody
from school_events.events.evenings.model import Slot as PlannedSlot
from school_events.events.evenings.service import set_plan
from school_events.events.evenings.store import find_plan
from school_events.events.store import find_event
from tests.support.booked_world import as_parent
from tests.support.contexts import NOW, SCHOOL
from tests.support.evening_world import TEACHERS, a_school_with_teachers, an_evening
from tests.support.people import group_told, staff_told, tell
from tests.support.rewind import bookmark_tables
from tests.unit.bookings.life import world
from tests.unit.bookings.life.evenings.model import Day, Evening, Wanted
from tests.unit.bookings.life.evenings.plans import Crew, Desk, Key, Plan, Slot, grid

type Row = Mapping[str, Any]

STARTS_AT = datetime.fromisoformat("2026-12-03T17:00:00Z")
"""In winter, the school's clocks show UTC."""

CLOSES_AT = 45
"""Minutes after the beginning: whoever comes late may still book what is left."""

CHILDREN = ("pupil-1", "pupil-2", "pupil-3")
LINKS = [("contact-1", "pupil-1"), ("contact-1", "pupil-2"), ("contact-2", "pupil-1"), ("contact-2", "pupil-2")]
LINKS += [("contact-3", "pupil-3")]

OTHERS = ("teacher-5", "teacher-6")
"""Who is at the other evening: both teach History, with desks of their own or together."""

CLASSES: list[list[Sequence[str]]] = [[["teacher-1"], ["teacher-2"], ["teacher-3", "teacher-4"]], [OTHERS]]
CREWS: list[list[Crew]] = [[*((one,) for one in TEACHERS), TEACHERS[2:]], [*((one,) for one in OTHERS), OTHERS]]
"""Who could sit at a desk, of each evening."""

_MOST = ((3, TEACHERS), (None, OTHERS))
_AT_FIRST = [Plan(10, 0, most, tuple(Desk((one,), f"Room of {one}") for one in crew)) for most, crew in _MOST]


@dataclass(frozen=True)
class Start:
    """Two evenings of which all families know; ``rewind`` goes back to that moment."""

    event_ids: tuple[str, str]
    rewind: Callable[[], None]

    def model(self) -> Day:
        """What is so at that moment."""
        evenings = [Evening(plan, grid(plan, {})) for plan in _AT_FIRST]
        return Day(evenings, CLASSES, set(LINKS), minute_of(NOW), CLOSES_AT)


def start() -> Start:
    """Make both evenings."""
    a_school_with_teachers()
    tell(
        *(staff_told(teacher) for teacher in OTHERS),
        group_told("group-4", (*CHILDREN, "pupil-4"), OTHERS, subject="History"),
    )
    first, second = (an_evening(crew, most=most, closes="17:45") for most, crew in _MOST)
    return Start((first.id, second.id), bookmark_tables())


def minute_of(moment: datetime) -> int:
    """How many minutes after the beginning a moment is."""
    return (moment - STARTS_AT) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    """The moment so many minutes after the beginning."""
    return STARTS_AT + timedelta(minutes=minute)


def set_a_plan(event_id: str, plan: Plan, now: datetime) -> None:
    """The school plans an evening anew, of whatever version it is."""
    body = SlotPlanBody.model_validate(
        {
            "appointment_minutes": plan.minutes,
            "buffer_minutes": plan.buffer,
            "most_per_family": plan.most,
            "desks": [
                {
                    "staff_ids": list(desk.crew),
                    "room": desk.room,
                    "available": [{"starts_at": _clock(desk.hours[0]), "ends_at": _clock(desk.hours[1])}],
                }
                for desk in plan.desks
            ],
        }
    )
    set_plan(world.as_admin(now), event_id, find_event(SCHOOL, event_id).version, body, slot_places.arrange)


def book(event_id: str, contact: int, asked: Sequence[Wanted], now: datetime, request: Request) -> Booked:
    """A family books all that it asks for, or nothing."""
    wishes = [Wish(one.child, slot=_number(event_id, one.key)) for one in asked]
    return service.book(as_parent(contact, now), f"contact-{contact}", event_id, wishes, request)


def close(event_id: str, now: datetime) -> None:
    """Booking ends."""
    lifecycle.close(world.as_admin(now), event_id, close_booking)


def slots_of(event_id: str, found: Iterable[Row]) -> dict[Key, Slot]:
    """The slots of an evening, as the rows of the Bookings table have them."""
    there = [row for row in found if row["kind"]["S"] == "place" and row["event_id"]["S"] == event_id]
    slots = {}
    for row in there:
        if row["state"]["S"] != PlaceState.RETIRED.value:
            at = PlannedSlot.model_validate_json(row["slot"]["S"])
            minutes = (at.ends_at - at.starts_at) // timedelta(minutes=1)
            booking_id = row["booking_id"]["S"] if "booking_id" in row else None
            kept = Slot(minutes, at.room or "", booking_id, row["bookable"]["BOOL"])
            slots[at.staff_ids, minute_of(at.starts_at)] = kept
    return slots


def _number(event_id: str, key: Key) -> int:
    """The number of a slot, whether there is one or not; who never had a desk would have the next."""
    planned = find_plan(SCHOOL, event_id)
    assert planned is not None
    crew, minute = key
    desk = planned.crews.index(crew) if crew in planned.crews else len(planned.crews)
    first, _ = rules.slots_of_desk(desk + 1)
    return first + 17 * 60 + minute


def _clock(minute: int) -> str:
    return f"{moment_of(minute):%H:%M}"
