"""The front of every API function: who may call a route, one school per request, problems as answers.

Deny by default (I2): a route names the roles that may call it, and the caller is checked before a byte of the
body is read. A school the caller is no member of answers like a school that does not exist.
"""

import hashlib
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Annotated, Any, Protocol, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from school_events.core import bodies, clock, logs, problems
from school_events.core.caller import Caller, Membership, caller_from_claims
from school_events.core.context import Actor, Context, Role, deadline_of
from school_events.core.dynamodb import is_busy
from school_events.core.errors import AsAnother, Forbidden, Invalid, NotFound, SchoolEventsError, TryAgain
from school_events.core.ids import may_name, new_id
from school_events.core.requests import Request, request

_MOST_KEY_LENGTH = 128
_PATH_PARAMETER = re.compile(r"\{(\w+)\}")
_NOT_AS_THIS = frozenset({401, 403, 404})
"""Refusals of who one is, not of what one asks."""
_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,15})"?')


class ApiModel(BaseModel):
    """A body of the API: unknown fields are refused, nothing is changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _like(pattern: str, example: str) -> BeforeValidator:
    """Text of one form only: pydantic would also take numbers, and texts of numbers, for seconds since 1970."""
    form = re.compile(pattern)

    def check(value: object) -> object:
        if isinstance(value, date) or (isinstance(value, str) and form.fullmatch(value)):
            return value
        raise ValueError(f"must be text such as {example}, of the year 2000 or later")

    return BeforeValidator(check)


_DAY = "2[0-9]{3}-[0-9]{2}-[0-9]{2}"
"""A day of this millennium: from it one can count a year on and back, and to UTC, without leaving the calendar."""


WholeNumber = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
LocalDate = Annotated[date, _like(_DAY, "2026-11-22")]
LocalDateTime = Annotated[datetime, _like(_DAY + "[Tt ][0-9].*", "2026-11-22T08:15")]


class Page[T](ApiModel):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(default=None, description="Ask again with `cursor=` this; null on the last page")


class NotModified(Exception):
    """The caller has what they ask for already; it says which ``ETag``."""


class Access(Protocol):
    """Says whether a member of a school is still one, read fresh (I1)."""

    def __call__(self, ctx: Context, membership: Membership) -> None: ...


@dataclass(frozen=True)
class RouteRule:
    """A route and who may call it; no roles means it is public."""

    method: str
    path: str
    roles: frozenset[Role]
    public: bool

    @property
    def key(self) -> str:
        """API Gateway's name of the route."""
        return f"{self.method} {self.path}"


type Handler = Callable[..., Any]


class SchoolApi:
    """The routes of one function.

    Args:
        name: the capability, as OpenAPI tags its routes.
        access: asked for every call of a route inside a school.
    """

    def __init__(self, name: str, access: Access | None = None) -> None:
        self.name = name
        self.rules: dict[str, RouteRule] = {}
        self.resolver = APIGatewayHttpResolver(
            enable_validation=True,
            response_validation_error_http_code=500,
            json_body_deserializer=bodies.from_json,
        )
        self._access = access
        self._caller: Caller | None = None
        self._context: Context | None = None
        self._moment: Callable[[Membership], Context] | None = None
        self._is_for_another = False
        self.resolver.exception_handler(Exception)(_unexpected)
        self.resolver.not_found(lambda _error: problems.answer(NotFound()))
        self.resolver.exception_handler(SchoolEventsError)(self._refuse)
        self.resolver.exception_handler(NotModified)(_not_modified)
        self.resolver.exception_handler(RequestValidationError)(_invalid_request)
        self.resolver.exception_handler(ResponseValidationError)(_wrong_answer)

    def route(
        self,
        method: str,
        path: str,
        *,
        roles: frozenset[Role] | set[Role] = frozenset(),
        public: bool = False,
        summary: str,
        status: int = 200,
        errors: tuple[type[SchoolEventsError], ...] = (),
    ) -> Callable[[Handler], Handler]:
        """Register a route.

        Args:
            method: the HTTP method.
            path: as API Gateway writes it, ``/v1/schools/{school_id}/…``.
            roles: who may call it; none on a route outside schools that any signed-in caller may call.
            public: needs no token.
            summary: one line for the documentation.
            status: what it answers with when all is well.
            errors: what else it is documented to answer.
        """
        rule = RouteRule(method, path, frozenset(roles), public)
        self.rules[rule.key] = rule
        documented = {problems.status_of(error(error.title)): error.title for error in errors}
        responses: dict[int, Any] = {status: {"description": "Done"}} | {
            code: {"description": title} for code, title in documented.items()
        }
        return cast(
            Callable[[Handler], Handler],
            self.resolver.route(
                path.replace("{", "<").replace("}", ">"),
                method,
                summary=summary,
                tags=[self.name],
                responses=cast(Any, responses),
                security=None if not public else [],
            ),
        )

    @property
    def context(self) -> Context:
        """The moment of the request under way."""
        if self._context is None:
            raise RuntimeError("this route is outside a school")
        return self._context

    def context_in(self, membership: Membership) -> Context:
        """The moment of the request under way in one of the caller's schools, for a route outside schools.

        Nobody has asked yet whether the caller still is a member there.
        """
        if self._moment is None:
            raise RuntimeError("this route is public")
        return self._moment(membership)

    @property
    def caller(self) -> Caller:
        """The caller of the request under way."""
        if self._caller is None:
            raise RuntimeError("this route is public")
        return self._caller

    def asked(self, body: BaseModel | None = None) -> Request:
        """The request under way as something that may be sent twice.

        Raises:
            Invalid: its ``Idempotency-Key`` is empty or longer than 128 characters.
        """
        event = self.resolver.current_event
        key = event.headers.get("idempotency-key")
        if key is not None and not 0 < len(key) <= _MOST_KEY_LENGTH:
            raise Invalid.of("Idempotency-Key", f"must have 1 to {_MOST_KEY_LENGTH} characters")
        return request(key, f"{event.http_method} {event.path}", body)

    def version_to_change(self) -> int:
        """The version the caller read, from ``If-Match``.

        Raises:
            Invalid: there is none, or it is no version of ours.
        """
        tag = _ETAG.fullmatch(self.resolver.current_event.headers.get("if-match", ""))
        if tag is None:
            raise Invalid.of("If-Match", "must be the ETag of what you read")
        return int(tag[1])

    def require_news(self, tag: str) -> None:
        """Go on only if the caller does not have what an ``ETag`` names (``If-None-Match``, RFC 9110, 13.1.2).

        Raises:
            NotModified: they have it: 304.
        """
        known = self.resolver.current_event.headers.get("if-none-match", "").split(",")
        if f'"{tag}"' in {one.strip().removeprefix("W/") for one in known}:
            raise NotModified(tag)

    def handle(self, event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Answer one HTTP API (payload 2.0) event."""
        route_key = str(event.get("routeKey", ""))
        request_id = str(event.get("requestContext", {}).get("requestId", ""))
        with logs.logger.append_context_keys(route=route_key, request_id=request_id):
            answer = self._answer(event, route_key, lambda_context)
        logs.flush()
        return answer

    def _answer(self, event: dict[str, Any], route_key: str, lambda_context: Any) -> dict[str, Any]:
        started = clock.utc_now()
        try:
            path, memberships = self._let_in(event, route_key, started, lambda_context)
            answer = self._answer_as_any(memberships, {**event, "rawPath": path}, lambda_context)
        except SchoolEventsError as error:
            answer = _problem(problems.answer(error))
        except Exception as error:  # noqa: BLE001 - the last line of defence: log it, say nothing of it
            answer = _problem(_unexpected(error))
        finally:
            self._caller = self._context = self._moment = None
        took = clock.utc_now() - started
        logs.logger.info("answered", status=answer["statusCode"], ms=round(took.total_seconds() * 1000, 1))
        if answer["statusCode"] in {401, 403}:
            logs.count("Denied")
        return answer

    def _let_in(
        self, event: Mapping[str, Any], route_key: str, now: datetime, lambda_context: Any
    ) -> tuple[str, Sequence[Membership | None]]:
        """The path of the route, and what the caller may call it as; nothing where no membership is asked for."""
        rule = self.rules.get(route_key)
        if rule is None:
            raise NotFound
        parameters = event.get("pathParameters") or {}
        path = _path(rule, parameters)
        if rule.public:
            return path, (None,)
        request_context = event["requestContext"]
        claims = request_context.get("authorizer", {}).get("jwt", {}).get("claims", {})
        self._caller = caller = caller_from_claims(claims, now)
        self._moment = partial(_context, caller, request_context, now, deadline_of(lambda_context, now))
        if "{school_id}" not in rule.path:
            return path, (None,)
        return path, _memberships(caller, parameters["school_id"], rule.roles)

    def _answer_as_any(
        self, memberships: Sequence[Membership | None], event: dict[str, Any], lambda_context: Any
    ) -> dict[str, Any]:
        """The answer to the caller as the first of their memberships that gets one.

        A teacher whose child is at the school sees what either may see: what the one is refused, and so has not
        changed, is asked again as the other. Of two refusals that as whom it was meant for says more.
        """
        refusals: list[tuple[bool, dict[str, Any]]] = []
        for membership in memberships:
            self._is_for_another = False
            answer = self._answer_as(membership, event, lambda_context)
            if answer["statusCode"] not in _NOT_AS_THIS and not self._is_for_another:
                return answer
            refusals.append((self._is_for_another, answer))
        return min(refusals, key=lambda one: one[0])[1]

    def _answer_as(self, membership: Membership | None, event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        try:
            if membership is not None and self._moment is not None:
                self._context = self._moment(membership)
                if self._access is not None:
                    self._access(self._context, membership)
            answer = dict(self.resolver.resolve({**event, **bodies.checked(event)}, lambda_context))
        except SchoolEventsError as error:
            return _problem(problems.answer(error))
        answer["body"] = answer.get("body") or ""
        return answer

    def _refuse(self, error: SchoolEventsError) -> Response[Any]:
        self._is_for_another = isinstance(error, AsAnother)
        return problems.answer(error)


def tag_of(body: BaseModel) -> str:
    """An ``ETag`` that changes with anything in an answer."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:32]


def reply(body: BaseModel, *, status: int = 200, version: int | str | None = None, location: str = "") -> Response[Any]:
    """An answer with more than a body.

    Args:
        body: what to answer.
        status: the HTTP status.
        version: becomes the ``ETag``.
        location: where the thing made can be read.
    """
    headers: dict[str, str | list[str]] = {}
    if version is not None:
        headers["ETag"] = f'"{version}"'
    if location:
        headers["Location"] = location
    # The model itself: the resolver checks it against what the route says it answers, then writes it.
    return Response(status_code=status, content_type="application/json", body=body, headers=headers)


def _path(rule: RouteRule, parameters: Mapping[str, str]) -> str:
    """The path of the route that API Gateway chose, with the parameters it found.

    The resolver chooses by path again. Left to the path as sent, an encoded slash in a parameter could lead it to
    another route than the one whose roles were checked.

    Raises:
        NotFound: a parameter is missing, holds a slash or is too long, so it names nothing of ours.
    """
    named = {name: parameters.get(name, "") for name in _PATH_PARAMETER.findall(rule.path)}
    if not all(may_name(value) for value in named.values()):
        raise NotFound
    return _PATH_PARAMETER.sub(lambda found: named[found[1]], rule.path)


def _context(
    caller: Caller, request_context: Mapping[str, Any], now: datetime, deadline: datetime, membership: Membership
) -> Context:
    return Context(
        school_id=membership.school_id,
        actor=Actor(membership.kind, membership.person_id),
        now=now,
        deadline=deadline,
        new_id=new_id,
        random=random.SystemRandom(),
        request_id=str(request_context.get("requestId", "")),
        origin=str(request_context.get("http", {}).get("sourceIp", "")),
        roles=membership.roles,
        mfa=caller.mfa,
    )


def _memberships(caller: Caller, school_id: str, roles: frozenset[Role]) -> Sequence[Membership]:
    """What the caller is here that lets them call the route; mostly one thing.

    Raises:
        NotFound: the caller is no member of the school.
        Forbidden: none of the caller's roles may.
    """
    here = caller.memberships_in(school_id)
    if not here:
        raise NotFound
    allowed = [one for one in here if one.roles & roles]
    if not allowed:
        raise Forbidden
    return allowed


def _not_modified(tag: NotModified) -> Response[Any]:
    return Response(status_code=304, headers={"ETag": f'"{tag}"'})


def _invalid_request(error: RequestValidationError) -> Response[Any]:
    return problems.answer(problems.invalid_request(error.errors()))


def _wrong_answer(error: ResponseValidationError) -> Response[Any]:
    raise RuntimeError("a route answers something else than it says") from error


def _unexpected(error: Exception) -> Response[Any]:
    """The answer to what nobody foresaw. The log gets its kind and place: its text may hold personal data."""
    if is_busy(error):
        return problems.answer(TryAgain())
    logs.logger.error("unexpected", error=type(error).__name__, where=logs.place_of(error))
    return problems.unexpected()


def _problem(answer: Response[Any]) -> dict[str, Any]:
    return {
        "statusCode": answer.status_code,
        "headers": {"content-type": problems.MEDIA_TYPE, **{k: str(v) for k, v in answer.headers.items()}},
        "body": answer.body,
        "isBase64Encoded": False,
    }
