"""Two administrators change an event at once, each having read it: one does, the other is told to read again."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from threading import Barrier, local
from types import ModuleType
from typing import Any

import pytest
import time_machine

import functions
from functions.event_slots import handler as event_slots
from school_events.core.dynamodb import Transaction
from school_events.events import store
from tests.contract.races.families import sixty_families
from tests.support.at_once import at_once
from tests.support.contexts import NOW, SCHOOL
from tests.support.embedded_aws import EmbeddedAws
from tests.support.http_events import LambdaContext, http_event
from tests.unit.functions.event_slots.asking import EVENING, PLAN, a_plan, a_school_with_classes
from tests.unit.functions.events.asking import CLUB, EVENT, EVENTS, FUNCTIONS, call, made

EDITABLE = (*FUNCTIONS, event_slots)
SESSIONS = f"{EVENT}/sessions"
DOCUMENTED = Path(functions.__file__).parent / "docs" / "openapi.json"
_SECONDS_TO_READ = 60


def _at(day: str) -> dict[str, str]:
    return {"day": day, "starts_at": "15:30", "ends_at": "16:30"}


def _staff(staff_id: str) -> dict[str, Any]:
    return {"staff": [{"staff_id": staff_id, "role": "lead"}]}


class Edit:
    """A change of an event, as a route, a body and a session if it is of one."""

    def __init__(self, route: str, body: Any = None, session_id: str = "") -> None:
        self.route, self.body = route, body
        self.path = {"session_id": session_id} if session_id else {}


STAFF = f"PUT {EVENT}/staff"
ADD, MOVE, CANCEL = f"POST {SESSIONS}", f"PUT {SESSIONS}/{{session_id}}", f"POST {SESSIONS}/{{session_id}}/cancel"
TITLED = Edit(f"PATCH {EVENT}", {"title": "Go"})
PAIRS = [
    (TITLED, Edit(f"PATCH {EVENT}", {"meets": CLUB["meets"] | {"weekday": 4}})),
    (Edit(STAFF, _staff("staff-1")), Edit(STAFF, _staff("staff-2"))),
    (Edit(ADD, _at("2027-05-13")), Edit(ADD, _at("2027-05-14"))),
    (Edit(MOVE, _at("2027-05-13"), "session_002"), Edit(MOVE, _at("2027-05-14"), "session_002")),
    (Edit(CANCEL, None, "session_002"), Edit(CANCEL, None, "session_003")),
    (Edit(f"DELETE {EVENT}"), Edit(f"DELETE {EVENT}")),
    (Edit(PLAN, a_plan(minutes=5)), Edit(PLAN, a_plan(minutes=15))),
]
"""Each route against itself."""

MIXED = [(edit, TITLED) for edit, _ in PAIRS[1:]]


def _named(pair: tuple[Edit, Edit]) -> str:
    return " and ".join(edit.route.replace(f" {EVENT}", "") for edit in pair)


@pytest.fixture(scope="module")
def _people_of_its_own(tables: None, embedded: EmbeddedAws) -> Iterator[None]:
    """A school with a calendar, and afterwards the families of the other races again.

    Without the events of other races: staff allocated to hundreds of them are long looked at for clashes.
    """
    embedded.empty(["People", "Events"])
    yield
    embedded.empty(["People"])
    sixty_families()


@pytest.fixture
def _school(_people_of_its_own: None) -> Iterator[None]:
    with time_machine.travel(NOW):
        a_school_with_classes()
        yield


def _function_of(route: str) -> ModuleType:
    """A copy of the function with a state of its own, as each of Lambda's execution environments has."""
    file = next(one.__file__ for one in EDITABLE if route in one.api.rules)
    spec = spec_from_file_location("function_in_another_environment", str(file))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _asks(edit: Edit, event_id: str, version: int) -> Callable[[], dict[str, Any]]:
    path = {"event_id": event_id} | edit.path
    event = http_event(edit.route, path, edit.body, headers={"If-Match": f'"{version}"'})
    return partial(_function_of(edit.route).lambda_handler, event, LambdaContext())


@pytest.fixture
def _both_have_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither writes before both have read, so that only the write itself can decide."""
    barrier, done, commit = Barrier(2), local(), Transaction.commit

    def wait_and_commit(transaction: Transaction) -> None:
        if not hasattr(done, "read"):
            done.read = True
            barrier.wait(_SECONDS_TO_READ)
        commit(transaction)

    monkeypatch.setattr(Transaction, "commit", wait_and_commit)


def _statuses(event_id: str, pair: tuple[Edit, Edit]) -> list[int]:
    version = store.find_event(SCHOOL, event_id).version
    answers = at_once([_asks(edit, event_id, version) for edit in pair])
    return [int(answer["statusCode"]) for answer in answers if isinstance(answer, dict)]


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize("pair", PAIRS + MIXED, ids=_named)
def test_of_two_who_change_an_event_at_once_one_does_and_the_other_is_told_to_read_again(
    pair: tuple[Edit, Edit], request: pytest.FixtureRequest
) -> None:
    event_id = made(EVENING if pair[0].route == PLAN else CLUB)
    before = store.find_event(SCHOOL, event_id).version
    request.getfixturevalue("_both_have_read")
    statuses = _statuses(event_id, pair)
    won = [edit for edit, status in zip(pair, statuses, strict=True) if status in {200, 201}]
    assert (len(won), sorted(statuses)[1]) == (1, 412), statuses
    if won[0].route.startswith("DELETE"):
        assert call(f"GET {EVENT}", event_id)["statusCode"] == 404
    else:
        assert store.find_event(SCHOOL, event_id).version == before + 1


@pytest.mark.usefixtures("_school")
def test_without_the_condition_of_the_version_both_change_it_and_one_is_lost(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    event_id = made(CLUB)
    update = Transaction.update
    monkeypatch.setattr(Transaction, "update", lambda self, key, actions, *_, **__: update(self, key, actions))
    request.getfixturevalue("_both_have_read")
    assert _statuses(event_id, PAIRS[1]) == [200, 200]
    assert len(store.allocations_of(SCHOOL, event_id)) == 2


def test_every_route_that_asks_what_was_read_of_an_event_is_raced() -> None:
    paths = json.loads(DOCUMENTED.read_text())["paths"]
    known = {route for one in EDITABLE for route in one.api.rules}
    documented = {
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith(EVENTS) and "412" in operation["responses"]
    }
    assert documented & known == {edit.route for pair in PAIRS for edit in pair}
