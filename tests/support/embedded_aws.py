"""The embedded AWS (the local stage's) with the product's tables in it, for tests that threads run through.

Unlike moto it answers many at once and keeps each write whole, so what happens under concurrency is tested here.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from pynamodb.connection import Connection

from local.aws import emulator
from local.places import RunFolder, free_ports
from school_events.core import aws, dynamodb, thin_aws
from tests.support.tables import INDEXES, make_health_key, make_secrets, make_tables, rows

_START_SECONDS = 60
_MOST_WRITES = 25
"""A batch has at most this many writes (DynamoDB)."""


class EmbeddedAws:
    """A running embedded AWS; its clients are made once, by the product's own code, and kept from test to test."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client: Callable[[str], Any] = cache(aws.client.__wrapped__)
        self._connection: Callable[[], Connection] = cache(dynamodb.connection.__wrapped__)

    @contextmanager
    def used(self) -> Iterator[None]:
        """The product talks to this AWS inside the block, as the root of its one account."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", self.url)
            patch.setenv("AWS_ACCESS_KEY_ID", emulator.ACCOUNT)
            patch.setenv("AWS_SECRET_ACCESS_KEY", emulator.ACCOUNT)
            patch.delenv("AWS_SESSION_TOKEN")
            patch.setattr(aws, "client", self._client)
            patch.setattr(dynamodb, "connection", self._connection)
            aws._secrets.clear()
            thin_aws._secrets.clear()
            yield
        aws._secrets.clear()
        thin_aws._secrets.clear()

    def empty(self, tables: Iterable[str] = INDEXES) -> None:
        """Take everything out of tables; of all, unless told which."""
        for table in tables:
            found = rows(table)
            for start in range(0, len(found), _MOST_WRITES):
                some = found[start : start + _MOST_WRITES]
                requests = [{"DeleteRequest": {"Key": {"pk": row["pk"], "sk": row["sk"]}}} for row in some]
                self._client("dynamodb").batch_write_item(RequestItems={table: requests})


@contextmanager
def embedded_aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS on a free port of the loopback interface, stopped at the end of the block."""
    ports = free_ports()
    folder = RunFolder.of(ports)
    shutil.rmtree(folder.path, ignore_errors=True)
    process = emulator.start(ports, folder)
    try:
        process.wait_until_answers(f"{ports.url(ports.aws)}{emulator.HEALTH}", _START_SECONDS)
        running = EmbeddedAws(ports.url(ports.aws))
        with running.used():
            make_tables()
            make_secrets()
            make_health_key()
        yield running
    finally:
        process.stop()
        shutil.rmtree(folder.path, ignore_errors=True)
