"""The register under test: a club that a lead and an administrator mark, each on a device that may be offline."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from school_events.bookings import cancelling, places, service, store
from school_events.bookings.capacity.service import follow
from school_events.bookings.registers import reading
from school_events.bookings.registers import service as registers
from school_events.bookings.registers.api import ExpectedChild, MarkBody, RegisterMarks
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.events import club_sessions, lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.session_api import MeetingBody
from school_events.events.staffing.api import AllocationBody
from school_events.events.staffing.service import allocate
from school_events.events.store import find_event
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.support.booked_world import ALL_PUPILS, UNASKED, as_parent
from tests.support.club_world import FIRST, a_school_with_clubs, club
from tests.support.contexts import ADMIN, SCHOOL, TEACHER, a_context
from tests.support.rewind import bookmark_tables
from tests.unit.bookings.life import world
from tests.unit.bookings.life.registers.model import Register, Said

PARENT_OF = {"pupil-1": 1, "pupil-2": 2, "pupil-3": 3}
LINKS = [("contact-1", "pupil-1"), ("contact-2", "pupil-1"), ("contact-1", "pupil-2"), ("contact-2", "pupil-2")]
LINKS += [("contact-3", "pupil-3")]
DAY = "2026-12-02"
HOURS = (("15:30", "16:30"), ("20:30", "21:30"))
"""In winter, the school's clocks show UTC."""

BEGINS_AT = datetime(2026, 12, 2, 11, 20, tzinfo=UTC)
"""Ten minutes before the register opens."""


@dataclass(frozen=True)
class Start:
    """A club on whose first day a life begins; ``rewind`` goes back to that moment."""

    event_id: str
    rewind: Callable[[], None]

    def model(self) -> Register:
        """What is so at that moment."""
        return Register(at(HOURS[0][0]), at(HOURS[0][1]), set(LINKS), BEGINS_AT)


def start() -> Start:
    """A club that all children are invited to."""
    a_school_with_clubs()
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(club(capacity=4, places="series")))
    allocate(a_context(), made.id, made.version, [AllocationBody(staff_id=TEACHER.id, role="lead")])
    lifecycle.publish(a_context(), made.id, places.make_places)
    invitations.invite(a_context(), UNASKED, made.id, Audience.model_validate({"pupils": ALL_PUPILS}))
    return Start(made.id, bookmark_tables())


def at(clock: str) -> datetime:
    """A time of the day."""
    return datetime.fromisoformat(f"{DAY}T{clock}:00Z")


def as_staff(staff_id: str, now: datetime) -> Context:
    """A moment of who marks."""
    return a_context(actor=next(one for one in (ADMIN, TEACHER) if one.id == staff_id), now=now)


def send(event_id: str, by: str, batch: Sequence[Said], now: datetime) -> list[str]:
    """A device sends marks; says what became of each."""
    marks = [
        MarkBody.model_validate(
            {
                "id": one.id,
                "pupil_id": one.child,
                "state": one.state,
                "at": one.at.isoformat(),
                "collected_by": one.collected_by,
                "replaces": one.replaces,
            }
        )
        for one in batch
    ]
    answer = registers.mark(as_staff(by, now), event_id, FIRST, RegisterMarks(marks=marks))
    return [one.outcome for one in answer.results]


def book(event_id: str, child: str, now: datetime) -> str:
    """A family books the club; the booking's id."""
    number = PARENT_OF[child]
    booked = service.book(as_parent(number, now), f"contact-{number}", event_id, [Wish(child)], UNASKED)
    return booked.booking_ids[0]


def cancel(booking_id: str, now: datetime) -> None:
    """The school ends a booking."""
    cancelling.cancel(world.as_admin(now), store.find_booking(SCHOOL, booking_id))


def move(event_id: str, hours: tuple[str, str], now: datetime) -> None:
    """The school moves the session on its day."""
    body = MeetingBody.model_validate({"day": DAY, "starts_at": hours[0], "ends_at": hours[1]})
    version = find_event(SCHOOL, event_id).version
    club_sessions.move(world.as_admin(now), event_id, FIRST, version, body, follow)


def register(event_id: str, now: datetime) -> tuple[list[ExpectedChild], list[ExpectedChild]]:
    """Who is expected, and who was and is not any more."""
    seen = reading.register(world.as_admin(now), event_id, FIRST)
    return seen.expected, seen.no_longer_expected
