"""The club under test, behind the acts that its life is made of; and the moment each life begins at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import override

from school_events.bookings import service
from school_events.bookings.capacity.service import follow
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.core.requests import Request
from school_events.events import club_sessions
from school_events.events import service as events
from school_events.events import store as event_store
from school_events.events.api import NewEvent
from school_events.events.session_api import ChangedSession, MeetingBody
from tests.support.booked_world import UNASKED
from tests.support.club_world import a_term, club
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.rewind import bookmark
from tests.support.shop import Shop
from tests.unit.bookings.life import world
from tests.unit.bookings.life.clubs.model import Club, Session, Wanted
from tests.unit.bookings.life.world import PRICE, Variant

FREE = Variant(2)
PAID = Variant(2, PRICE, frozenset({"pupil-2"}), policy=True)

CLOSES_AT = datetime(2026, 12, 9, 12, 0, tzinfo=UTC)
"""After the first session, on the day of the second; there is a third a week later."""

_POLICY = ((datetime(2026, 12, 2, tzinfo=UTC), 100), (datetime(2026, 12, 9, tzinfo=UTC), 50))
_STEPS = [{"until": "2026-12-01", "refund_percent": 100}, {"until": "2026-12-08", "refund_percent": 50}]

type Hours = tuple[str, str]

DAYS = ("2026-12-01", "2026-12-02", "2026-12-03", "2026-12-08", "2026-12-09", "2026-12-16", "2026-12-17")
A_HOLIDAY = "2026-12-21"
HOURS: tuple[Hours, ...] = (("08:00", "08:30"), ("15:30", "16:30"), ("16:00", "17:00"))


@dataclass(frozen=True)
class Start(world.Start):
    """The moment a life begins: a club nobody has heard of yet."""

    @override
    def model(self) -> Club:
        return Club(
            **vars(super().model())
            | {
                "closes_at": CLOSES_AT,
                "over_at": _at("2026-12-16", "16:30"),
                "policy": _POLICY if self.variant.policy else (),
                "sessions": [
                    session(f"session_00{number}", day, HOURS[1])
                    for number, day in enumerate(("2026-12-02", "2026-12-09", "2026-12-16"), 1)
                ],
            }
        )


def start(shop: Shop, variant: Variant) -> Start:
    """A school with five families, and the draft of a club."""
    world.a_school_with_five_families(variant)
    a_term()
    asked = club(capacity=variant.capacity, price=variant.price) | {
        "booking_window": {"opens_at": NOW.isoformat(), "closes_at": CLOSES_AT.isoformat()},
        "charging": world.REMISSION if variant.remitted else None,
        "cancellation": _STEPS if variant.policy else [],
    }
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(asked))
    return Start(shop, variant, made.id, bookmark(shop))


def session(session_id: str, day: str, hours: Hours) -> Session:
    """A session of the model; in winter, the school's clocks show UTC."""
    return Session(session_id, _at(day, hours[0]), _at(day, hours[1]))


def book(ctx: Context, contact: str, event_id: str, wanted: Sequence[Wanted], request: Request) -> Booked:
    """A household books children for sessions, or the school does for it."""
    wishes = [Wish(child, session_id=session_id) for child, session_id in wanted]
    return service.book(ctx, contact, event_id, wishes, request)


def add(event_id: str, day: str, hours: Hours, now: datetime, request: Request) -> ChangedSession:
    """The school adds a session."""
    return club_sessions.add(world.as_admin(now), request, event_id, _version(event_id), _meeting(day, hours), follow)


def move(event_id: str, session_id: str, day: str, hours: Hours, now: datetime) -> None:
    """The school moves a session."""
    body = _meeting(day, hours)
    club_sessions.move(world.as_admin(now), event_id, session_id, _version(event_id), body, follow)


def cancel(event_id: str, session_id: str, now: datetime) -> None:
    """The school cancels a session."""
    club_sessions.cancel(world.as_admin(now), event_id, session_id, _version(event_id), follow)


def _meeting(day: str, hours: Hours) -> MeetingBody:
    return MeetingBody.model_validate({"day": day, "starts_at": hours[0], "ends_at": hours[1]})


def _version(event_id: str) -> int:
    return event_store.find_event(SCHOOL, event_id).version


def _at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}:00Z")
