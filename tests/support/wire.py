"""Every call to AWS and to Stripe that an invocation makes, seen where it leaves the process.

Before any of them the invocation can be overtaken by another, broken, or killed.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from botocore.client import BaseClient

from local.stripe.api import Api, Request
from local.stripe.running import LocalStripe
from tests.support.crashes import Killed

_READS = frozenset({"GetItem", "BatchGetItem", "Query", "GetSecretValue"})
_NONE = ""
"""Stands for the test, which asks for things of its own in the midst of an invocation."""

_SENDING = frozenset({"SendMessage", "SendMessageBatch"})
_IDENTIFIER = re.compile(r"/[a-z]+_(?:test_)?[0-9A-Za-z]+(?=/|$)")


@dataclass
class _Meanwhile:
    name: str
    skip: int
    act: Callable[[], object]


@dataclass
class Wire:
    """The calls of all invocations so far, and what is to become of one of those to come.

    Args:
        kill_at: the invocation under way is killed once this many calls have been made, if that is not negative.
        calls: what was called, in order, each with the function that called.
        queued: the messages in the queue.
    """

    kill_at: int = -1
    calls: list[str] = field(default_factory=list)
    queued: list[Any] = field(default_factory=list)
    _functions: list[str] = field(default_factory=list)
    _meanwhile: list[_Meanwhile] = field(default_factory=list)

    def meanwhile(self, name: str, act: Callable[[], object], *, skip: int = 0) -> None:
        """Do something once, just before a call of this name leaves; whatever it raises, the call raises.

        Args:
            name: what the call's name starts with: ``TransactWriteItems``, ``Stripe POST refunds``.
            act: what happens.
            skip: so many calls of that name go out undisturbed.
        """
        self._meanwhile.append(_Meanwhile(name, skip, act))

    def undisturbed(self) -> None:
        """Nothing happens in the midst of what is to come."""
        self._meanwhile.clear()

    @contextmanager
    def invocation(self, function: str) -> Iterator[None]:
        """Inside the block calls are those of an invocation of a function."""
        self._functions.append(function)
        try:
            yield
        finally:
            self._functions.pop()

    def reset(self, kill_at: int = -1) -> None:
        """Forget what was called and what is to come."""
        self.kill_at = kill_at
        self.calls.clear()
        self.queued.clear()
        self._meanwhile.clear()

    def points(self) -> list[int]:
        """After how many calls killing leaves something else behind than killing earlier; a read leaves nothing."""
        return [0, *(number for number, call in enumerate(self.calls, 1) if not _is_read(call))]

    def make[A](self, name: str, call: Callable[[], A]) -> A:
        """Let a call out, or be killed; outside invocations nothing happens to it."""
        if not self._functions or self._functions[-1] == _NONE:
            return call()
        self._do_meanwhile(name)
        self._kill_if_it_is_time()
        self.calls.append(f"{self._functions[-1]}: {name}")
        answer = call()
        self._kill_if_it_is_time()
        return answer

    def _kill_if_it_is_time(self) -> None:
        if len(self.calls) == self.kill_at:
            self.kill_at = -1
            raise Killed

    def _do_meanwhile(self, name: str) -> None:
        found = [one for one in self._meanwhile if name.startswith(one.name)]
        if not found:
            return
        if found[0].skip:
            found[0].skip -= 1
            return
        self._meanwhile.remove(found[0])
        with self.invocation(_NONE):
            found[0].act()


def _is_read(call: str) -> bool:
    name = call.split(": ", 1)[1]
    return name in _READS or name.startswith("Stripe GET")


@contextmanager
def wired(server: LocalStripe, queue: str) -> Iterator[Wire]:
    """Inside the block every call to AWS and Stripe goes through the wire; those to Stripe and a queue go no further.

    Args:
        server: the Stripe that is asked, past its HTTP.
        queue: the name of the queue whose messages are kept on the wire.
    """
    wire = Wire()
    ask_aws, api = BaseClient._make_api_call, Api(server.world, server.keys, server.faults)

    def sent(operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        bodies = [one["MessageBody"] for one in asked.get("Entries", [asked])]
        wire.queued += [json.loads(body) for body in bodies]
        return {}

    def aws_asked(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if operation in _SENDING and asked["QueueUrl"].endswith(f"/{queue}"):
            return wire.make(operation, lambda: sent(operation, asked))
        return wire.make(operation, lambda: ask_aws(client, operation, asked))

    def stripe_asked(client: Any, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        path = _IDENTIFIER.sub("/{id}", urlsplit(url).path).removeprefix("/v1/")
        return wire.make(
            f"Stripe {method.upper()} {path}", lambda: _stripe_answers(api, method, url, headers, post_data)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", aws_asked)
        patch.setattr(stripe.RequestsClient, "request", stripe_asked)
        yield wire


def _stripe_answers(
    api: Api, method: str, url: str, headers: dict[str, str], post_data: str | None
) -> tuple[bytes, int, dict[str, str]]:
    """What the SDK's HTTP client would bring back."""
    parts = urlsplit(url)
    sent = {name.lower(): value for name, value in headers.items()}
    answer = api.answer(Request(method.upper(), parts.path, parts.query, post_data or "", sent))
    if answer.lost:
        lost: Callable[..., Exception] = stripe.APIConnectionError
        raise lost("The answer was lost", should_retry=True)
    return answer.body, answer.status, answer.headers
