"""Every body a route takes is strict: unknown fields are refused, no value is taken for one of another type (I6)."""

import inspect
import typing
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel, BeforeValidator, Strict

from school_events.core.http import ApiModel, LocalDate, WholeNumber, YesNo
from tests.unit.architecture.routes import APIS


def bodies() -> Iterator[tuple[str, type[BaseModel]]]:
    """Each route with the model of its body."""
    for api in APIS.values():
        for route in (*api.resolver._static_routes, *api.resolver._dynamic_routes):
            body = typing.get_type_hints(inspect.unwrap(route.func), include_extras=True).get("body")
            yield from ((f"{route.method} {route.path}", model) for model in models(body, set()))


def models(annotation: Any, seen: set[Any]) -> Iterator[type[BaseModel]]:
    """The models a type is made of, and those they are made of; each once."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation not in seen:
        seen.add(annotation)
        yield annotation
        for field in annotation.model_fields.values():
            yield from models(field.annotation, seen)
    for part in get_args(annotation):
        yield from models(part, seen)


def lax_fields(model: type[BaseModel]) -> list[str]:
    """The fields of a model that take a value of another type for one of theirs."""
    if model.model_config.get("strict"):
        return []
    fields = model.model_fields.items()
    return [name for name, field in fields if is_lax(field.annotation, tuple(field.metadata))]


def is_lax(annotation: Any, marks: tuple[Any, ...] = ()) -> bool:
    """Whether numbers, truths or times may be written otherwise than as such."""
    if get_origin(annotation) is Annotated:
        return is_lax(annotation.__origin__, (*annotation.__metadata__, *marks))
    if annotation in {int, bool, float}:
        return not any(isinstance(mark, Strict) for mark in marks)
    if annotation in {date, datetime, time}:
        return not any(isinstance(mark, BeforeValidator) for mark in marks)
    return any(is_lax(part) for part in get_args(annotation))


class Lax(ApiModel):
    """What must not be."""

    count: int
    wanted: bool | None = None
    days: tuple[date, ...] = ()
    fine: WholeNumber | None = None
    fine_too: dict[str, YesNo] | None = None
    a_day: LocalDate | None = None
    text: str = ""


BODIES = sorted(set(bodies()), key=str)


def test_the_search_finds_what_is_lax() -> None:
    assert lax_fields(Lax) == ["count", "wanted", "days"]


def test_there_are_bodies_to_look_at() -> None:
    assert len({route for route, _ in BODIES}) > 5


@pytest.mark.parametrize(("route", "model"), BODIES, ids=[f"{route} {model.__name__}" for route, model in BODIES])
def test_a_body_takes_nothing_it_does_not_know(route: str, model: type[BaseModel]) -> None:
    assert model.model_config.get("extra") == "forbid"
    assert lax_fields(model) == []
