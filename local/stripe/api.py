"""Stripe's API without its HTTP server: a request in, an answer out."""

import json
import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.stripe.errors import Json, StripeError
from local.stripe.expansion import worded
from local.stripe.faults import Faults
from local.stripe.idempotency import Answer, IdempotencyKeys
from local.stripe.parameters import decoded
from local.stripe.passing_time import pass_time
from local.stripe.routes import Route, route_of
from local.stripe.world import API_VERSION, PLATFORM, Cause, World


@dataclass(frozen=True)
class Request:
    """An HTTP request; the names of `headers` are in lower case."""

    method: str
    path: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Response:
    """An HTTP answer; `lost` asks the server to break the connection instead of sending it."""

    status: int
    body: bytes
    headers: dict[str, str]
    lost: bool = False


class Api:
    """Reads, checks and carries out the requests of Stripe's API."""

    def __init__(self, world: World, keys: IdempotencyKeys, faults: Faults) -> None:
        """Answer for `world`, remembering idempotency keys in `keys` and suffering `faults`."""
        self._world = world
        self._keys = keys
        self._faults = faults

    def answer(self, request: Request) -> Response:
        """The answer to one request; every refusal is worded as Stripe words it."""
        request_id = self._world.ids.new("req", 14)
        headers = {"Content-Type": "application/json", "Request-Id": request_id, "Stripe-Version": API_VERSION}
        headers.update(_echoed(request.headers))
        try:
            result = self._result(request, request_id)
        except StripeError as refusal:
            result = Answer(refusal.status, refusal.body(request_id), request_id)
        if result.request_id != request_id:
            headers.update({"Idempotent-Replayed": "true", "Original-Request": result.request_id})
        if result.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
        lost = request.method == "POST" and self._faults.take_lost_answer()
        return Response(result.status, json.dumps(result.body, indent=2).encode(), headers, lost)

    def _result(self, request: Request, request_id: str) -> Answer:
        outage = self._faults.take_outage()
        if outage is not None:
            raise StripeError(outage, "api_error", "Sorry! There was an error while talking to one of our backends.")
        pass_time(self._world)
        _check_key(request.headers.get("authorization", ""))
        route, identifier = route_of(request.method, request.path)
        account_id = request.headers.get("stripe-account", PLATFORM)
        self._world.book(account_id)
        params = route.accepts.read(decoded(request.query if request.method == "GET" else request.body))
        work = _Work(route, identifier, account_id, params, request_id)
        key = request.headers.get("idempotency-key")
        return self._once(work, request.path, key) if request.method == "POST" and key else self._do(work, None)

    def _once(self, work: "_Work", path: str, key: str) -> Answer:
        if len(key) > 255:
            raise StripeError(400, "invalid_request_error", "Idempotency keys can be at most 255 characters long.")
        earlier = self._keys.begin(work.account_id, key, path, work.params)
        if earlier is not None:
            return earlier
        try:
            answer = self._do(work, key)
        except BaseException:
            self._keys.abandon(work.account_id, key)
            raise
        self._keys.finish(work.account_id, key, answer)
        return answer

    def _do(self, work: "_Work", key: str | None) -> Answer:
        if work.route.method == "POST":
            self._faults.pass_or_hang()
        try:
            with self._world.lock:
                call = self._world.call(work.account_id, Cause(work.request_id, key))
                thing = work.route.act(call, work.identifier, work.params)
                body = worded(call.book, thing, work.params.get("expand", []))
        except StripeError as refusal:
            return Answer(refusal.status, refusal.body(work.request_id), work.request_id)
        return Answer(200, body, work.request_id)


@dataclass(frozen=True)
class _Work:
    route: Route
    identifier: str
    account_id: str
    params: Json
    request_id: str


def _echoed(headers: Mapping[str, str]) -> dict[str, str]:
    names = {"idempotency-key": "Idempotency-Key", "stripe-account": "Stripe-Account"}
    return {shown: headers[name] for name, shown in names.items() if name in headers}


def _check_key(authorization: str) -> None:
    scheme, _, rest = authorization.partition(" ")
    key = rest.strip() if scheme.lower() == "bearer" else _user(rest) if scheme.lower() == "basic" else ""
    if not key:
        raise StripeError(
            401,
            "invalid_request_error",
            "You did not provide an API key. You need to provide your API key in the Authorization header, using "
            "Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    if not re.fullmatch(r"[sr]k_test_\w+", key):
        raise StripeError(401, "invalid_request_error", f"Invalid API Key provided: {key[:8]}***")


def _user(credentials: str) -> str:
    """The user name of HTTP Basic credentials, where Stripe also takes its key."""
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[0]
    except (NotBase64, UnicodeDecodeError):
        return ""
