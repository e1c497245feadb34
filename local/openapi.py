"""Makes `functions/docs/openapi.json`: `python -m local.openapi --write`, with `--check` to compare only.

Every function describes its own routes; this merges them into one document, checked in so that a reviewer sees what
a change does to the API. Who may call a route and how errors look stands in one place in the code, so it is put in
here and not repeated at each route.
"""

import argparse
import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from school_events.core import problems
from school_events.core.errors import (
    Forbidden,
    Invalid,
    NotFound,
    SchoolEventsError,
    TooLarge,
    TryAgain,
    Unauthenticated,
    UnsupportedMediaType,
)
from school_events.core.http import RouteRule, SchoolApi

PROJECT = Path(__file__).resolve().parents[1]
FUNCTIONS = PROJECT / "functions"
DOCUMENT = FUNCTIONS / "docs" / "openapi.json"

type Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_PROBLEM = {problems.MEDIA_TYPE: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}}
_FROM_GATEWAY = {"application/json": {"schema": {"$ref": f"{_SCHEMAS}GatewayMessage"}}}
_ABOUT = (
    "Clubs, trips and parents' evenings of UK schools: invitations, bookings, consent, payments, registers, reports. "
    "Instants are UTC with Z; days and local times are the school's; money is in pence. "
    "A school you are no member of, and a thing that is not yours, answer 404."
)
_IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body give the same answer for 24 hours; another body is refused",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}
_KEY_NOT_NEEDED = _IDEMPOTENCY_KEY | {"description": "Not needed: what is asked again is not done again"}
_IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you have; answered with 304 if it is that still",
    "schema": {"type": "string"},
}
_NEWS_ONLY = "api.require_news("
_IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what you read; refused with 412 if it has changed since",
    "schema": {"type": "string"},
}
_WEBHOOK: Json = {
    "tags": ["stripe"],
    "summary": "Where Stripe tells of payments",
    "description": "For Stripe only: the raw body is signed (`Stripe-Signature`) and queued.",
    "operationId": "stripe_webhook",
    "security": [],
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
    "responses": {
        "200": {
            "description": "Queued, or not for this stage",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        "400": {"description": "Not signed by Stripe", "content": _PROBLEM},
        "500": {"description": "Not queued: Stripe will send it again", "content": _FROM_GATEWAY},
        "503": {"description": "Cannot be queued now: Stripe will send it again", "content": _PROBLEM},
    },
}
# What is no JSON model of ours.
_OTHER_CONTENT: Mapping[str, Json] = {
    "/v1/openapi.json": {"application/json": {"schema": {"type": "object"}}},
    "/v1/docs": {"text/html": {"schema": {"type": "string"}}},
}


class NameTakenError(Exception):
    """Two functions mean different things by one name."""


def build() -> Json:
    """The description of the whole API, from the handlers as they are."""
    paths: dict[str, Json] = {"/v1/webhooks/stripe": {"post": _WEBHOOK}}
    schemas: Json = {"GatewayMessage": {"type": "object", "properties": {"message": {"type": "string"}}}}
    _add_schemas(schemas, _problem_schemas())
    for module in handlers():
        api: SchoolApi = module.api
        described = _described(api)
        _add_schemas(schemas, described.get("components", {}).get("schemas", {}))
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                rule = api.rules[f"{method.upper()} {path}"]
                paths.setdefault(path, {})[method] = _operation(module, rule, operation)
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "School Events API", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Access token"}
            },
            "schemas": {},
        },
    }
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(_used(document["paths"], schemas))}
    _check_operation_ids(document)
    document["components"]["responses"] = dict(sorted(_share_errors(document).items()))
    return document


def handlers() -> Iterator[ModuleType]:
    """The handlers that have routes, by name of their function."""
    for folder in sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py")):
        module = importlib.import_module(f"functions.{folder}.handler")
        if isinstance(getattr(module, "api", None), SchoolApi):
            yield module


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation with API Gateway's name of its route."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def text_of(document: Json) -> str:
    """The document as it is checked in."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _described(api: SchoolApi) -> Json:
    schema = api.resolver.get_openapi_schema(title=api.name, version="1")
    described: Json = _whole_numbers(json.loads(schema.model_dump_json(by_alias=True, exclude_none=True)))
    return described


def _operation(module: ModuleType, rule: RouteRule, described: Json) -> Json:
    suffix = re.sub(r"\W", "_", f"{rule.path}_{rule.method.lower()}")
    function = str(described["operationId"]).removesuffix(suffix)
    source = inspect.getsource(getattr(module, function))
    operation: Json = {
        "tags": described["tags"],
        "summary": described["summary"],
        "description": _description(getattr(module, function).__doc__, rule),
        "operationId": f"{module.api.name}_{function}",
        "parameters": [*described.get("parameters", ()), *_headers(rule, described, source)],
        "responses": _responses(rule, described, source),
    }
    if rule.public:
        operation["security"] = []
    if "requestBody" in described:
        operation["requestBody"] = described["requestBody"]
    if rule.roles:
        operation["x-roles"] = sorted(rule.roles)
    return operation


def _description(docstring: str | None, rule: RouteRule) -> str:
    said = " ".join((docstring or "").split("\n\n", maxsplit=1)[0].split())
    who = "Open to everybody." if rule.public else "For everybody signed in."
    if rule.roles:
        who = f"For {', '.join(sorted(rule.roles))}."
    return f"{said}\n\n{who}" if said else who


def _headers(rule: RouteRule, described: Json, source: str) -> Iterator[Json]:
    """The headers a route reads: some are told by what its function asks for."""
    if rule.method == "POST" and not rule.public:
        yield _IDEMPOTENCY_KEY if "api.asked(" in source else _KEY_NOT_NEEDED
    if _NEWS_ONLY in source:
        yield _IF_NONE_MATCH
    if "412" in described["responses"]:
        yield _IF_MATCH


def _responses(rule: RouteRule, described: Json, source: str) -> Json:
    responses: Json = {}
    if _NEWS_ONLY in source:
        tag = {"schema": {"type": "string"}, "description": "What you have"}
        responses["304"] = {"description": "It is as in If-None-Match", "headers": {"ETag": tag}}
    for error in _usual_errors(rule, described):
        responses[str(problems.status_of(error()))] = {"description": error.title, "content": _PROBLEM}
    for status, response in described["responses"].items():
        if int(status) < 300:
            responses[status] = response | {"content": _OTHER_CONTENT.get(rule.path, response.get("content", {}))}
        elif int(status) < 400:
            location = {"schema": {"type": "string", "format": "uri"}, "description": "Where to go on"}
            responses[status] = {"description": "See there", "headers": {"Location": location}}
        elif _is_ours(status, described):
            responses[status] = {"description": response["description"], "content": _PROBLEM}
    if not rule.public:
        responses["401"]["content"] = _PROBLEM | _FROM_GATEWAY
    responses["429"] = {"description": "Too many requests", "content": _FROM_GATEWAY}
    responses["500"] = {"description": "Something went wrong on our side", "content": _PROBLEM}
    return dict(sorted(responses.items()))


def _usual_errors(rule: RouteRule, described: Json) -> Iterator[type[SchoolEventsError]]:
    if not rule.public:
        yield from (Unauthenticated, TryAgain)
    if rule.roles:
        yield Forbidden
    if "{school_id}" in rule.path:
        yield NotFound
    if "requestBody" in described:
        yield from (TooLarge, UnsupportedMediaType)
    if "requestBody" in described or described.get("parameters"):
        yield Invalid


def _is_ours(status: str, described: Json) -> bool:
    """Whether a route documents an error itself: the framework adds its own 422 and 500 to every route."""
    return described["responses"][status]["description"] not in {"Validation Error", "Response Validation Error"}


def _problem_schemas() -> Json:
    schema = problems.Problem.model_json_schema(ref_template=_SCHEMAS + "{model}", mode="serialization")
    parts: Json = schema.pop("$defs", {})
    return {"Problem": schema, **parts}


def _add_schemas(known: Json, more: Json) -> None:
    for name, schema in more.items():
        if known.setdefault(name, schema) != schema:
            raise NameTakenError(f"Two functions describe {name} differently: rename one of the models")


def _used(thing: Any, schemas: Json) -> set[str]:
    """The names of the schemas that something refers to, directly or through others."""
    names: set[str] = set()
    waiting = [thing]
    while waiting:
        new = {name for name in _references(waiting.pop()) if name not in names}
        names |= new
        waiting += [schemas[name] for name in new]
    return names


def _references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if isinstance(reference := thing.get("$ref"), str):
            yield reference.removeprefix(_SCHEMAS)
        for value in thing.values():
            yield from _references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from _references(value)


def _whole_numbers(thing: Any) -> Any:
    """Limits as whole numbers, where the framework wrote them as 200.0."""
    if isinstance(thing, dict):
        return {name: _whole_numbers(value) for name, value in thing.items()}
    if isinstance(thing, list):
        return [_whole_numbers(value) for value in thing]
    return int(thing) if isinstance(thing, float) and thing.is_integer() else thing


def _share_errors(document: Json) -> Json:
    """Put every error that routes answer alike in one place, named for its title, and refer to it."""
    shared: Json = {}
    for _, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            name = re.sub(r"\W", "", str(response["description"]).title())
            if shared.setdefault(name, response) != response:
                raise NameTakenError(f"Two errors are called {response['description']}")
            operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    return shared


def _check_operation_ids(document: Json) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    repeated = {one for one in ids if ids.count(one) > 1}
    if repeated:
        raise NameTakenError(f"More than one route is called {', '.join(sorted(repeated))}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document, or say whether it is what the handlers say."""
    parser = argparse.ArgumentParser(prog="python -m local.openapi", description=__doc__)
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--write", action="store_true", help=f"write {DOCUMENT.relative_to(PROJECT)}")
    wanted.add_argument("--check", action="store_true", help="only compare, and fail on a difference")
    options = parser.parse_args(arguments)
    text = text_of(build())
    if options.write:
        DOCUMENT.write_text(text)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_text() == text:
        return 0
    sys.stderr.write("functions/docs/openapi.json is not what the handlers say: run python -m local.openapi --write\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
