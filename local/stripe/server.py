"""HTTP on the loopback interface around the local Stripe."""

import json
import logging
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from local.stripe import pages
from local.stripe.api import Api, Request, Response
from local.stripe.control import Control
from local.stripe.errors import Json, StripeError, invalid
from local.stripe.pages import Page
from local.stripe.world import World

_log = logging.getLogger(__name__)
_LARGEST_BODY = 1_000_000
_LOCAL_NAMES = ("127.0.0.1", "localhost")


class Site:
    """Sends each request to the API, a page or a control."""

    def __init__(self, world: World, api: Api, control: Control) -> None:
        """Serve these parts of one local Stripe."""
        self._world = world
        self._api = api
        self._control = control

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        if request.path.startswith("/v1/"):
            return self._api.answer(request)
        try:
            if request.path.startswith("/_control/"):
                return _as_json(200, self._pulled(request))
            return _as_html(self._page(request))
        except StripeError as refusal:
            return _as_json(refusal.status, {"error": refusal.error})

    def _pulled(self, request: Request) -> Json:
        # A page of some web site must not reach the controls through a name it points at this machine.
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in _LOCAL_NAMES:
            raise invalid("Controls answer on this machine's own name only.", status=403)
        return self._control.pull(request.method, request.path.removeprefix("/_control/"), request.body)

    def _page(self, request: Request) -> Page:
        fields = dict(parse_qsl(request.body))
        match request.method, request.path.strip("/").split("/"):
            case "GET", [""]:
                return pages.index(self._world)
            case "GET", ["c", "pay", session_id]:
                return pages.show_checkout(self._world, session_id)
            case "POST", ["c", "pay", session_id]:
                return pages.post_checkout(self._world, session_id, fields)
            case "GET", ["setup", "e", account_id, token]:
                return pages.show_onboarding(self._world, account_id, token)
            case "POST", ["setup", "e", account_id, token]:
                return pages.post_onboarding(self._world, account_id, token, fields)
        raise invalid("There is no such page.", status=404)


def _as_json(status: int, body: Json) -> Response:
    return Response(status, json.dumps(body, indent=2).encode(), {"Content-Type": "application/json"})


def _as_html(page: Page) -> Response:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    }
    if page.location is not None:
        headers["Location"] = page.location
    return Response(page.status, page.html.encode(), headers)


def serve(site_of: Callable[[str], Site], port: int) -> ThreadingHTTPServer:
    """A server bound to the loopback interface, not yet serving.

    Args:
        site_of: makes the site once the server's own address (no slash at its end) is known.
        port: where to listen; 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    server = ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler, bind_and_activate=False)
    server.daemon_threads = True
    try:
        server.server_bind()
        server.server_activate()
    except OSError:
        server.server_close()
        raise
    server.RequestHandlerClass = _handler(site_of(f"http://127.0.0.1:{server.server_port}"))
    return server


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Turns HTTP messages into requests and answers into HTTP messages."""

        protocol_version = "HTTP/1.1"
        server_version = "local-stripe"
        timeout = 75  # seconds an idle connection is kept
        wbufsize = -1  # one packet an answer; without it, head and body wait for each other's acknowledgement

        def do_GET(self) -> None:
            self._handle("")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "0")
            if not length.isdecimal() or int(length) > _LARGEST_BODY:
                self.send_error(413)
                return
            self._handle(self.rfile.read(int(length)).decode("utf-8", "replace"))

        def do_DELETE(self) -> None:
            self._handle("")

        def _handle(self, body: str) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(site.answer(Request(self.command, parts.path, parts.query, body, headers)))

        def _send(self, response: Response) -> None:
            if response.lost:
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
            _log.info(format, *args)

    return Handler
