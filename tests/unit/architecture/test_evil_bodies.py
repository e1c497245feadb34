"""No body is a server error, however odd: it is refused with what is wrong, and changes nothing (I6)."""

import inspect
import typing
from typing import Any

import pytest
from pydantic import BaseModel

from tests.support.http_events import LambdaContext, claims, http_event, json_of
from tests.support.people import a_small_school
from tests.support.tables import everything
from tests.unit.architecture.routes import APIS, HANDLERS, ROUTES, Known

PERSONS = {"school_admin": "staff-admin", "staff": "staff-1", "parent": "contact-1"}


def nested(inner: Any, depth: int, *keys: str) -> Any:
    """Something inside something inside something."""
    for level in range(depth):
        key = keys[level % len(keys)]
        inner = [inner] if key == "[]" else {key: inner}
    return inner


ODD = {
    "nothing": None,
    "a number": 7,
    "a huge number": 10**400,
    "a negative number": -1,
    "a fraction": 1e308,
    "no text": "",
    "a long text": "x" * 100_000,
    "a control character": "\x00",
    "beyond the first plane": "🎈" * 50,
    "an object": {},
    "a list": [],
    "a list of nothing": [None],
    "a list of objects": [{}] * 500,
    "deep lists": nested(1, 300, "[]"),
    "deep objects": nested({}, 300, "x"),
    "deep rules": nested({"year_groups": ["8"]}, 300, "not"),
    "deep lists of rules": nested({"year_groups": ["8"]}, 300, "[]", "any"),
    "a key of odd letters": {"\x00#/%": "x", "": "x"},
}


def body_model(route: Known) -> type[BaseModel] | None:
    """What a route takes."""
    resolver = APIS[route.function].resolver
    for one in (*resolver._static_routes, *resolver._dynamic_routes):
        if (one.method, one.path) == (route.rule.method, route.rule.path.replace("{", "<").replace("}", ">")):
            body = typing.get_type_hints(inspect.unwrap(one.func)).get("body")
            model: type[BaseModel] | None = next(iter(typing.get_args(body)), body)
            return model
    raise AssertionError(route.rule.key)


WRITING = [(route, model) for route in ROUTES if (model := body_model(route)) is not None]


@pytest.fixture
def _school(tables: None) -> None:
    a_small_school()


@pytest.mark.usefixtures("_school")
@pytest.mark.parametrize(("route", "model"), WRITING, ids=[route.rule.key for route, _ in WRITING])
def test_an_odd_body_is_refused_with_what_is_wrong(route: Known, model: type[BaseModel]) -> None:
    role = next(role for role in PERSONS if role in route.rule.roles)
    claimed = claims(("school-1", PERSONS[role], [role]))
    before = everything()
    for name, odd in ODD.items():
        whole = {field.alias or key: odd for key, field in model.model_fields.items()}
        for body in (whole, odd):
            event = http_event(route.rule.key, route.parameters(), body, claimed=claimed, headers={"if-match": '"1"'})
            answer = HANDLERS[route.function].lambda_handler(event, LambdaContext())
            assert answer["statusCode"] in {404, 413, 422}, f"{name}: {answer['statusCode']}"
            assert answer["statusCode"] != 422 or json_of(answer)["errors"], name
    assert everything() == before
