"""The routes of bookings: whose child, whose event, what each sees, and errors that name the field."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import time_machine

from functions.bookings.handler import lambda_handler
from school_events.bookings.service import Booked
from school_events.events.model import SchoolEvent
from tests.support.booked_world import a_school_with_families, an_event, book, booking_of
from tests.support.club_world import FIRST, SECOND, THIRD, a_club, a_school_with_clubs, resize
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import link_told, tell
from tests.support.tables import everything

pytestmark = pytest.mark.usefixtures("tables")

ROUTE = "/v1/schools/{school_id}"
BOOK, ONE = f"POST {ROUTE}/bookings", f"GET {ROUTE}/bookings/{{booking_id}}"
CANCEL = f"POST {ROUTE}/bookings/{{booking_id}}/cancel"
PLACES = f"GET {ROUTE}/events/{{event_id}}/places"

ADMIN: Mapping[str, Any] = {"person": "staff-admin", "roles": ["school_admin"]}
ALLOCATED: Mapping[str, Any] = {"person": "staff-1", "roles": ["staff"]}
STRANGER: Mapping[str, Any] = {"person": "staff-2", "roles": ["staff"]}
FINANCE: Mapping[str, Any] = {"person": "staff-finance", "roles": ["finance"]}


def parent(number: int = 1) -> dict[str, Any]:
    """The caller ``contact-{number}``."""
    return {"person": f"contact-{number}", "roles": ["parent"]}


@pytest.fixture(autouse=True)
def event(tables: None) -> Iterator[SchoolEvent]:
    """A club place that costs nothing; it is the moment of the tests."""
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield an_event(price=0)


def ask(route: str, caller: Mapping[str, Any], body: Any = None, **others: Any) -> tuple[int, Any]:
    """The status and body of an answer."""
    parameters: dict[str, str] = {
        name: others.pop(name) for name in ("booking_id", "event_id", "session_id") if name in others
    }
    answer = lambda_handler(http_event(route, parameters, body, **caller, **others), LambdaContext())
    return answer["statusCode"], json_of(answer)


def wish(event: SchoolEvent, *pupils: str, **others: Any) -> dict[str, Any]:
    """The body of a booking."""
    return {"event_id": event.id, "items": [{"pupil_id": pupil} for pupil in pupils or ("pupil-1",)]} | others


def test_a_parent_books_and_reads_what_was_booked(event: SchoolEvent) -> None:
    status, made = ask(BOOK, parent(), wish(event, "pupil-1", "pupil-2"))
    assert (status, made["state"], made["payment_id"]) == (201, "confirmed", None)
    status, seen = ask(ONE, parent(), booking_id=made["booking_ids"][1])
    assert (status, seen["pupil_id"], seen["mine"]) == (200, "pupil-2", True)


def test_the_same_key_and_body_give_the_same_answer_and_another_body_is_refused(event: SchoolEvent) -> None:
    headers = {"Idempotency-Key": "key-1"}
    first = ask(BOOK, parent(), wish(event), headers=headers)
    before = everything()
    assert ask(BOOK, parent(), wish(event), headers=headers) == first
    status, problem = ask(BOOK, parent(), wish(event, "pupil-2"), headers=headers)
    assert (status, problem["type"]) == (422, "urn:school-events:problem:idempotency-key-reused")
    assert everything() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "blue"}, "colour"),
        ({"items": []}, "items"),
        ({"items": [{"pupil_id": f"pupil-{n}"} for n in range(17)]}, "items"),
        ({"items": [{"pupil_id": "pupil-1", "answers": {"q": 1}}]}, "items.0.answers.q"),
        ({"items": [{"pupil_id": "pupil-1", "price": 0}]}, "items.0.price"),
        ({"items": [{"pupil_id": "pupil#1"}]}, "items.0.pupil_id"),
        ({"items": [{"pupil_id": 1}]}, "items.0.pupil_id"),
        ({"items": [{"pupil_id": "pupil-1", "answers": {"other": "x"}}]}, "items.0.answers.other"),
        ({"items": [{"pupil_id": "pupil-1"}, {"pupil_id": "pupil-1"}]}, "items.1.pupil_id"),
        ({"event_id": None}, "event_id"),
        ({"on_behalf_of": "contact-2"}, "on_behalf_of"),
        ({"over_capacity": {"reason": "Please"}}, "over_capacity"),
        ({"over_capacity": {"reason": " "}}, "over_capacity.reason"),
        ({"over_capacity": {}}, "over_capacity.reason"),
        ({"items": [{"pupil_id": "pupil-1", "session_id": "session_001"}]}, "items.0.session_id"),
        ({"items": [{"pupil_id": "pupil-1", "session_id": 1}]}, "items.0.session_id"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_by_field_and_changes_nothing(
    event: SchoolEvent, change: dict[str, Any], field: str
) -> None:
    before = everything()
    status, problem = ask(BOOK, parent(), wish(event) | change)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, [field])
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert everything() == before


def test_somebody_elses_child_is_not_found(event: SchoolEvent) -> None:
    before = everything()
    status, problem = ask(BOOK, parent(), wish(event, "pupil-3"))
    assert (status, problem["type"]) == (404, "urn:school-events:problem:not-found")
    assert ask(BOOK, parent(), wish(event, "pupil-9")) == (status, problem)
    assert everything() == before


def test_a_full_event_is_a_conflict(event: SchoolEvent) -> None:
    full = an_event(price=0, capacity=1)
    book(full, "pupil-3", parent=3)
    status, problem = ask(BOOK, parent(), wish(full))
    assert (status, problem["type"]) == (409, "urn:school-events:problem:no-free-place")


def test_of_several_children_the_one_who_has_a_place_is_named(event: SchoolEvent) -> None:
    book(event, "pupil-2")
    status, problem = ask(BOOK, parent(), wish(event, "pupil-1", "pupil-2"))
    assert (status, problem["type"]) == (409, "urn:school-events:problem:already-booked")
    assert [one["field"] for one in problem["errors"]] == ["items.1.pupil_id"]


def test_who_asks_again_for_a_place_that_was_the_last_is_told_that_it_is_theirs_and_not_that_there_is_none() -> None:
    small = an_event(price=0, capacity=1)
    assert ask(BOOK, parent(), wish(small, "pupil-1"))[0] == 201
    status, problem = ask(BOOK, parent(), wish(small, "pupil-1"))
    assert (status, problem["type"]) == (409, "urn:school-events:problem:already-booked")
    assert [one["field"] for one in problem["errors"]] == ["items.0.pupil_id"]


def test_of_too_few_places_it_is_said_that_some_are_free(event: SchoolEvent) -> None:
    small = an_event(price=0, capacity=1)
    status, problem = ask(BOOK, parent(), wish(small, "pupil-1", "pupil-2"))
    assert (status, problem["detail"]) == (409, "Fewer places are free than you ask for")


def test_of_several_sessions_the_full_one_is_named() -> None:
    a_school_with_clubs()
    club = a_club(capacity=1)
    full = {"event_id": club.id, "items": [{"pupil_id": "pupil-3", "session_id": SECOND}]}
    assert ask(BOOK, parent(3), full)[0] == 201
    asked = {"event_id": club.id, "items": [{"pupil_id": "pupil-1", "session_id": one} for one in (FIRST, SECOND)]}
    status, problem = ask(BOOK, parent(), asked)
    assert (status, problem["type"]) == (409, "urn:school-events:problem:no-free-place")
    assert [one["field"] for one in problem["errors"]] == ["items.1.session_id"]


def test_an_administrator_books_on_a_contacts_behalf_and_says_whose(event: SchoolEvent) -> None:
    assert ask(BOOK, ADMIN, wish(event))[0] == 422
    status, made = ask(BOOK, ADMIN, wish(event, on_behalf_of="contact-1"))
    assert (status, made["state"]) == (201, "confirmed")
    assert ask(BOOK, ADMIN, wish(event, "pupil-2", on_behalf_of="contact-3"))[0] == 404
    assert ask(ONE, parent(), booking_id=made["booking_ids"][0])[1]["mine"] is True


@pytest.mark.parametrize("first", [0, 1])
def test_an_administrator_with_a_child_at_the_school_books_as_either(event: SchoolEvent, first: int) -> None:
    """Whichever of both the token names first."""
    here = (SCHOOL, "contact-3", ["parent"]), (SCHOOL, "staff-admin", ["school_admin"])
    both = claims(here[first], here[1 - first])
    assert ask(BOOK, {}, wish(event, "pupil-3"), claimed=both)[0] == 201
    assert ask(BOOK, {}, wish(event, on_behalf_of="contact-1"), claimed=both)[0] == 201
    assert ask(BOOK, {}, wish(event, "pupil-2"), claimed=both)[0] == 404
    assert ask(BOOK, {}, wish(event, "pupil-2", on_behalf_of="contact-3"), claimed=both)[0] == 404
    seats = {"over_capacity": {"reason": "A helper's child"}, "on_behalf_of": "contact-4"}
    assert ask(BOOK, {}, wish(event, "pupil-4") | seats, claimed=both)[0] == 409, "there are free places"


def test_a_teacher_who_calls_themselves_a_parent_books_for_nobody(event: SchoolEvent) -> None:
    before = everything()
    body = wish(event, on_behalf_of="contact-1")
    assert ask(BOOK, {"person": "staff-1", "roles": ["staff", "parent"]}, body)[0] == 403
    assert everything() == before


def test_the_other_parent_sees_the_state_and_nothing_else(event: SchoolEvent) -> None:
    booking = booking_of(book(an_event()))
    status, seen = ask(ONE, parent(2), booking_id=booking.id)
    assert status == 200
    assert {name for name, value in seen.items() if value is not None} == {
        *("id", "event_id", "pupil_id", "state", "created_at", "mine")
    }
    assert seen["mine"] is False
    assert ask(CANCEL, parent(2), booking_id=booking.id)[0] == 404


@pytest.mark.parametrize(
    ("caller", "status"), [(parent(3), 404), (STRANGER, 404), (FINANCE, 403), (ALLOCATED, 200), (ADMIN, 200)]
)
def test_a_booking_is_seen_by_its_family_and_the_staff_of_its_event(
    event: SchoolEvent, caller: Mapping[str, Any], status: int
) -> None:
    assert ask(ONE, caller, booking_id=booking_of(book(event)).id)[0] == status


def test_a_booking_that_is_not_ones_own_answers_like_one_that_does_not_exist(event: SchoolEvent) -> None:
    booking = booking_of(book(event))
    assert ask(ONE, parent(3), booking_id=booking.id) == ask(ONE, parent(3), booking_id="booking_none")
    assert ask(CANCEL, parent(3), booking_id=booking.id) == ask(CANCEL, parent(3), booking_id="booking_none")


def test_with_the_link_cut_ones_own_booking_is_gone(event: SchoolEvent) -> None:
    booking = booking_of(book(event))
    tell(link_told(restricted=True, version=2))
    before = everything()
    assert ask(ONE, parent(), booking_id=booking.id)[0] == 404
    assert ask(CANCEL, parent(), booking_id=booking.id)[0] == 404
    assert everything() == before


@pytest.mark.parametrize("caller", [parent(), ADMIN])
def test_who_booked_and_an_administrator_cancel_once(event: SchoolEvent, caller: Mapping[str, Any]) -> None:
    booking = booking_of(book(event))
    status, seen = ask(CANCEL, caller, booking_id=booking.id)
    assert (status, seen["state"]) == (200, "cancelled")
    assert ask(CANCEL, caller, booking_id=booking.id)[0] == 409


_PARENT = (SCHOOL, "contact-1", ["parent"])


@pytest.mark.parametrize(
    "claimed",
    [
        claims(_PARENT, exp=""),
        claims(_PARENT, exp="1764000000"),
        claims(_PARENT, tty="id"),
        claims(_PARENT, mfa=False),
        {name: value for name, value in claims(_PARENT).items() if name != "exp"},
        {name: value for name, value in claims(_PARENT).items() if name != "tty"},
        {name: value for name, value in claims(_PARENT).items() if name != "mfa"},
        {},
    ],
    ids=["empty exp", "past", "id token", "no second factor", "no exp", "no tty", "no mfa", "no token"],
)
def test_a_token_that_proves_nothing_books_nothing(event: SchoolEvent, claimed: dict[str, str]) -> None:
    before = everything()
    status, problem = ask(BOOK, {"claimed": claimed, "roles": []}, wish(event))
    assert (status, problem["type"]) == (401, "urn:school-events:problem:unauthenticated")
    assert everything() == before


def test_a_member_of_another_school_finds_nothing(event: SchoolEvent) -> None:
    booked: Booked = book(event)
    caller = {"claimed": claims(("school-2", "contact-1", ["parent"])), "roles": []}
    assert ask(ONE, caller, booking_id=booked.booking_ids[0])[0] == 404
    assert ask(BOOK, caller, wish(event, "pupil-2"))[0] == 404


def test_the_school_books_beyond_the_capacity_and_only_staff_see_why(event: SchoolEvent) -> None:
    for number in (1, 3, 4):
        assert ask(BOOK, parent(number), wish(event, f"pupil-{number}"))[0] == 201
    extra = {"on_behalf_of": "contact-2", "over_capacity": {"reason": "Her sister goes"}}
    assert ask(BOOK, ADMIN, wish(event, "pupil-2") | {"on_behalf_of": "contact-2"})[0] == 409
    status, made = ask(BOOK, ADMIN, wish(event, "pupil-2") | extra)
    assert (status, made["state"]) == (201, "confirmed")
    (booking_id,) = made["booking_ids"]
    assert ask(ONE, ADMIN, booking_id=booking_id)[1]["over_capacity"] == "Her sister goes"
    assert ask(ONE, parent(2), booking_id=booking_id)[1]["over_capacity"] is None


def test_a_session_is_booked_and_shown() -> None:
    a_school_with_clubs()
    chess = a_club()
    items = [{"pupil_id": "pupil-1", "session_id": one} for one in (FIRST, SECOND)]
    status, made = ask(BOOK, parent(), {"event_id": chess.id, "items": items})
    assert status == 201
    shown = [ask(ONE, parent(), booking_id=one)[1]["session_id"] for one in made["booking_ids"]]
    assert shown == [FIRST, SECOND]
    status, problem = ask(BOOK, parent(), wish(chess, "pupil-2"))
    assert (status, problem["errors"][0]["field"]) == (422, "items.0.session_id")


def test_staff_see_how_places_stand_also_that_there_are_more_than_the_capacity(event: SchoolEvent) -> None:
    for number in (1, 3, 4):
        ask(BOOK, parent(number), wish(event, f"pupil-{number}"))
    extra = {"on_behalf_of": "contact-2", "over_capacity": {"reason": "Her sister goes"}}
    ask(BOOK, ADMIN, wish(event, "pupil-2") | extra)
    resize(event, 2)
    status, shown = ask(PLACES, ALLOCATED, event_id=event.id)
    assert (status, shown["items"]) == (
        200,
        [
            {
                "session_id": None,
                "capacity": 2,
                "booked": 3,
                "held": 0,
                "offered": 0,
                "free": 0,
                "over_capacity": 1,
                "too_many": 1,
            }
        ],
    )
    assert ask(PLACES, STRANGER, event_id=event.id)[0] == 404


def test_places_of_single_sessions_are_shown_session_by_session() -> None:
    a_school_with_clubs()
    chess = a_club(capacity=2, price=500)
    ask(BOOK, parent(), {"event_id": chess.id, "items": [{"pupil_id": "pupil-1", "session_id": SECOND}]})
    shown = ask(PLACES, ADMIN, event_id=chess.id)[1]["items"]
    assert [(one["session_id"], one["held"], one["free"]) for one in shown] == [
        (FIRST, 0, 2),
        (SECOND, 1, 1),
        (THIRD, 0, 2),
    ]
