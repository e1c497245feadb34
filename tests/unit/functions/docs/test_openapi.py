"""The description that is served says what the handlers do and what API Gateway lets through."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import infra.capabilities
from infra.spec import Capability
from local import openapi

DOCUMENT: dict[str, Any] = json.loads(openapi.DOCUMENT.read_text())
OPERATIONS = dict(openapi.operations(DOCUMENT))


def capabilities() -> Iterator[Capability]:
    for module in pkgutil.iter_modules(infra.capabilities.__path__):
        found = getattr(importlib.import_module(f"infra.capabilities.{module.name}"), "CAPABILITY", None)
        if isinstance(found, Capability):
            yield found


def references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if "$ref" in thing:
            yield thing["$ref"]
        for value in thing.values():
            yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def answer_of(operation: dict[str, Any], status: str) -> dict[str, Any]:
    name = operation["responses"][status]["$ref"].rsplit("/", 1)[1]
    answer: dict[str, Any] = DOCUMENT["components"]["responses"][name]
    return answer


def test_what_is_checked_in_is_what_the_handlers_say() -> None:
    assert openapi.DOCUMENT.read_text() == openapi.text_of(openapi.build()), "run python -m local.openapi --write"


def test_every_route_of_the_api_is_described_and_no_other() -> None:
    routes = {route.key: route.public for capability in capabilities() for route in capability.routes}
    assert set(routes) == set(OPERATIONS)
    for key, public in routes.items():
        assert (OPERATIONS[key].get("security") == []) is public, key


def test_every_reference_leads_somewhere_and_nothing_is_left_over() -> None:
    found = set(references(DOCUMENT))
    there = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in DOCUMENT["components"][kind]
    }
    assert found == there


@pytest.mark.parametrize("key", sorted(OPERATIONS))
def test_a_route_is_described_completely(key: str) -> None:
    operation = OPERATIONS[key]
    path = key.split(" ", 1)[1]
    named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    assert named == {part.strip("{}") for part in path.split("/") if part.startswith("{")}
    assert operation["summary"]
    assert operation["description"]
    assert any(status < "400" for status in operation["responses"])
    if operation.get("security") != []:
        assert operation["x-roles"]
        for status in ("401", "403", "500", "503"):
            assert "application/problem+json" in answer_of(operation, status)["content"]
    if "{school_id}" in path:
        assert "404" in operation["responses"]
    if "requestBody" in operation and operation.get("security") != []:
        assert {"413", "415", "422"} <= set(operation["responses"])


def test_every_route_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(names) == len(set(names))


def test_a_post_can_be_sent_twice() -> None:
    for key, operation in OPERATIONS.items():
        if key.startswith("POST") and operation.get("security") != []:
            assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}


def test_a_key_is_said_to_be_kept_only_where_it_is() -> None:
    said = {
        key: next(one["description"] for one in operation["parameters"] if one["name"] == "Idempotency-Key")
        for key, operation in OPERATIONS.items()
        if key.startswith("POST") and operation.get("security") != []
    }
    assert "another body is refused" in said["POST /v1/schools/{school_id}/bookings"]
    assert said["POST /v1/schools/{school_id}/events/{event_id}/publish"].startswith("Not needed")


def test_what_is_not_sent_again_is_described() -> None:
    register = OPERATIONS["GET /v1/schools/{school_id}/events/{event_id}/sessions/{session_id}/register"]
    assert "If-None-Match" in {one["name"] for one in register["parameters"]}
    assert "ETag" in register["responses"]["304"]["headers"]


def test_two_models_of_one_name_are_refused() -> None:
    with pytest.raises(openapi.NameTakenError, match="Thing"):
        openapi._add_schemas({"Thing": {"type": "string"}}, {"Thing": {"type": "object"}})


def test_check_fails_on_a_difference_and_write_makes_it_good(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(openapi, "PROJECT", tmp_path)
    monkeypatch.setattr(openapi, "DOCUMENT", tmp_path / "openapi.json")
    monkeypatch.setattr(openapi, "build", lambda: {"openapi": "3.1.0"})
    assert openapi.main(["--check"]) == 1
    assert "--write" in capsys.readouterr().err
    assert openapi.main(["--write"]) == 0
    assert openapi.main(["--check"]) == 0
