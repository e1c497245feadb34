"""Every error is in one tree, drawn in one place, and answers as a problem a client can rely on (RFC 9457)."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator

import pytest

import school_events
from school_events.core import errors, problems
from school_events.core.errors import ErrorKind, Invalid, NotFound, SchoolEventsError, TryAgain


def the_tree(root: type[SchoolEventsError] = SchoolEventsError, depth: int = 1) -> Iterator[tuple[int, str]]:
    """Every error of the product with its depth."""
    for one in root.__subclasses__():
        if one.__module__.startswith("school_events."):
            yield depth, one.__name__
            yield from the_tree(one, depth + 1)


def drawn() -> Iterator[tuple[int, str]]:
    """The tree as the docstring draws it."""
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^ {4}((?:│   |    )*)[├└]── (\w+)", line)
        if found:
            yield len(found[1]) // 4 + 1, found[2]


@pytest.fixture(scope="module", autouse=True)
def _everything_imported() -> None:
    for module in pkgutil.walk_packages(school_events.__path__, "school_events."):
        importlib.import_module(module.name)


def test_the_drawing_shows_every_error_where_it_belongs() -> None:
    assert sorted(drawn()) == sorted(the_tree())


def test_every_error_can_be_answered() -> None:
    for error in all_errors():
        told = problems.problem(error("detail"))
        assert 400 <= told.status < 600
        assert re.fullmatch(r"urn:school-events:problem:[a-z-]+", told.type)
        assert told.title
        assert told.detail == "detail"


def test_no_two_errors_share_a_name() -> None:
    slugs = [error.slug for error in all_errors()]
    assert len(slugs) == len(set(slugs))


def test_every_kind_has_a_status_of_its_own() -> None:
    statuses = {kind: problems._STATUS[kind] for kind in ErrorKind}
    assert sorted(statuses.values()) == [401, 403, 404, 409, 412, 413, 415, 422, 503]


def test_an_error_names_the_fields_to_blame() -> None:
    answer = problems.answer(Invalid.of("items.0.pupil_id", "is required"))
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert json.loads(str(answer.body))["errors"] == [{"field": "items.0.pupil_id", "message": "is required"}]


def test_only_a_busy_answer_says_when_to_come_back() -> None:
    assert "Retry-After" in problems.answer(TryAgain()).headers
    assert "Retry-After" not in problems.answer(NotFound()).headers


@pytest.mark.parametrize(
    ("found", "field", "message"),
    [
        (
            {"loc": ("body", "items", 0, "name"), "type": "missing", "msg": "Field required"},
            "items.0.name",
            "is required",
        ),
        ({"loc": ("body",), "type": "missing", "msg": "Field required"}, "body", "is required"),
        ({"loc": ("query", "from"), "type": "date", "msg": "Not a date"}, "from", "Not a date"),
        ({"loc": (), "type": "value_error", "msg": "Value error, too many"}, "body", "too many"),
        ({"loc": ("body", "x"), "type": "extra_forbidden", "msg": "Extra"}, "x", "is not known here"),
        (
            {"loc": ("body", "x"), "type": "greater_than", "msg": "Input should be greater than 0"},
            "x",
            "must be greater than 0",
        ),
        (
            {
                "loc": ("body", "x"),
                "type": "too_long",
                "msg": "List should have at most 1 item after validation, not 2",
            },
            "x",
            "must have at most 1 item",
        ),
        (
            {
                "loc": ("body", "answers", "b!", "[key]"),
                "type": "string_pattern_mismatch",
                "msg": "String should match",
            },
            "answers.b!",
            "must match",
        ),
        ({"loc": ("body",), "type": "model_attributes_type", "msg": "A dictionary"}, "body", "must be an object"),
        (
            {"loc": ("body", "x"), "type": "union_tag_invalid", "msg": "Input tag 'Amelia' found"},
            "x",
            "is none of the kinds known here",
        ),
    ],
)
def test_what_pydantic_finds_is_told_by_field_and_never_by_value(
    found: dict[str, object], field: str, message: str
) -> None:
    (one,) = problems.invalid_request([found]).fields
    assert (one.field, one.message) == (field, message)


def all_errors(root: type[SchoolEventsError] = SchoolEventsError) -> list[type[SchoolEventsError]]:
    """Every error of the product."""
    own = [one for one in root.__subclasses__() if one.__module__.startswith("school_events.")]
    return [*own, *(below for one in own for below in all_errors(one))]
