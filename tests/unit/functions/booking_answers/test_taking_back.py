"""Taking consents back: at any time, and seen for as long as what was taken back is asked for (D3, Art. 7(3))."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from school_events.bookings.answers import is_consent_withdrawn
from school_events.bookings.consents import rules
from school_events.bookings.store import find_booking
from school_events.events import lifecycle
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, close
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import link_told, tell
from tests.support.tables import everything
from tests.unit.functions.booking_answers.asking import (
    ADMIN,
    CONSENTS,
    FATHER,
    FILLED,
    GOES,
    LUNCH,
    MOTHER,
    PHOTOS,
    a_trip,
    answered,
    ask,
    booked,
    changed,
)

pytestmark = pytest.mark.usefixtures("tables")

HOW = {
    "id": "how",
    "kind": "choice",
    "prompt": "How does it come?",
    "required": True,
    "choices": ["bus", "car"],
}
BUS = {
    "id": "bus",
    "kind": "consent",
    "prompt": "My child may go by bus.",
    "required": True,
    "shown_if": {"question_id": "how", "answers": ["bus"]},
}
AGREED = {"goes": "yes", "photos": "yes", "lunch": "packed"}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield


def _is_over(event: SchoolEvent) -> Any:
    """It has taken place, a month ago."""
    close(event)
    later = NOW + timedelta(days=40)
    lifecycle.complete(a_context(now=later), event.id)
    return time_machine.travel(later, tick=False)


def _seen(booking_id: str) -> tuple[bool, list[str]]:
    """Whether the school sees a consent withdrawn, and how each parent stands."""
    _, body = ask(CONSENTS, ADMIN, booking_id=booking_id)
    return body["consent_withdrawn"], [one["state"] for one in body["contacts"]]


@pytest.mark.parametrize("caller", [MOTHER, FATHER])
def test_after_the_event_a_consent_can_still_be_taken_back_by_either_parent(caller: Mapping[str, Any]) -> None:
    event = a_trip()
    booking_id = booked(event, {**FILLED, "photos": "yes"})
    answered(event, booking_id, FATHER, {"photos": "yes"})
    given = find_booking(SCHOOL, booking_id).answers
    with _is_over(event):
        status, body = answered(event, booking_id, caller, {"photos": "no"})
        assert (status, body["consent_withdrawn"]) == (200, True)
        assert _seen(booking_id)[0] is True
    assert find_booking(SCHOOL, booking_id).answers == given, "all else is as it was answered"


def test_a_parent_is_told_whether_all_of_the_form_is_theirs_to_answer() -> None:
    def told(*callers: Mapping[str, Any]) -> list[bool | None]:
        return [ask(CONSENTS, one, booking_id=booking_id)[1]["answers_all"] for one in callers]

    event = a_trip(GOES, PHOTOS, LUNCH)
    booking_id = booked(event, AGREED)
    assert told(MOTHER, FATHER, ADMIN) == [True, False, None]
    tell(link_told("contact-1", restricted=True, version=2))
    assert told(FATHER) == [True]
    with _is_over(event):
        assert told(FATHER) == [False]


def test_after_the_event_nothing_else_is_answered_least_of_all_about_health() -> None:
    event = a_trip()
    booking_id = booked(event)
    with _is_over(event):
        before = everything()
        status, problem = answered(event, booking_id, answers={"photos": "no", "ill": "no"}, tag='"1"')
        assert (status, [one["field"] for one in problem["errors"]]) == (422, ["answers.ill"])
        assert {**everything(), "Audit": ()} == {**before, "Audit": ()}


def test_who_does_not_need_a_consent_any_more_withholds_nothing() -> None:
    event = a_trip(HOW, BUS)
    booking_id = booked(event, {"how": "bus", "bus": "yes"})
    assert answered(event, booking_id, answers={"how": "bus", "bus": "no"})[1]["consent_withdrawn"] is True
    assert answered(event, booking_id, answers={"how": "car"})[1]["consent_withdrawn"] is False
    assert _seen(booking_id) == (False, ["unanswered"])
    assert answered(event, booking_id, FATHER, {"bus": "no"})[1]["consent_withdrawn"] is True, "who knows no answers"
    assert _seen(booking_id) == (True, ["unanswered", "withheld"])


def test_what_is_not_asked_for_any_more_is_not_withheld_and_is_again_once_it_is() -> None:
    event = a_trip(GOES, PHOTOS, LUNCH)
    booking_id = booked(event, AGREED)
    answered(event, booking_id, answers={**AGREED, "photos": "no"})
    assert _seen(booking_id) == (True, ["withheld"])
    changed(event, {"form": {"questions": [GOES, LUNCH]}})
    assert _seen(booking_id) == (False, ["answered"])
    changed(event, {"form": {"questions": [GOES, PHOTOS, LUNCH]}})
    assert _seen(booking_id) == (True, ["withheld"])


def test_what_was_withheld_before_it_was_noted_which_stays_so() -> None:
    event = a_trip(GOES, PHOTOS, LUNCH)
    booking_id = booked(event, AGREED)
    answered(event, booking_id, answers={**AGREED, "goes": "no"})
    kept = find_booking(SCHOOL, booking_id)
    assert kept.withheld == ("goes",)
    assert is_consent_withdrawn(kept.model_copy(update={"withheld": ()}), event.form) is True


def test_a_consent_given_and_taken_back_very_often_cannot_be_given_again_and_always_be_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "MOST_RECEIPTS", 3)
    event = a_trip(GOES, PHOTOS, LUNCH)
    booking_id = booked(event, AGREED)
    said = ["no", "yes", "no", "yes"]
    assert [answered(event, booking_id, answers={**AGREED, "photos": one})[0] for one in said] == [200, 200, 200, 409]
    assert answered(event, booking_id, answers={**AGREED, "goes": "no", "photos": "no"})[0] == 200
    assert answered(event, booking_id, FATHER, {"goes": "yes"})[0] == 200, "it is each parent's own"
    assert _seen(booking_id) == (True, ["withheld", "answered"])
    changed(event, {"location": "Paris"})
    assert answered(event, booking_id, answers={**AGREED, "goes": "no", "photos": "no"})[0] == 200


def test_who_may_not_see_the_child_any_more_withholds_nothing_once_somebody_answers_anew() -> None:
    event = a_trip(GOES, PHOTOS, LUNCH)
    booking_id = booked(event, AGREED)
    assert answered(event, booking_id, FATHER, {"goes": "no"})[1]["consent_withdrawn"] is True
    assert answered(event, booking_id, answers=AGREED)[1]["consent_withdrawn"] is True
    tell(link_told("contact-2", restricted=True, version=2))
    assert _seen(booking_id) == (True, ["answered", "withheld"])
    assert answered(event, booking_id, answers=AGREED)[1]["consent_withdrawn"] is False
    assert _seen(booking_id) == (False, ["answered", "withheld"]), "what was said is kept"
