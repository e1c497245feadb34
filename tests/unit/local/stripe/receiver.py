"""A webhook endpoint on the loopback interface that keeps what it receives."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """What arrived: the raw bodies, their signatures, and the statuses still to answer before every later 200."""

    statuses: list[int]
    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    @property
    def events(self) -> list[Any]:
        """The bodies as events."""
        return [json.loads(body) for body in self.bodies]

    @property
    def types(self) -> list[str]:
        """The types of the events, in the order of their arrival."""
        return [event["type"] for event in self.events]


@contextmanager
def receiving(statuses: Sequence[int] = ()) -> Iterator[Receiver]:
    """A running endpoint that answers with `statuses` first and 200 from then on."""
    receiver = Receiver(list(statuses))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.signatures.append(self.headers.get("Stripe-Signature", ""))
            self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/v1/webhooks/stripe"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
