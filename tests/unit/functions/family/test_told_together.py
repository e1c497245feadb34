"""Who books, pays for, or loses several places of a child at once is told in one message that names them all (F1)."""

from collections.abc import Iterator

import pytest
import time_machine

from functions.family import handler
from functions.notifications.handler import lambda_handler as notifications
from functions.outbox.handler import lambda_handler as outbox
from school_events.bookings import cancelling, settlement
from school_events.bookings.instalments import family
from school_events.bookings.service import Booked
from school_events.core.context import Actor
from school_events.events.model import SchoolEvent
from school_events.notifications import store
from school_events.notifications.service import register_device
from tests.support.booked_world import as_parent, as_system, booking_of
from tests.support.club_world import FIRST, SECOND, THIRD, a_club, a_term, book_sessions
from tests.support.contexts import NOW, SCHOOL
from tests.support.evening_world import a_school_with_teachers, an_evening, book_slots
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.push_services import PushServices, push_services
from tests.support.shop import Shop, shop
from tests.support.streams import row_record, stream_event
from tests.support.tables import STREAMED, messages, rows
from tests.unit.functions.family.test_sync import App

__all__ = ["push_services", "shop"]

MOTHER, FATHER = (Actor("contact", f"contact-{number}") for number in (1, 2))


@pytest.fixture(autouse=True)
def clocks(tables: None) -> Iterator[None]:
    """Families, teachers and terms; the functions' clocks stand where the tests' moments are."""
    a_school_with_teachers()
    a_term()
    with time_machine.travel(NOW, tick=False):
        yield


def deliver(order: int = 1) -> None:
    """What follows from everything written so far, forwards or backwards, twice."""
    records = [row_record(row) for table in sorted(STREAMED) for row in rows(table)]
    assert outbox(stream_event(*records), LambdaContext()) == {"batchItemFailures": []}
    told = [body for body in messages("notifications") if body["kind"] != "invited"]
    for body in [*told, *told][::order]:
        assert notifications(sqs_event(body), LambdaContext()) == {"batchItemFailures": []}


def inbox(person: Actor, kind: str) -> list[tuple[str | None, list[str]]]:
    """What a person was told of a kind: of which child, naming what."""
    told = [one for one in store.entries(SCHOOL, person) if one.kind == kind]
    return sorted((one.pupil_id, sorted([one.thing_id, *one.others])) for one in told)


def an_evenings_worth() -> Booked:
    """Five appointments of two children, three of the elder's and two of the younger's, in one request."""
    return book_slots(
        an_evening(),
        ("pupil-1", "teacher-1", "17:00"),
        ("pupil-1", "teacher-2", "17:10"),
        ("pupil-1", "teacher-3", "17:20"),
        ("pupil-2", "teacher-1", "17:30"),
        ("pupil-2", "teacher-2", "17:40"),
    )


def of_child(booked: Booked, pupil_id: str) -> list[str]:
    """Which of the bookings are a child's."""
    return sorted(
        booked.booking_ids[number]
        for number in range(len(booked.booking_ids))
        if booking_of(booked, number).pupil_id == pupil_id
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_family_that_books_five_appointments_is_told_once_of_each_child(order: int) -> None:
    booked = an_evenings_worth()
    deliver(order)
    for parent in (MOTHER, FATHER):
        assert inbox(parent, "booked") == [(one, of_child(booked, one)) for one in ("pupil-1", "pupil-2")]


def test_each_device_is_pushed_to_once_for_what_was_booked_together(push_services: PushServices) -> None:
    register_device(as_parent(), "device-1", "ios", "token-1")
    an_evenings_worth()
    deliver()
    deliver()
    pushed = {one["message"] for one in push_services.published}
    assert len(pushed) == 2, "one for each child; a repetition pushes the same id again"


def test_the_other_parents_next_refresh_shows_all_that_was_booked() -> None:
    app = App("contact-2")
    app.refresh()
    booked = an_evenings_worth()
    deliver()
    came = app.refresh()
    assert {name for thing, _, name in came if thing == "booking"} == set(booked.booking_ids)


def test_the_inbox_says_what_else_was_booked_with_it() -> None:
    booked = an_evenings_worth()
    deliver()
    event = http_event("GET /v1/schools/{school_id}/me/inbox", roles=("parent",), person="contact-1")
    shown = json_of(handler.lambda_handler(event, LambdaContext()))["items"]
    named = [[one["thing_id"], *one["others"]] for one in shown if one["kind"] == "booked"]
    assert sorted(len(one) for one in named) == [2, 3]
    assert {name for one in named for name in one} == set(booked.booking_ids)


def test_what_is_given_up_one_by_one_is_told_one_by_one() -> None:
    booked = an_evenings_worth()
    deliver()
    for number in (0, 1):
        cancelling.cancel(as_parent(), booking_of(booked, number))
    deliver()
    ended = [("pupil-1", [one]) for one in sorted(booked.booking_ids[:2])]
    assert inbox(FATHER, "cancelled") == ended


def two_sessions() -> tuple[SchoolEvent, Booked]:
    """Two sessions of a club for one child, held."""
    club = a_club(price=500)
    return club, book_sessions(club, ("pupil-1", FIRST), ("pupil-1", SECOND))


def test_sessions_that_are_paid_for_together_are_told_together(shop: Shop) -> None:
    _, booked = two_sessions()
    paid = shop.open(booked)
    shop.pay(paid)
    settlement.apply_payment(as_parent(), paid.id)
    deliver()
    assert inbox(FATHER, "booked") == [("pupil-1", sorted(booked.booking_ids))]


def test_sessions_that_are_let_go_together_are_told_together() -> None:
    _, booked = two_sessions()
    settlement.let_go(as_system(), booked.payment_id or "")
    deliver()
    assert inbox(FATHER, "cancelled") == [("pupil-1", sorted(booked.booking_ids))]


def test_holds_of_two_events_that_are_paid_together_are_told_event_by_event(shop: Shop) -> None:
    _, chess = two_sessions()
    music = book_sessions(a_club(price=500, title="Music"), ("pupil-1", THIRD))
    together = family.checkout_together(as_parent(), [chess.payment_id or "", music.payment_id or ""])
    shop.pay(together)
    settlement.apply_payment(as_parent(), together.id)
    deliver()
    told = [("pupil-1", sorted(one.booking_ids)) for one in (chess, music)]
    assert inbox(FATHER, "booked") == sorted(told)
