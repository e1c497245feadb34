"""Errors as ``application/problem+json`` (RFC 9457): the one place that turns kinds of error into statuses."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, Field

from school_events.core.errors import Conflict, ErrorKind, FieldError, Invalid, SchoolEventsError

MEDIA_TYPE = "application/problem+json"
_STATUS: Mapping[ErrorKind, int] = {
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.FORBIDDEN: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.STALE: 412,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorKind.INVALID: 422,
    ErrorKind.TRY_AGAIN: 503,
}
_RETRY_AFTER_SECONDS = 2
_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not known here",
    "union_tag_invalid": "is none of the kinds known here",
    "model_attributes_type": "must be an object",
}
_SUBJECT = re.compile(r"^(Input|String|List|Dictionary) should ")
_COUNTED = re.compile(r" after validation, not \d+$")


class FieldProblem(BaseModel):
    """A field to blame."""

    field: str = Field(description="Dotted path from the root of the body, or the parameter's name")
    message: str


class OwnAppointment(BaseModel):
    """An appointment of one's own that is in the way of what a field asks for."""

    field: str
    booking_id: str
    slot_id: str
    starts_at: datetime
    ends_at: datetime


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="Names the kind of problem: `urn:school-events:problem:{slug}`")
    title: str
    status: int
    detail: str = ""
    errors: list[FieldProblem] = Field(default_factory=list)
    in_the_way: list[OwnAppointment] | None = Field(
        default=None, exclude_if=lambda ways: ways is None, description="At a parents' evening"
    )


def status_of(error: SchoolEventsError) -> int:
    """The HTTP status an error answers with."""
    return _STATUS[error.kind]


def problem(error: SchoolEventsError) -> Problem:
    """An error as its answer's body."""
    return Problem(
        type=f"urn:school-events:problem:{error.slug}",
        title=error.title,
        status=status_of(error),
        detail=error.detail,
        errors=[FieldProblem(field=one.field, message=one.message) for one in error.fields],
        in_the_way=_in_the_way(error),
    )


def answer(error: SchoolEventsError) -> Response[Any]:
    """An error as an answer."""
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)} if error.kind is ErrorKind.TRY_AGAIN else {}
    return Response(
        status_code=status_of(error), content_type=MEDIA_TYPE, body=problem(error).model_dump_json(), headers=headers
    )


def _in_the_way(error: SchoolEventsError) -> list[OwnAppointment] | None:
    ways = error.in_the_way if isinstance(error, Conflict) else ()
    return [OwnAppointment(**asdict(one)) for one in ways] or None


def unexpected() -> Response[Any]:
    """The answer to a bug: it says nothing of what happened, the log does."""
    body = Problem(type="urn:school-events:problem:internal", title="Something went wrong on our side", status=500)
    return Response(status_code=body.status, content_type=MEDIA_TYPE, body=body.model_dump_json())


def invalid_request(errors: Iterable[Mapping[str, Any]]) -> Invalid:
    """What pydantic found wrong with a request, naming each field and never its value."""
    return Invalid(fields=[FieldError(_field(one["loc"]), _sentence(one)) for one in errors])


def _field(location: Iterable[Any]) -> str:
    # A name of one's own choice in an object is the field; pydantic says that it is the key, not the value.
    parts = [str(part) for part in location if part != "[key]"]
    if parts and parts[0] in {"body", "query", "path", "header"}:
        parts = parts[1:]
    return ".".join(parts) or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    kind = str(error["type"])
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in {"value_error", "assertion_error"}:
        return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return _COUNTED.sub("", _SUBJECT.sub("must ", str(error["msg"])))
