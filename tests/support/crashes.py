"""Stopping a story dead just before or just after any one of its calls to DynamoDB and Stripe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from pynamodb.connection.base import Connection

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})


def is_read(name: str) -> bool:
    """Whether a call leaves nothing behind."""
    return name in _READS or name.startswith("Stripe GET")


class Killed(BaseException):
    """The process is gone: nothing of the product catches this."""


@dataclass
class Calls:
    """The calls a story makes, and before which of them (from 0) it is killed; never, if that is negative."""

    stop_before: int = -1
    names: list[str] = field(default_factory=list)

    def make[A](self, name: str, call: Callable[[], A]) -> A:
        """Carry a call out, or be killed before it."""
        if len(self.names) == self.stop_before:
            raise Killed
        self.names.append(name)
        answer = call()
        if len(self.names) == self.stop_before:
            raise Killed
        return answer

    def points(self) -> list[int]:
        """Where killing the story leaves something else behind than killing it earlier: before which calls.

        Killed after a call and killed before the next one is the same, and a read leaves nothing behind; so these
        stand for every point before and after every call.
        """
        return [0, *(number for number, name in enumerate(self.names, 1) if not is_read(name))]


@contextmanager
def watched(calls: Calls) -> Iterator[Calls]:
    """Every call to DynamoDB and Stripe inside the block goes through ``calls``."""
    dispatch = Connection.dispatch

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        return calls.make(operation, lambda: dispatch(connection, operation, request))

    request = stripe.RequestsClient.request

    def asked(client: stripe.RequestsClient, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        name = f"Stripe {method.upper()} {urlsplit(url).path}"
        return calls.make(name, lambda: request(client, method, url, *args, **kwargs))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", dispatched)
        patch.setattr(stripe.RequestsClient, "request", asked)
        yield calls
