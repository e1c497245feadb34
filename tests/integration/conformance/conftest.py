"""One embedded AWS with the toy stack in it, for all conformance tests."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from local.aws import deploy, emulator
from local.aws.clients import Clients
from local.aws.localise import localise
from local.aws.reapply import reapply
from local.places import Ports, RunFolder, free_ports
from local.processes import Process
from local.sign_in.keys import SigningKey
from local.sign_in.people import Person
from local.sign_in.server import serve
from local.sign_in.tokens import Flaw, Issuer, mint
from tests.integration.conformance.toy.template import AUDIENCE, toy_stack

START_SECONDS = 60
SOMEBODY = Person("somebody", "Some Body", "", "some@body.test", ("s1:p1:parent", "s2:p2:staff+finance"))


@dataclass(frozen=True)
class Toy:
    """The deployed toy stack."""

    clients: Clients
    physical: dict[str, str]
    issuer: Issuer

    def client(self, service: str) -> Any:
        """A boto3 client with root keys."""
        return self.clients.client(service)

    @property
    def api_url(self) -> str:
        """Where its HTTP API answers."""
        return f"{self.clients.endpoint}/_aws/execute-api/{self.physical['HttpApi']}/$default"

    def token(self, flaw: Flaw | None = None) -> str:
        """An access token for somebody."""
        return mint(SOMEBODY, self.issuer, datetime.now(UTC), flaw=flaw)

    def invoke(self, function: str, payload: object) -> tuple[str | None, Any]:
        """Call a function; returns the kind of error, if it was one, and what came back."""
        answer = self.client("lambda").invoke(
            FunctionName=self.physical[function], Payload=json.dumps(payload).encode()
        )
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def as_function(self, service: str, operation: str, **arguments: object) -> Any:
        """Make a call to AWS from inside the function behind the API, with its role; returns answer or error."""
        error, outcome = self.invoke(
            "Api", {"task": "call", "service": service, "operation": operation, "arguments": arguments}
        )
        assert error is None, outcome
        return outcome

    def note(self, kind: str, name: str) -> dict[str, Any] | None:
        """What the worker noted about a record it was given."""
        key = {"pk": {"S": kind}, "sk": {"S": name}}
        answer = self.client("dynamodb").get_item(TableName=self.physical["Notes"], Key=key, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item


@dataclass
class Ground:
    """Where an embedded AWS with the toy stack runs."""

    ports: Ports
    issuer: Issuer
    process: Process

    @property
    def folder(self) -> RunFolder:
        """Its folder."""
        return RunFolder.of(self.ports)

    def restart(self) -> None:
        """Have the emulator save, end it, and start another one on what it saved."""
        emulator.save(self.process, self.folder)
        self.process.kill()
        self.process = _started(self.ports)

    def deploy(self) -> Toy:
        """Deploy the toy stack as the product's stacks are."""
        clients = Clients(self.ports.url(self.ports.aws))
        deploy.prepare(clients)
        stack = localise(toy_stack(self.issuer.url))
        physical = deploy.deploy(clients, stack)
        reapply(clients, stack, physical)
        return Toy(clients, physical, self.issuer)


def _started(ports: Ports) -> Process:
    process = emulator.start(ports, RunFolder.of(ports))
    process.wait_until_answers(f"{ports.url(ports.aws)}{emulator.HEALTH}", START_SECONDS)
    return process


@contextmanager
def ground() -> Iterator[Ground]:
    """An empty embedded AWS and a sign-in that its authorizers can ask, on free ports."""
    ports = free_ports()
    folder = RunFolder.of(ports)
    shutil.rmtree(folder.path, ignore_errors=True)
    issuer = Issuer(ports.url(ports.sign_in), AUDIENCE, SigningKey.generate())
    sign_in = serve(ports.sign_in, issuer, {SOMEBODY.key: SOMEBODY})
    threading.Thread(target=sign_in.serve_forever, args=(0.05,), daemon=True).start()
    made = Ground(ports, issuer, _started(ports))
    try:
        yield made
    finally:
        made.process.kill()
        sign_in.shutdown()
        sign_in.server_close()
        shutil.rmtree(folder.scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def toy() -> Iterator[Toy]:
    """The toy stack, for all tests that leave it as it is."""
    with ground() as made:
        yield made.deploy()
