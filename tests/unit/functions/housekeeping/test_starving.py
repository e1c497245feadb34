"""What cannot be done keeps nothing back that is due behind it, whatever it is: it is put to the end of the line."""

import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from school_events.bookings import allocating, calling_off, cancelling, chores, news, settlement
from school_events.bookings.capacity import service as capacity
from school_events.bookings.waiting import service as waiting
from school_events.bookings.waiting import store as turns
from school_events.core.change import stamp
from school_events.core.dynamodb import Transaction
from school_events.core.money import pounds
from school_events.core.shares import Chore
from school_events.events import lifecycle, place_changes
from school_events.events.documents import service as documents
from school_events.events.documents import store as document_store
from school_events.events.documents.model import DocumentDetails
from school_events.events.documents.rules import GIVEN_UP_AFTER
from school_events.events.evenings.model import SlotPlan
from school_events.events.evenings.store import plan_item
from school_events.events.model import SchoolEvent
from school_events.events.news.store import news_item
from school_events.payments import store as payments
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.refunds import bulk
from school_events.payments.refunds.model import Refund, RefundState
from school_events.payments.refunds.store import refund_item
from school_events.people import waiting as messages
from school_events.people.refused import put_aside
from tests.support.booked_world import a_school_with_families, an_event, as_parent, as_system, book, booking_of
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import pupil_told, tell
from tests.support.queues import dead_letters
from tests.support.shop import Shop
from tests.unit.bookings.waiting.queue import wait_for

MINUTE = timedelta(minutes=1)
TOLD = stamp(a_context(), "event.changed")


def _two_events(**others: Any) -> tuple[SchoolEvent, SchoolEvent]:
    return an_event(**others), an_event(**others)


def _gates() -> None:
    def crash(*_args: object) -> None:
        raise RuntimeError

    for event in _two_events():
        with contextlib.suppress(RuntimeError):
            lifecycle.close(a_context(now=NOW - MINUTE), event.id, crash)


def _capacities() -> None:
    for event in _two_events():
        transaction = Transaction(a_context())
        place_changes.note(transaction, a_context(now=NOW - MINUTE), event)
        transaction.commit()


def _returned() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allocating, "move_on", lambda *_: None)
        for event in _two_events(price=0):
            cancelling.cancel(as_parent(), booking_of(book(event)))


def _turns() -> None:
    for event in _two_events(price=0, capacity=1):
        book(event)
        wait_for(event, "pupil-3", parent=3)
        turns.wake(a_context(), event.id)


def _news() -> None:
    for number in (1, 2):
        change = TOLD.model_copy(update={"id": f"change_{number}", "at": NOW - MINUTE})
        news_item(SCHOOL, f"event_{number}", change).save()


def _documents() -> None:
    for number in (1, 2):
        details = DocumentDetails(
            id=f"document_{number}",
            event_id="event_1",
            name="Letter.pdf",
            kind="letter",
            shown_to="staff",
            content_type="application/pdf",
            size=1,
            asked_at=NOW - GIVEN_UP_AFTER,
        )
        transaction = Transaction(a_context())
        document_store.create(transaction, SCHOOL, details, TOLD)
        transaction.commit()


def _cancelled() -> None:
    for event in _two_events():
        lifecycle.cancel(a_context(), event.id, lambda *_: None)


def _plans() -> None:
    for number in (1, 2):
        plan = SlotPlan(appointment_minutes=number, buffer_minutes=0, desks=(), crews=())
        plan_item(SCHOOL, f"event_{number}", plan, NOW).save()


def _holds() -> None:
    event = an_event()
    book(event, now=NOW - timedelta(hours=1))
    book(event, "pupil-3", parent=3, now=NOW - timedelta(hours=1))


def _unpaid() -> None:
    for number in (1, 2):
        line = PaymentLine(reference=f"booking_{number}", event_id="event_1", amount=pounds(100))
        payment = Payment(
            id=f"payment_{number}",
            payer_id="contact-1",
            lines=(line,),
            amount=pounds(100),
            state=PaymentState.CREATED,
            refunded=pounds(0),
            created_at=NOW,
            look_at=NOW,
        )
        payments.payment_item(a_context(), payment, TOLD).save()


def _refunds() -> None:
    for number in (1, 2):
        refund = Refund(
            id="refund_1",
            idempotency_key="rf:1",
            payment_id=f"payment_{number}",
            line="",
            amount=pounds(100),
            state=RefundState.ASKED,
            asked_at=NOW,
        )
        refund_item(a_context(), refund, TOLD, by_housekeeping=True).save()


type Seen = Callable[..., object]
"""Which of two things its worker is told to do something about."""

KINDS: dict[str, tuple[Callable[[], None], object, str, Seen, Callable[..., int]]] = {
    "gates": (_gates, lifecycle, "finish_closing", lambda _, event, *__: event.id, chores.shut_gates),
    "capacity": (_capacities, capacity, "follow", lambda _, event_id: event_id, chores.let_places_follow),
    "places": (_returned, allocating, "settle", lambda _, event_id, __: event_id, chores.move_returned_places_on),
    "turns": (_turns, waiting, "look_after", lambda _, entry: entry.id, chores.look_after_turns),
    "news": (_news, news, "tell", lambda change, _: change.change_id, chores.tell_news),
    "documents": (_documents, documents, "clear_away", lambda _, one: one.id, chores.clear_documents),
    "cancelled": (_cancelled, calling_off, "call_off", lambda _, event, __: event.id, chores.call_events_off),
    "slots": (_plans, chores, "follow_up", lambda _, event_id, __: event_id, chores.arrange_due_slots),
    "holds": (_holds, settlement, "let_go", lambda _, payment_id: payment_id, chores.let_due_holds_go),
    "unpaid": (_unpaid, chores, "look_after", lambda _, payment: payment.id, chores.look_after_unpaid),
    "refunds": (_refunds, bulk, "make_refund", lambda _, payment_id, __: payment_id, chores.make_due_refunds),
}
"""Of each kind: what makes two things due, who is told to do something about one and which that is, and the chore."""


def _run(chore: Callable[..., int], minutes: int, tried: Sequence[object], *, and_a_look: bool = False) -> None:
    """A run in which there is time for one thing, and perhaps to see that there was."""
    now, before = NOW + minutes * MINUTE, len(tried)
    given = (now,) if chore in {chores.tell_news, chores.clear_documents} else (now, lambda _: as_system(now))
    bound: Chore = partial(chore, *given)
    looks = iter([True] if and_a_look else [])
    bound(lambda: len(tried) == before or next(looks, False))


@pytest.fixture
def tried(shop: Shop) -> list[object]:
    """What was tried to be done, of a school with families."""
    a_school_with_families()
    return []


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_wrong_is_tried_again_behind_what_else_is_due(
    monkeypatch: pytest.MonkeyPatch, tried: list[object], kind: str
) -> None:
    make_due, where, worker, seen, chore = KINDS[kind]
    make_due()

    def goes_wrong(*args: Any) -> None:
        tried.append(seen(*args))
        raise RuntimeError

    monkeypatch.setattr(where, worker, goes_wrong)
    _run(chore, 5, tried)
    _run(chore, 6, tried)
    assert len(set(tried)) == len(tried) == 2
    _run(chore, 10, tried)
    assert tried[2:] == tried[:1], "it is not forgotten"


@pytest.mark.parametrize(("kind", "worker"), [("cancelled", "call_off"), ("capacity", "call_sessions_off")])
def test_what_cannot_be_ended_yet_is_looked_at_again_behind_what_else_is_due(
    monkeypatch: pytest.MonkeyPatch, tried: list[object], kind: str, worker: str
) -> None:
    """A bank has still to pay, or Stripe's page to be closed."""
    make_due, *_, chore = KINDS[kind]
    make_due()

    def not_yet(_ctx: object, event: Any, _may_go_on: object) -> bool:
        tried.append(getattr(event, "id", event))
        return False

    monkeypatch.setattr(calling_off, worker, not_yet)
    for minutes in (5, 6, 7):
        _run(chore, minutes, tried, and_a_look=True)
    assert len(set(tried)) == 2
    assert tried[2] == tried[0]


def test_more_returned_places_than_are_looked_up_at_once_hide_no_other(
    monkeypatch: pytest.MonkeyPatch, tried: list[object]
) -> None:
    _returned()

    def cannot(_ctx: object, event_id: str, _pool: str) -> None:
        tried.append(event_id)
        raise RuntimeError

    monkeypatch.setattr(chores, "_MOST_PLACES", 1)
    monkeypatch.setattr(allocating, "settle", cannot)
    for minutes in (1, 2):
        _run(chores.move_returned_places_on, minutes, tried)
    assert len(set(tried)) == 2


@pytest.mark.usefixtures("tables")
def test_a_message_that_cannot_be_put_aside_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(pupil_told(), pupil_told(pupil_id="pupil-9"))
    given: list[str] = []

    def first_is_bad(envelope: str, reason: str) -> None:
        given.append(envelope)
        if envelope == given[0]:
            raise RuntimeError
        put_aside(envelope, reason)

    monkeypatch.setattr(messages, "put_aside", first_is_bad)
    messages.refuse_overdue(NOW + timedelta(minutes=61), lambda: True)
    assert [body for _, body in dead_letters("portal-dlq")] == given[1:]
    messages.refuse_overdue(NOW + timedelta(minutes=62), lambda: True)
    assert given[2:] == given[:1]
