"""What follows from a change of an event."""

import json

import pytest

from school_events.core.change import stamp
from school_events.core.consequences import Message, Subject
from school_events.events import consequences, store
from school_events.events.model import EventStatus, StaffAllocation
from school_events.messages.school_events.school_event_cancelled_v1 import SchoolEventCancelled
from school_events.messages.school_events.school_event_changed_v1 import SchoolEventChanged
from school_events.messages.school_events.school_event_published_v1 import SchoolEventPublished
from tests.support.contexts import SCHOOL, a_context
from tests.unit.events.things import a_trip

COMMON = {"school_id": SCHOOL, "message_id": "msg_1", "occurred_at": "2026-11-23T09:00:00Z"}


def _messages(status: EventStatus, action: str) -> tuple[Message, ...]:
    item = store.event_item(SCHOOL, a_trip(status), stamp(a_context(), action))
    followed = consequences.of(item)
    assert followed is not None
    assert followed.subject == Subject("event", "event_1")
    assert not followed.tellings
    return followed.messages


def test_publishing_is_told_in_the_words_of_the_schema() -> None:
    (message,) = _messages("published", "event.published")
    assert message.type == "SchoolEventPublished"
    assert SchoolEventPublished.model_validate_json(json.dumps(COMMON | dict(message.detail))).event_id == "event_1"


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("published", "event.changed"),
        ("closed", "event.closed"),
        ("completed", "event.completed"),
    ],
)
def test_a_change_that_families_may_see_is_told_in_the_words_of_the_schema(status: EventStatus, action: str) -> None:
    (message,) = _messages(status, action)
    assert message.type == "SchoolEventChanged"
    assert SchoolEventChanged.model_validate_json(json.dumps(COMMON | dict(message.detail))).state == status


def test_cancelling_is_told_in_the_words_of_the_schema() -> None:
    (message,) = _messages("cancelled", "event.cancelled")
    assert message.type == "SchoolEventCancelled"
    assert SchoolEventCancelled.model_validate_json(json.dumps(COMMON | dict(message.detail))).event_id == "event_1"


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("draft", "event.created"),
        ("draft", "event.changed"),
        ("published", "staff.allocated"),
        ("completed", "event.archived"),
    ],
)
def test_what_is_the_schools_own_business_is_only_audited(status: EventStatus, action: str) -> None:
    assert _messages(status, action) == ()


def test_nothing_follows_from_what_is_no_event() -> None:
    allocation = StaffAllocation(event_id="event_1", staff_id="staff-1", role="lead")
    assert consequences.of(store.allocation_item(SCHOOL, a_trip().starts_on, allocation)) is None
