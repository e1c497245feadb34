"""The function behind the queue: each message on its own, and what is no message is handed back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from functions.anonymise.handler import lambda_handler
from school_events.people.store import find_pupils
from school_events.privacy import pupils
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext
from tests.support.people import pupil_told, school_told, tell
from tests.unit.privacy.leaving import FORGOTTEN_AT, pupil_left

NAMES = ("pupil-1", "pupil-2")


@pytest.fixture
def leavers(tables: None) -> None:
    """Two leavers."""
    tell(school_told(), *(pupil_told(one) for one in NAMES))
    tell(*(pupil_left(one) for one in NAMES))


def deliver(*bodies: str) -> Any:
    """Hand the function a batch, an hour after the leavers' time is over."""
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    with time_machine.travel(FORGOTTEN_AT + timedelta(hours=1), tick=False):
        return lambda_handler({"Records": records}, LambdaContext())


def ask(pupil_id: str) -> str:
    """A message about a pupil."""
    return f'{{"school_id": "{SCHOOL}", "kind": "pupil", "ids": ["{pupil_id}"]}}'


@pytest.mark.usefixtures("leavers")
def test_everybody_asked_for_is_forgotten() -> None:
    assert deliver(*map(ask, NAMES)) == {"batchItemFailures": []}
    assert find_pupils(SCHOOL, NAMES) == {}


@pytest.mark.usefixtures("leavers")
def test_one_that_fails_keeps_no_other_back(monkeypatch: pytest.MonkeyPatch) -> None:
    forget = pupils.forget

    def fail_for_one(ctx: Any, pupil_id: str) -> None:
        if pupil_id == "pupil-1":
            raise ConnectionError
        forget(ctx, pupil_id)

    monkeypatch.setattr(pupils, "forget", fail_for_one)
    assert deliver(*map(ask, NAMES)) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert set(find_pupils(SCHOOL, NAMES)) == {"pupil-1"}


@pytest.mark.usefixtures("leavers")
@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "nonsense",
        '{"school_id": "school-1", "kind": "staff", "ids": ["staff-1"]}',
        '{"school_id": "school-1", "kind": "pupil", "ids": []}',
        '{"school_id": "school-1#PUPIL", "kind": "pupil", "ids": ["pupil-1"]}',
    ],
)
def test_what_is_no_message_changes_nothing_and_goes_to_the_dead_letters(body: str) -> None:
    assert deliver(body) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert set(find_pupils(SCHOOL, NAMES)) == set(NAMES)
