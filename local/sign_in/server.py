"""The sign-in over HTTP, on the loopback address only."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from .flow import FlowError, SignIn
from .pages import choose_person, start
from .people import Person
from .tokens import Issuer

LOOPBACK: Final = "127.0.0.1"
_MAX_FORM_BYTES: Final = 16_384
_TOKENS: Final = "/demo/tokens/"


@dataclass(frozen=True)
class Answer:
    """What goes back to a client."""

    status: int
    body: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_get(sign_in: SignIn, path: str, parameters: Mapping[str, str]) -> Answer:
    """Answers a GET. Raises FlowError where the request makes no sense."""
    if path == "/.well-known/openid-configuration":
        return _json(sign_in.discovery())
    if path == "/.well-known/jwks.json":
        return _json(sign_in.issuer.key.jwks())
    if path == "/oauth2/authorize":
        sign_in.asked(parameters)
        return Answer(200, choose_person(sign_in.people.values(), parameters), "text/html; charset=utf-8")
    if path.startswith(_TOKENS):
        return Answer(200, sign_in.token_for(path.removeprefix(_TOKENS)), "text/plain; charset=utf-8")
    if path == "/":
        return Answer(200, start(sign_in.people.values()), "text/html; charset=utf-8")
    return _json({"error": "not_found"}, 404)


def answer_post(sign_in: SignIn, path: str, form: Mapping[str, str]) -> Answer:
    """Answers a POST. Raises FlowError where the request makes no sense."""
    if path == "/oauth2/authorize":
        request = sign_in.asked(form)
        return Answer(302, headers={"Location": sign_in.signed_in(request, form.get("person", ""))})
    if path == "/oauth2/token":
        return _json(sign_in.redeem(form))
    return _json({"error": "not_found"}, 404)


def serve(
    port: int,
    issuer: Issuer,
    people: Mapping[str, Person],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ThreadingHTTPServer:
    """A server bound to a port of the loopback address; the caller runs and closes it.

    Args:
        port: Where to listen; 0 picks a free port.
        issuer: Who signs the tokens.
        people: Who can sign in, by key.
        now: Tells the present instant.

    Raises:
        OSError: The port is taken.
    """
    ready = SignIn(issuer, people, now, lambda: secrets.token_urlsafe(32))

    class Handler(_Handler):
        sign_in = ready

    return _Server((LOOPBACK, port), Handler)


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    sign_in: SignIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answers a GET."""
        parts = urlsplit(self.path)
        self._send(lambda: answer_get(self.sign_in, parts.path, dict(parse_qsl(parts.query))))

    def do_POST(self) -> None:
        """Answers a form."""
        length = self.headers.get("Content-Length") or ""
        if not length.isdecimal() or int(length) > _MAX_FORM_BYTES:
            self.close_connection = True
            self._send(lambda: _json({"error": "invalid_request"}, 413 if length.isdecimal() else 411))
            return
        form = dict(parse_qsl(self.rfile.read(int(length)).decode(errors="replace")))
        self._send(lambda: answer_post(self.sign_in, urlsplit(self.path).path, form))

    def do_OPTIONS(self) -> None:
        """Answers the question a browser asks before an app on another port may call."""
        allowed = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Content-Type"}
        self._send(lambda: Answer(204, headers=allowed))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
        """Writes nothing: addresses here carry codes, answers carry tokens."""

    def _send(self, answer_of: Callable[[], Answer]) -> None:
        try:
            answer = answer_of()
        except FlowError as error:
            answer = _json({"error": error.code, "error_description": error.description}, 400)
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        # No cookies and no secrets here: any page may read what anybody on this machine may ask for.
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(body)


def _json(content: Mapping[str, Any], status: int = 200) -> Answer:
    return Answer(status, json.dumps(content))
