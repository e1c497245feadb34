"""The front of every API function: who may call a route, one school per request, problems as answers.

Deny by default (I2): a route names the roles that may call it, and the caller is checked before a byte of the
body is read. A school the caller is no member of answers like a school that does not exist.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Any, Protocol, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError, ResponseValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict

from school_events.core import clock, logs, problems
from school_events.core.caller import Caller, Membership, caller_from_claims
from school_events.core.context import Actor, Context, Role
from school_events.core.errors import Forbidden, Invalid, NotFound, SchoolEventsError, TooLarge, UnsupportedMediaType
from school_events.core.ids import new_id
from school_events.core.requests import Request, request

MOST_BODY_BYTES = 256 * 1024
TIME_TO_ANSWER = timedelta(seconds=20)
"""Retries end by then; API Gateway waits 30 seconds."""

_MOST_KEY_LENGTH = 128


class ApiModel(BaseModel):
    """A body of the API: unknown fields are refused, nothing is changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _only_text(value: object) -> object:
    if isinstance(value, (str, date)):
        return value
    raise ValueError("must be text")


WholeNumber = Annotated[int, Strict()]
YesNo = Annotated[bool, Strict()]
LocalDate = Annotated[date, BeforeValidator(_only_text)]
LocalDateTime = Annotated[datetime, BeforeValidator(_only_text)]


class Page[T](ApiModel):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(default=None, description="Ask again with `cursor=` this; null on the last page")


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
        self.resolver = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
        self._access = access
        self._caller: Caller | None = None
        self._context: Context | None = None
        self._moment: Callable[[Membership], Context] | None = None
        self.resolver.exception_handler(SchoolEventsError)(problems.answer)
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
        tag = self.resolver.current_event.headers.get("if-match", "").removeprefix("W/").strip('"')
        if not tag.isdecimal():
            raise Invalid.of("If-Match", "must be the ETag of what you read")
        return int(tag)

    def handle(self, event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
        """Answer one HTTP API (payload 2.0) event."""
        started = clock.utc_now()
        route_key = str(event.get("routeKey", ""))
        try:
            self._let_in(event, route_key, started)
            answer = dict(self.resolver.resolve(event, lambda_context))
        except SchoolEventsError as error:
            answer = _problem(error)
        except Exception as error:  # noqa: BLE001 - the last line of defence: log it, say nothing of it
            logs.logger.error("unexpected", route=route_key, error=type(error).__name__, where=_where(error))
            answer = problems.unexpected()
        finally:
            self._caller = self._context = self._moment = None
        took = clock.utc_now() - started
        logs.logger.info(
            "answered", route=route_key, status=answer["statusCode"], ms=round(took.total_seconds() * 1000, 1)
        )
        if answer["statusCode"] in {401, 403}:
            logs.count("Denied")
        logs.flush()
        return answer

    def _let_in(self, event: Mapping[str, Any], route_key: str, now: datetime) -> None:
        rule = self.rules.get(route_key)
        if rule is None:
            raise NotFound
        _check_body(event)
        if rule.public:
            return
        request_context = event["requestContext"]
        claims = request_context.get("authorizer", {}).get("jwt", {}).get("claims", {})
        self._caller = caller = caller_from_claims(claims, now)
        self._moment = partial(_context, caller, request_context, now)
        school_id = (event.get("pathParameters") or {}).get("school_id")
        if school_id is None:
            return
        membership = _membership(caller, school_id, rule.roles)
        self._context = self._moment(membership)
        if self._access is not None:
            self._access(self._context, membership)


def reply(body: BaseModel, *, status: int = 200, version: int | None = None, location: str = "") -> Response[Any]:
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


def _context(caller: Caller, request_context: Mapping[str, Any], now: datetime, membership: Membership) -> Context:
    return Context(
        school_id=membership.school_id,
        actor=Actor(membership.kind, membership.person_id),
        now=now,
        deadline=now + TIME_TO_ANSWER,
        new_id=new_id,
        random=random.SystemRandom(),
        request_id=str(request_context.get("requestId", "")),
        origin=str(request_context.get("http", {}).get("sourceIp", "")),
        roles=membership.roles,
        mfa=caller.mfa,
    )


def _membership(caller: Caller, school_id: str, roles: frozenset[Role]) -> Membership:
    """What the caller is here that lets them call the route.

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
    return allowed[0]


def _check_body(event: Mapping[str, Any]) -> None:
    body = event.get("body") or ""
    if len(body.encode()) > MOST_BODY_BYTES:
        raise TooLarge(f"A body has at most {MOST_BODY_BYTES // 1024} KB")
    content_type = str({k.lower(): v for k, v in (event.get("headers") or {}).items()}.get("content-type", ""))
    if body and not content_type.startswith("application/json"):
        raise UnsupportedMediaType


def _invalid_request(error: RequestValidationError) -> Response[Any]:
    return problems.answer(problems.invalid_request(error.errors()))


def _wrong_answer(error: ResponseValidationError) -> Response[Any]:
    raise RuntimeError("a route answers something else than it says") from error


def _problem(error: SchoolEventsError) -> dict[str, Any]:
    answer = problems.answer(error)
    return {
        "statusCode": answer.status_code,
        "headers": {"content-type": problems.MEDIA_TYPE, **{k: str(v) for k, v in answer.headers.items()}},
        "body": answer.body,
        "isBase64Encoded": False,
    }


def _where(error: BaseException) -> str:
    """The place an error was raised, as ``file:line``: enough to find it, without what it was about."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
