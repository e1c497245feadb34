"""Forms of events through the routes: from templates, changed later, consent asked again, words kept (D3)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler as bookings
from functions.family.handler import lambda_handler as family
from functions.form_templates.handler import lambda_handler as form_templates
from functions.invitations.handler import lambda_handler as invitations
from functions.registers.handler import lambda_handler as registers
from school_events.bookings.capacity.service import follow
from school_events.core.change import stamp
from school_events.events import service, store
from school_events.events.api import EventChanges
from school_events.events.forms import store as forms
from school_events.events.forms.model import FormTemplate
from tests.support import crashes
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.tables import everything
from tests.unit.functions.events.asking import (
    EVENT,
    EVENTS,
    TRIP,
    a_school_with_a_calendar,
    as_parent,
    call,
    made,
    published,
    version_of,
)

SCHOOL_PATH = "/v1/schools/{school_id}"
GOES = {"id": "consent", "kind": "consent", "prompt": "I agree that my child goes.", "required": True}
SWIMS = GOES | {"prompt": "I agree that my child goes, and swims."}
NOTE = {"id": "note", "kind": "text", "prompt": "Anything else?", "required": False}
ALLERGIES = {"id": "allergies", "kind": "text", "prompt": "Allergies?", "required": False, "sensitive": "medical"}
FREE = TRIP | {"price": {"amount": 0}}
PARENT: Mapping[str, Any] = {"roles": ("parent",), "person": "contact-1"}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW, tick=False):
        yield


def asks(*questions: dict[str, Any]) -> dict[str, Any]:
    """A form of these questions."""
    return {"form": {"questions": list(questions)}}


def a_template(*questions: dict[str, Any]) -> str:
    """A template's id."""
    body = {"name": "Museum", "questions": list(questions)}
    answer = form_templates(http_event(f"POST {SCHOOL_PATH}/form-templates", None, body), LambdaContext())
    return str(json_of(answer)["id"])


def changed(event_id: str, body: dict[str, Any], status: int = 200) -> Any:
    """What changing an event answers."""
    answer = call(f"PATCH {EVENT}", event_id, body, headers=version_of(event_id))
    assert answer["statusCode"] == status, answer["body"]
    return json_of(answer)


def form_of(event_id: str) -> Any:
    """An event's form, as its school reads it."""
    return json_of(call(f"GET {EVENT}", event_id))["form"]


def fields(problem: Any) -> list[str]:
    """Which fields an answer blames."""
    return [error["field"] for error in problem["errors"]]


def booked(event_id: str, version: int = 1) -> Any:
    """What booking answers the mother, who agrees to what a version of the form says."""
    asked = {"audience": {"pupils": ["pupil-1"]}}
    invitations(http_event(f"POST {EVENT}/invitations", {"event_id": event_id}, asked), LambdaContext())
    item = {"pupil_id": "pupil-1", "answers": {"consent": "yes"}, "form_version": version}
    body = {"event_id": event_id, "items": [item]}
    return json_of(bookings(http_event(f"POST {SCHOOL_PATH}/bookings", None, body, **PARENT), LambdaContext()))


def booking(booked: Any, **caller: Any) -> Any:
    """A booking as its caller reads it; the mother unless told."""
    path = {"booking_id": booked["booking_ids"][0]}
    event = http_event(f"GET {SCHOOL_PATH}/bookings/{{booking_id}}", path, **(caller or PARENT))
    return json_of(bookings(event, LambdaContext()))


def test_a_form_from_a_template_says_which_version_and_does_not_change_with_it() -> None:
    template = a_template(GOES, NOTE)
    event_id = made(TRIP | {"form": {"template_id": template}})
    body = {"name": "Museum", "questions": [SWIMS]}
    put = http_event(
        f"PUT {SCHOOL_PATH}/form-templates/{{template_id}}",
        {"template_id": template},
        body,
        headers={"If-Match": '"1"'},
    )
    assert form_templates(put, LambdaContext())["statusCode"] == 200
    form = form_of(event_id)
    assert [one["prompt"] for one in form["questions"]] == [GOES["prompt"], NOTE["prompt"]]
    assert form["template"] == {"id": template, "version": 1}
    assert changed(event_id, {"form": {"template_id": template}})["form"]["template"] == {"id": template, "version": 2}
    assert changed(event_id, asks(GOES))["form"]["template"] is None


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"template_id": "template_none"}, "form.template_id"),
        ({"template_id": "template_none", "questions": [NOTE]}, "form.questions"),
        ({}, "form.questions"),
        ({"questions": [NOTE, NOTE]}, "form.questions.1.id"),
        (
            {"questions": [NOTE | {"shown_if": {"question_id": "consent", "answers": ["yes"]}}]},
            "form.questions.0.shown_if.question_id",
        ),
    ],
)
def test_a_form_that_cannot_be_made_is_refused_by_field_and_nothing_is_made(form: dict[str, Any], field: str) -> None:
    before = everything()
    refused = call(f"POST {EVENTS}", body=TRIP | {"form": form})
    assert (refused["statusCode"], fields(json_of(refused))) == (422, [field])
    assert everything() == before


def test_a_template_of_another_school_is_none() -> None:
    theirs = FormTemplate(id="template_theirs", name="Theirs", questions=(), version=1)
    forms.template_item("school-2", theirs, stamp(a_context(), "form_template.created")).save()
    refused = call(f"POST {EVENTS}", body=TRIP | {"form": {"template_id": theirs.id}})
    assert (refused["statusCode"], fields(json_of(refused))) == (422, ["form.template_id"])


def test_a_duplicate_asks_the_same_in_a_first_version() -> None:
    template = a_template(GOES)
    event_id = published(FREE | {"form": {"template_id": template}})
    changed(event_id, {"location": "Elsewhere"})
    asked = {
        "takes_place": {"starts_at": "2027-01-15T08:30", "ends_at": "2027-01-15T17:00"},
        "booking_window": {"opens_at": "2026-12-20T00:00:00Z", "closes_at": "2027-01-10T00:00:00Z"},
    }
    copy = json_of(call(f"POST {EVENT}/duplicate", event_id, asked))["id"]
    form = form_of(copy)
    assert (form["version"], form["consent_asked_from"]) == (1, 0)
    assert form["template"] == {"id": template, "version": 1}


@pytest.mark.parametrize(
    ("change", "version", "asked_from"),
    [
        ({"title": "Sience Museum"}, 1, 0),
        ({"description": "Two days."}, 1, 0),
        ({"description": "Two days, with a swim.", "ask_consent_again": True}, 2, 2),
        ({"ask_consent_again": True}, 2, 2),
        ({"location": "Paris"}, 2, 2),
        (asks(SWIMS), 2, 2),
        (asks(GOES, NOTE), 2, 0),
        (asks(GOES, NOTE | {"required": True}), 2, 2),
        ({"title": "Swimming", "location": "Pool"} | asks(SWIMS), 2, 2),
    ],
)
def test_what_touches_what_families_agreed_to_asks_them_again(
    change: dict[str, Any], version: int, asked_from: int
) -> None:
    event_id = published(FREE)
    booking_made = booked(event_id)
    form = changed(event_id, change)["form"]
    assert (form["version"], form["consent_asked_from"]) == (version, asked_from)
    shown = booking(booking_made)
    assert shown["consent_outdated"] is (asked_from > 0)
    attendees = http_event(f"GET {EVENT}/bookings", {"event_id": event_id})
    (attendee,) = json_of(registers(attendees, LambdaContext()))["items"]
    assert attendee["consent_outdated"] is (asked_from > 0)
    (mine,) = json_of(family(http_event(f"GET {SCHOOL_PATH}/me/bookings", **PARENT), LambdaContext()))["items"]
    assert mine["consent_outdated"] is (asked_from > 0)


def test_what_a_family_agreed_to_is_shown_word_for_word_however_often_the_form_changes() -> None:
    event_id = published(FREE)
    first = booked(event_id)
    changed(event_id, asks(SWIMS))
    changed(event_id, asks(NOTE))
    changed(event_id, {"form": None})
    changed(event_id, asks(SWIMS))
    shown = booking(first)
    assert (shown["answers"], shown["form_version"]) == (
        [{"question_id": "consent", "prompt": GOES["prompt"], "value": "yes"}],
        1,
    )
    assert shown["consent_outdated"] is True
    assert form_of(event_id)["version"] == 5
    assert booking(first, roles=("school_admin",), person="staff-admin")["answers"] == shown["answers"]


def test_who_read_the_form_before_it_changed_books_nothing_until_they_have_read_it_again() -> None:
    event_id = published(FREE)
    changed(event_id, asks(SWIMS))
    refused = booked(event_id, version=1)
    assert (refused["status"], fields(refused)) == (409, ["items.0.form_version"])
    assert booking(booked(event_id, version=2))["consent_outdated"] is False


def test_without_a_consent_in_the_form_there_is_nothing_to_ask_for_again() -> None:
    event_id = published(FREE | asks(NOTE))
    assert fields(changed(event_id, {"ask_consent_again": True}, status=422)) == ["ask_consent_again"]
    assert changed(event_id, {"location": "Paris"})["form"]["version"] == 1


def test_a_draft_is_asked_of_nobody_so_nobody_is_asked_again() -> None:
    event_id = made(FREE)
    form = changed(event_id, {"ask_consent_again": True, "location": "Paris"} | asks(SWIMS))["form"]
    assert (form["version"], form["consent_asked_from"]) == (2, 0)


def test_a_form_that_asks_about_health_is_published_and_what_was_asked_in_the_open_stays_so() -> None:
    event_id = published(FREE | asks(GOES, ALLERGIES))
    assert store.find_event(SCHOOL, event_id).status == "published"
    other = published(FREE | asks(GOES, NOTE))
    before = everything()
    refused = changed(other, asks(GOES, NOTE | {"sensitive": "medical"}), status=409)
    assert fields(refused) == ["form.questions.1.sensitive"]
    assert everything() == before
    changed(other, asks(GOES, NOTE, ALLERGIES))


def test_a_draft_that_was_changed_in_the_moment_it_is_published_is_looked_at_again() -> None:
    event_id = made(FREE)
    seen = store.find_event(SCHOOL, event_id)
    changed(event_id, asks(GOES, ALLERGIES))
    with pytest.MonkeyPatch.context() as patch:
        answers = iter([seen])
        find = store.find_event
        patch.setattr(store, "find_event", lambda *names: next(answers, None) or find(*names))
        assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 503
    assert store.find_event(SCHOOL, event_id).status == "draft"


def test_killed_anywhere_a_change_has_happened_with_the_form_it_replaces_kept_or_not_at_all() -> None:
    event_id = published(FREE)
    first = booked(event_id)
    wanted = EventChanges.model_validate(asks(SWIMS))
    calls = crashes.Calls()
    version = store.find_event(SCHOOL, event_id).version
    with crashes.watched(calls):
        service.change(a_context(), event_id, version, wanted, follow)
    again = EventChanges.model_validate(asks(GOES))
    for point in calls.points():
        version = store.find_event(SCHOOL, event_id).version
        with crashes.watched(crashes.Calls(stop_before=point)), pytest.raises(crashes.Killed):
            service.change(a_context(), event_id, version, again, follow)
        assert booking(first)["answers"][0]["prompt"] == GOES["prompt"]
        assert booking(first)["consent_outdated"] is True


def test_parents_read_the_form_they_are_asked_and_whether_they_are_asked_again() -> None:
    event_id = published(FREE)
    booked(event_id)
    changed(event_id, asks(SWIMS))
    form = json_of(call(f"GET {EVENT}", event_id, **as_parent()))["form"]
    assert (form["version"], form["consent_asked_from"], form["questions"][0]["prompt"]) == (2, 2, SWIMS["prompt"])


def test_what_an_event_says_altogether_fits_into_its_item_or_is_refused() -> None:
    """Each part is within its bounds and comes with a request of its own."""
    sign = "\N{BUS}"
    event_id = made(FREE | asks(*(NOTE | {"id": f"note_{number}", "prompt": "x" * 1800} for number in range(50))))
    cost = {"name": sign * 200, "kind": "other", "share": "per_pupil", "amount": {"amount": 1}}
    ends = {"departs": {"at": "2026-12-04T10:00"}, "arrives": {"at": "2026-12-04T11:00"}}
    leg = {"mode": "coach", "origin": sign * 200, "destination": sign * 200} | ends
    parts: list[dict[str, Any]] = [
        {"description": sign * 10_000, "charging": {"costs": [cost] * 50}},
        {"trip": {"legs": [leg] * 30, "itinerary": [{"day": "2026-12-04", "text": sign * 500}] * 95}},
    ]
    answers = [
        call(f"PATCH {EVENT}", event_id, json.dumps(part, ensure_ascii=False), headers=version_of(event_id))
        for part in parts
    ]
    assert [answer["statusCode"] for answer in answers] == [200, 422]
    assert json_of(answers[1])["errors"][0]["field"] == "body"
