"""The notifications function, called as Lambda calls it with a batch of the queue."""

import io
import json
from typing import Any

import pytest

from functions.notifications.handler import lambda_handler
from school_events.core.context import Actor
from school_events.core.logs import logger
from school_events.notifications import store
from school_events.notifications.service import register_device
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import a_small_school, link_told, tell
from tests.support.push_services import PushServices, push_services

__all__ = ["push_services"]


def a_body(change: str = "change-1", **others: Any) -> dict[str, Any]:
    body = {
        "school_id": SCHOOL,
        "change_id": change,
        "kind": "booked",
        "occurred_at": "2026-11-23T08:59:00.000Z",
        "pupil_id": "pupil-1",
        "event_id": "event-1",
        "thing": "booking",
        "thing_id": "booking-1",
    }
    return body | others


def handle(*bodies: Any) -> list[str]:
    """The messages that failed."""
    answer = lambda_handler(sqs_event(*bodies), LambdaContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def inbox() -> list[str]:
    return sorted(entry.thing_id for entry in store.entries(SCHOOL, PARENT))


@pytest.fixture(autouse=True)
def family(tables: None) -> None:
    a_small_school()


def test_a_batch_is_delivered_into_the_inbox() -> None:
    assert handle(a_body(), a_body("change-2", thing_id="booking-2")) == []
    assert inbox() == ["booking-1", "booking-2"]


@pytest.mark.parametrize(
    "bad", ["{", "{}", json.dumps({"school_id": SCHOOL}), a_body(kind="shouted"), a_body(name="A")]
)
def test_a_bad_message_fails_alone(bad: Any) -> None:
    assert handle(a_body(), bad, a_body("change-2", thing_id="booking-2")) == ["message-2"]
    assert inbox() == ["booking-1", "booking-2"]


def test_a_batch_of_nothing_but_bad_messages_is_reported_message_by_message() -> None:
    assert handle("{", "[]") == ["message-1", "message-2"]


def test_a_message_that_comes_twice_in_one_batch_makes_one_entry() -> None:
    assert handle(a_body(), a_body()) == []
    assert inbox() == ["booking-1"]


def test_a_message_for_nobody_is_done() -> None:
    tell(link_told(restricted=True, version=2))
    assert handle(a_body(), a_body(pupil_id="pupil-unknown"), a_body(pupil_id=None)) == []
    assert inbox() == []


def test_a_push_that_fails_fails_its_message_only_and_loses_no_entry(push_services: PushServices) -> None:
    device = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
    push_services.faults[str(device.endpoint)] = "Throttled"
    other = a_body("change-2", pupil_id="pupil-unknown", contact_id=None)
    assert handle(a_body(), other) == ["message-1"]
    assert inbox() == ["booking-1"]


def test_logs_name_nobody(monkeypatch: pytest.MonkeyPatch, push_services: PushServices) -> None:
    printed = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", printed)
    device = register_device(a_context(actor=PARENT), "phone", "ios", "token-a")
    push_services.faults[str(device.endpoint)] = "Throttled"
    handle(a_body(), "{")
    assert printed.getvalue().count("not delivered") == 2
    for word in ("contact-1", "pupil-1", "Amelia", "Connor", "token-a"):
        assert word not in printed.getvalue()


def test_a_school_sees_no_entry_of_another() -> None:
    handle(a_body())
    assert list(store.entries("school-2", Actor("contact", "contact-1"))) == []
