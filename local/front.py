"""The HTTP API under a stable address: the embedded AWS makes up a new API id at every start."""

from __future__ import annotations

import http.client
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from local.places import LOOPBACK

# Headers that belong to one connection, not to the message (RFC 9110, 7.6.1).
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
UPSTREAM_SECONDS = 60.0


class ApiFront:
    """Passes every request on to the deployed HTTP API, unchanged but for the path's beginning."""

    def __init__(self, port: int, api_url: str) -> None:
        """Bind to `port` of the loopback interface; `api_url` is the API's address in the embedded AWS.

        Raises:
            OSError: the port is taken.
        """
        upstream = urlsplit(api_url)
        handler = type(
            "Handler", (_Handler,), {"host": upstream.hostname, "port": upstream.port, "prefix": upstream.path}
        )
        self._server = _Server((LOOPBACK, port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    def start(self) -> None:
        """Serve from a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no error of ours; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    host: ClassVar[str]
    port: ClassVar[int]
    prefix: ClassVar[str]

    def setup(self) -> None:
        super().setup()
        self._upstream = http.client.HTTPConnection(self.host, self.port, timeout=UPSTREAM_SECONDS)

    def finish(self) -> None:
        self._upstream.close()
        super().finish()

    def log_message(self, *_arguments: object) -> None:
        """Stay silent: paths carry identifiers of people."""

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            self._upstream.request(self.command, self.prefix + self.path, body, headers)
            self._answer(self._upstream.getresponse())
        except (OSError, http.client.HTTPException):
            self._upstream.close()
            self.send_error(502, "The embedded AWS does not answer")

    def _answer(self, answer: http.client.HTTPResponse) -> None:
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815
