"""The form under test: a trip that asks for consent, changed by the school, answered by both parents of a child."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from school_events.bookings import cancelling, service, store
from school_events.bookings.answering import service as answering
from school_events.bookings.answering.api import ConsentsView, NewAnswers
from school_events.bookings.answering.reading import consents_of
from school_events.bookings.answers import Filled
from school_events.bookings.capacity.service import follow
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.core.requests import Request
from school_events.events import service as events
from school_events.events.api import EventChanges
from school_events.events.store import find_event
from tests.support.booked_world import a_school_with_families, an_event
from tests.support.contexts import NOW, SCHOOL
from tests.support.rewind import bookmark_tables
from tests.unit.bookings.life import world
from tests.unit.bookings.life.consents.model import Answers, Consent, Form, Given

LINKS = [("contact-1", "pupil-1"), ("contact-2", "pupil-1"), ("contact-1", "pupil-2"), ("contact-2", "pupil-2")]
LINKS += [("contact-3", "pupil-3")]
WORDS = ("I agree.", "I agree!", "I agree to all of it.")
AT_FIRST: Mapping[str, Consent] = {
    "goes": Consent(WORDS[0], required=True),
    "photos": Consent(WORDS[0], required=False),
}
_LUNCH = {"id": "lunch", "kind": "choice", "prompt": "Lunch?", "required": True, "choices": ["packed", "school"]}


@dataclass(frozen=True)
class Start:
    """A trip whose form asks for two consents; ``rewind`` goes back to that moment."""

    event_id: str
    rewind: Callable[[], None]

    def model(self) -> Answers:
        """What is so at that moment."""
        return Answers(Form(AT_FIRST), set(LINKS))


def start() -> Start:
    """Make it."""
    a_school_with_families()
    return Start(an_event(price=0, capacity=8, questions=_questions(AT_FIRST)).id, bookmark_tables())


def ask(event_id: str, consents: Mapping[str, Consent], description: str, *, again: bool) -> None:
    """The school changes the form, or what the trip is about."""
    changes = {"form": {"questions": _questions(consents)}, "description": description, "ask_consent_again": again}
    version = find_event(SCHOOL, event_id).version
    events.change(world.as_admin(NOW), event_id, version, EventChanges.model_validate(changes), follow)


def book(ctx: Context, contact: str, event_id: str, child: str, filled: Filled, request: Request) -> str:
    """A parent books, or the school does for one; the booking's id."""
    return service.book(ctx, contact, event_id, [Wish(child, filled)], request).booking_ids[0]


def answer(ctx: Context, booking_id: str, given: Given, version: int, request: Request) -> None:
    """A parent answers anew."""
    asked = NewAnswers(form_version=version, answers=dict(given))
    answering.answer(ctx, booking_id, store.find_booking(SCHOOL, booking_id).version, asked, request)


def cancel(booking_id: str) -> None:
    """The school ends a booking."""
    cancelling.cancel(world.as_admin(NOW), store.find_booking(SCHOOL, booking_id))


def consents(ctx: Context, booking_id: str) -> ConsentsView:
    """What is kept of what parents said."""
    return consents_of(ctx, store.find_booking(SCHOOL, booking_id))


def _questions(consents: Mapping[str, Consent]) -> list[dict[str, Any]]:
    asked = [
        {"id": name, "kind": "consent", "prompt": one.words, "required": one.required} for name, one in consents.items()
    ]
    return [*asked, _LUNCH]
