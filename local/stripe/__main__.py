"""`python -m local.stripe`: the local Stripe as a process of its own."""

import argparse
import logging
import signal
import sys
from threading import Event

from local.stripe.running import WEBHOOK_SECRET, running_stripe


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.stripe", description="A small stateful Stripe on this machine."
    )
    parser.add_argument("--port", type=int, default=8402, help="where to listen on 127.0.0.1 (default: 8402)")
    parser.add_argument("--webhook-url", help="the Connect webhook endpoint to deliver events to (default: none)")
    parser.add_argument("--webhook-secret", default=WEBHOOK_SECRET, help="the endpoint's signing secret")
    parser.add_argument("--platform-url", help="the endpoint for events of the platform's own account (default: none)")
    parser.add_argument("--verbose", action="store_true", help="write a line for every request")
    return parser.parse_args()


def main() -> int:
    """Run until interrupted or terminated; answer the exit status."""
    given = _arguments()
    logging.basicConfig(level=logging.INFO if given.verbose else logging.WARNING, format="%(asctime)s %(message)s")
    stop = Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        with running_stripe(
            port=given.port,
            webhook_url=given.webhook_url,
            webhook_secret=given.webhook_secret,
            platform_url=given.platform_url,
        ) as stripe:
            print(f"Local Stripe is up at {stripe.url}", flush=True)
            stop.wait()
    except OSError as trouble:
        print(f"The local Stripe cannot listen on port {given.port}: {trouble.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
