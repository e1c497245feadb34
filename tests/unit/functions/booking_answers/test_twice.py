"""One answer to a form, sent twice at once: the second has the answer of the first, and keeps nothing again (I6)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.bookings.answering import service
from school_events.bookings.consents import store
from tests.support.booked_world import a_school_with_families
from tests.support.contexts import NOW, SCHOOL
from tests.unit.bookings.paying import once_before
from tests.unit.functions.booking_answers.asking import GOES, PHOTOS, a_trip, answered, booked, tag_of


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_families()
    with time_machine.travel(NOW, tick=False):
        yield


def test_an_answer_that_is_overtaken_by_itself_is_the_same_and_by_another_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = a_trip(GOES, PHOTOS)
    booking_id = booked(event, {"goes": "yes"})
    tag = tag_of(booking_id)

    def say(photos: str, key: str) -> tuple[int, Any]:
        return answered(event, booking_id, answers={"goes": "yes", "photos": photos}, tag=tag, key=key)

    once_before(monkeypatch, service, "_write", lambda: say("yes", "key-1"))
    first = say("yes", "key-1")
    assert first == say("yes", "key-1")
    assert first[0] == 200
    assert len(store.receipts_of(SCHOOL, booking_id)) == 2
    tag = tag_of(booking_id)
    once_before(monkeypatch, service, "_write", lambda: say("no", "key-2"))
    assert say("yes", "key-3")[0] == 412
