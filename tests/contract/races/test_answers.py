"""Both parents answer at once, and one answers many times at once: no word is lost or half written."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from school_events.bookings.answering import service
from school_events.bookings.answering.api import Answered, NewAnswers
from school_events.bookings.answers import Filled
from school_events.bookings.consents import store as consents
from school_events.bookings.health import service as health
from school_events.bookings.health import store as health_store
from school_events.bookings.service import book
from school_events.bookings.store import find_booking
from school_events.bookings.ways import Wish
from school_events.core.context import Actor, Context
from school_events.core.errors import StaleVersion
from school_events.core.requests import request
from school_events.events.model import SchoolEvent
from tests.support import booked_world
from tests.support.at_once import at_once
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import contact_told, link_told, tell

pytestmark = pytest.mark.usefixtures("tables")

QUESTIONS = [
    {"id": "goes", "kind": "consent", "prompt": "My child goes.", "required": True},
    {"id": "ill", "kind": "text", "prompt": "Ill?", "required": False, "sensitive": "medical"},
]


def _as(contact_id: str) -> Context:
    actor = Actor("contact", contact_id)
    return a_context(actor=actor, now=NOW, deadline=datetime.now(UTC) + timedelta(seconds=60))


def _a_booking() -> tuple[SchoolEvent, str]:
    event = booked_world.an_event(price=0, capacity=1, questions=QUESTIONS, invited=["child-1"])
    tell(contact_told("father-1"), link_told("father-1", "child-1"))
    wish = Wish("child-1", Filled({"goes": "yes", "ill": "first"}, 1))
    made = book(_as("parent-1"), "parent-1", event.id, [wish], booked_world.UNASKED)
    return event, made.booking_ids[0]


def _answers(
    contact_id: str, booking_id: str, version: int, key: str | None = None, **given: str
) -> Callable[[], Answered]:
    asked = NewAnswers.model_validate({"form_version": 1, "answers": given})
    return partial(
        service.answer, _as(contact_id), booking_id, version, asked, request(key, f"PUT {contact_id}", asked)
    )


@pytest.mark.parametrize("_turn", range(5))
def test_of_both_parents_at_once_one_is_told_to_look_again_and_both_words_stand_in_the_end(_turn: int) -> None:
    _, booking_id = _a_booking()
    mother = partial(_answers, "parent-1", booking_id, goes="yes", ill="second")
    father = partial(_answers, "father-1", booking_id, goes="no")
    outcomes = at_once([mother(version=1), father(version=1)])
    assert [one for one in outcomes if not isinstance(one, Answered)] == [StaleVersion]
    late = mother if outcomes[0] is StaleVersion else father
    assert late(version=find_booking(SCHOOL, booking_id).version)().consent_withdrawn is True
    words = [(one.contact_id, one.consents[0].given) for one in consents.receipts_of(SCHOOL, booking_id)]
    assert ("father-1", False) in words
    assert words.count(("father-1", False)) == 1
    kept = health_store.find_answers(SCHOOL, [booking_id])[booking_id]
    assert health.opened(_as("parent-1"), booking_id, kept) == {"ill": "second"}


@pytest.mark.parametrize("_turn", range(3))
def test_the_same_answer_sent_eight_times_at_once_is_one(_turn: int) -> None:
    _, booking_id = _a_booking()
    send = _answers("parent-1", booking_id, 1, f"key-{booking_id}", goes="no", ill="second")
    outcomes = [one for one in at_once([send] * 8) if isinstance(one, Answered)]
    assert len({one.version for one in outcomes}) == 1
    assert send().version == outcomes[0].version
    assert find_booking(SCHOOL, booking_id).version == 2
    assert len(consents.receipts_of(SCHOOL, booking_id)) == 2
