"""Starts the local sign-in: `python -m local.sign_in --port 8401 --people build/demo-school/people.json`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from .keys import SigningKey
from .people import load_people
from .server import LOOPBACK, serve
from .tokens import Issuer


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.sign_in", description=__doc__)
    parser.add_argument("--port", type=int, default=8401, help="port of the loopback address to listen on")
    parser.add_argument("--issuer", help="the iss of tokens; left out: the address it listens on")
    parser.add_argument("--audience", default="school-events", help="the aud of tokens, and the client id")
    parser.add_argument("--people", type=Path, required=True, help="JSON file of the people who can sign in")
    parser.add_argument("--keys", type=Path, help="folder that keeps the key; left out: a new key each start")
    options = parser.parse_args(arguments)
    key = SigningKey.kept_in(options.keys) if options.keys else SigningKey.generate()
    issuer = Issuer(options.issuer or f"http://{LOOPBACK}:{options.port}", options.audience, key)
    try:
        server = serve(options.port, issuer, load_people(options.people))
    except OSError as error:
        sys.stderr.write(f"cannot listen on {LOOPBACK}:{options.port}: {error.strerror}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    sys.stdout.write(f"sign-in at http://{LOOPBACK}:{options.port}, issuer {issuer.url}\n")
    sys.stdout.flush()
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
