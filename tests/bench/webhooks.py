"""Stripe's webhooks: how long our door takes when nobody has knocked for a while, and how many events are worked off.

The door is measured in processes of their own, from their start to the first answer, with the package that is deployed,
against a naive one (``naive_webhook``, frozen) that imports Stripe's SDK and boto3: as CDK ships it, where Python finds
no bytecode it may use, and with bytecode. AWS is a stub on the loopback interface, without TLS. Shares (P1 of
PERFORMANCE.md) are of processor time, which says the same on a busy machine.
The worker is measured in this process, on tables in memory, with the local Stripe in a thread beside it.
"""

import hashlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

import pytest
import time_machine

from functions.stripe_events.handler import lambda_handler as worker
from infra.assets import function_asset, layer_asset
from local.stripe.running import running_stripe
from local.stripe.signing import header
from school_events.bookings import checkout
from school_events.core import logs
from school_events.payments.events.model import TYPES
from school_events.payments.events.queued import ids_of
from tests.support import tables
from tests.support.booked_world import an_event, as_parent, book
from tests.support.contexts import NOW
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import contact_told, link_told, pupil_told, school_told, staff_told, tell
from tests.support.shop import Shop

_ROUNDS = 5
_PAYMENTS = 60
_SECRET = "whsec_bench"
_HERE = Path(__file__).parent
_PACKAGES = Path(pytest.__file__).parent.parent
_RUNTIME = ("botocore", "boto3", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
_SDK = ("stripe", "requests", "certifi", "idna", "charset_normalizer", "typing_extensions.py")

type Figures = dict[str, float | int]


def run() -> Figures:
    """The door cold and warm, each the median of five instances, and the worker's events a second."""
    return _door() | _worker()


def _door() -> Figures:
    with tempfile.TemporaryDirectory() as folder, _aws() as url:
        variants = _variants(Path(folder))
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
        for _ in range(_ROUNDS):
            for name, path in variants.items():
                seen[name].append(_instance(path, url))
    found = {name: {what: median(one[what] for one in some) for what in some[0]} for name, some in seen.items()}
    ours, naive, compiled = found["ours"], found["naive"], found["naive, with bytecode"]
    figures: Figures = {f"webhook: {name}, {what}": one[what] for name, one in found.items() for what in one}
    figures["webhook: cold start, % of naive (P1: 15)"] = ours["cold CPU ms"] / naive["cold CPU ms"] * 100
    figures["webhook: cold start, % of naive with bytecode"] = ours["cold CPU ms"] / compiled["cold CPU ms"] * 100
    figures["webhook: warm CPU, % of naive"] = ours["warm CPU ms"] / naive["warm CPU ms"] * 100
    return figures


def _variants(folder: Path) -> dict[str, Sequence[Path]]:
    """What stands on each one's path, as it is deployed."""
    runtime, bare, compiled = folder / "runtime", folder / "bare", folder / "compiled"
    runtime.mkdir()
    for name in _RUNTIME:
        (runtime / name).symlink_to(_PACKAGES / name)
    for package in (bare, compiled):
        package.mkdir()
        shutil.copy(_HERE / "naive_webhook" / "handler.py", package)
        for name in (*_RUNTIME, *_SDK):
            _copy(_PACKAGES / name, package / name)
    command = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, str(compiled)], check=True)  # noqa: S603
    ours = (function_asset("stripe_webhook").path, layer_asset("school_events", "").path / "python", runtime)
    return {"ours": ours, "naive": (bare,), "naive, with bytecode": (compiled,)}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _instance(path: Sequence[Path], url: str) -> dict[str, float]:
    """One process from its start to its end, and what it said of itself."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "eu-west-2",
        "AWS_DEFAULT_REGION": "eu-west-2",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "STRIPE_WEBHOOK_SECRET": "stripe-webhook",
        "STRIPE_EVENTS_QUEUE_URL": f"{url}/123456789012/stripe-events",
    }
    command = [sys.executable, "-S", str(_HERE / "one_instance.py")]
    began = time.perf_counter()
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment, text=True) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(_webhook()))
        process.stdin.close()
        assert process.stdout.readline() == "answered\n"
        cold = (time.perf_counter() - began) * 1000
        said: dict[str, float] = json.loads(process.stdout.readline())
    return {"cold ms": cold} | said


def _webhook() -> dict[str, Any]:
    """A webhook of the size that Stripe's are, signed now, as API Gateway hands it over."""
    session = {"id": "cs_1", "object": "checkout.session", "metadata": {"payment_id": "payment_1"}, "more": "x" * 3000}
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": False}
    body = json.dumps(event | {"account": "acct_1", "data": {"object": session}}, indent=2)
    signature = header(body.encode(), _SECRET, int(time.time()))
    return {"body": body, "isBase64Encoded": False, "headers": {"stripe-signature": signature}}


@contextmanager
def _aws() -> Iterator[str]:
    """Secrets Manager and SQS, as far as a webhook needs them."""

    class Stub(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            secret = {"signing_secrets": [_SECRET], "livemode": False}
            answer = {"Name": "stripe-webhook", "SecretString": json.dumps(secret)}
            if "SendMessage" in self.headers["X-Amz-Target"]:
                digest = hashlib.md5(asked["MessageBody"].encode(), usedforsecurity=False).hexdigest()
                answer = {"MessageId": "message-1", "MD5OfMessageBody": digest}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is the base class's)
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _worker() -> Figures:
    """Events a second through the worker: all that Stripe tells of payments, then all of it once more."""
    with _a_shop() as (shop, told):
        families = range(10, 10 + _PAYMENTS)
        event = an_event(capacity=_PAYMENTS, invited=[f"pupil-{number}" for number in families])
        for number in families:
            booked = book(event, f"pupil-{number}", parent=number)
            shop.pay(checkout.open_page(as_parent(number), str(booked.payment_id)))
        began = time.perf_counter()
        _work(told)
        first = time.perf_counter()
        _work(told)
        again = time.perf_counter()
    return {
        "webhook: events of a payment": len(told) / _PAYMENTS,
        "webhook: worker, events a second": len(told) / (first - began),
        "webhook: worker, events a second, all done before": len(told) / (again - first),
    }


@contextmanager
def _a_shop() -> Iterator[tuple[Shop, list[dict[str, Any]]]]:
    """A school with as many families as are to pay, connected to Stripe; what Stripe tells is queued in the list."""
    in_memory = contextmanager(inspect.unwrap(tables.tables))
    told: list[dict[str, Any]] = []
    with (
        in_memory(),
        running_stripe(clock=NOW.timestamp) as server,
        time_machine.travel(NOW, tick=False),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STRIPE_API_URL", server.url)
        patch.setattr(logs, "flush", logs.metrics.clear_metrics)
        tell(school_told(), staff_told("staff-admin", ("school_admin",)), staff_told("staff-1"))
        for number in range(10, 10 + _PAYMENTS):
            pupil, contact = f"pupil-{number}", f"contact-{number}"
            tell(pupil_told(pupil, "Name"), contact_told(contact), link_told(contact, pupil))
        shop = Shop(server)
        shop.account_id = shop.connect()
        server.world.on_event(lambda event: told.append(dict(ids_of(event))) if event["type"] in TYPES else None)
        yield shop, told


def _work(told: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(told), 5):
        batch = sqs_event(*told[start : start + 5], queue="stripe-events")
        assert worker(batch, LambdaContext(remaining_ms=60_000)) == {"batchItemFailures": []}
