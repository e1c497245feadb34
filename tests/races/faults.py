"""Faults that strike writes, whom they strike, and how often they did."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

from local import http_client
from local.aws import emulator
from local.places import LOOPBACK, RunFolder, free_ports
from local.processes import Process

HEADER = "x-race-fault"
"""Tells the proxy which fault a request is to meet."""

_START_SECONDS = 60.0


class Killed(BaseException):
    """The process is gone: nothing of the product catches this."""


class Fault(StrEnum):
    """What may happen to a write."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_PROGRESS = "in-progress"
    SERVER_ERROR = "server-error"
    UNAVAILABLE = "unavailable"
    RESET = "reset"
    ANSWER_LOST = "answer-lost"
    TIMED_OUT = "timed-out"
    TIMED_OUT_DONE = "timed-out, but done"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


KILLS = frozenset({Fault.KILLED_BEFORE, Fault.KILLED_AFTER})
UNANSWERED = frozenset({Fault.TIMED_OUT, Fault.TIMED_OUT_DONE})
"""Made where the SDK waits for an answer: nobody here waits the five seconds it would take."""

_OF_TRANSACTIONS = frozenset({Fault.IN_PROGRESS})


def _error(code: str, status: int, **fields: Any) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "fields": fields}}


_CANCELLED = {"CancellationReasons": [{"Code": "TransactionConflict", "Message": "Busy"}]}
_SPOILT: tuple[tuple[Fault, dict[str, Any]], ...] = (
    (Fault.THROTTLED, _error("ProvisionedThroughputExceededException", 400)),
    (Fault.CONFLICT, {"operation": "TransactWriteItems"} | _error("TransactionCanceledException", 400, **_CANCELLED)),
    (Fault.CONFLICT, _error("TransactionConflictException", 400)),
    (Fault.IN_PROGRESS, _error("TransactionInProgressException", 400)),
    (Fault.SERVER_ERROR, _error("InternalServerError", 500)),
    (Fault.UNAVAILABLE, _error("ServiceUnavailable", 503)),
    (Fault.RESET, {"reset": True}),
    (Fault.ANSWER_LOST, {"response": {"abort_bytes": 0}}),
)
"""What the proxy does: it answers in AWS's words without asking, or asks and then cuts the connection."""


class Tally:
    """How often each fault struck a write, in all threads."""

    def __init__(self) -> None:
        self.struck: Counter[Fault] = Counter()
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Once more."""
        with self._lock:
            self.struck[fault] += 1

    def by_proxy(self) -> Counter[Fault]:
        """Those that the proxy must have seen."""
        spoilt = {fault for fault, _ in _SPOILT}
        return Counter({fault: times for fault, times in self.struck.items() if fault in spoilt})


@dataclass
class Fate:
    """Which of somebody's writes meet which faults: one or two writes, each once or more often than the SDK tries.

    Args:
        chance: decides.
        tally: hears of every strike.
    """

    chance: Random
    tally: Tally
    struck: int = 0
    _left: int = field(init=False)

    def __post_init__(self) -> None:
        """Decide how many writes are struck."""
        self._left = self.chance.choice((1, 1, 2))

    def next_fault(self, operation: str) -> Fault | None:
        """What the next write meets, if anything."""
        if not self._left or self.chance.random() < 0.4:
            return None
        self._left -= 1
        in_transaction = operation == "TransactWriteItems"
        return self.chance.choice([one for one in Fault if in_transaction or one not in _OF_TRANSACTIONS])

    def how_often(self) -> int:
        """How many of the SDK's tries it meets: it makes three."""
        return self.chance.choice((1, 1, 4))

    def strikes(self, fault: Fault) -> None:
        """Note that it struck."""
        self.struck += 1
        self.tally.add(fault)


@dataclass(frozen=True)
class Proxy:
    """The program that spoils requests and answers (microburst); all others it only passes on."""

    url: str

    def fired(self) -> Counter[Fault]:
        """How often each fault was met, as the proxy counts it."""
        rules = http_client.call("GET", f"{self.url}/_microburst/rules").json()
        met: Counter[Fault] = Counter()
        for rule in rules:
            met[Fault(rule["headers"][HEADER])] += rule["fired_count"]
        return +met


@contextmanager
def proxy(aws_url: str) -> Iterator[Proxy]:
    """A proxy before the embedded AWS, on a free port of the loopback interface, stopped at the end of the block."""
    ports = free_ports()
    folder = RunFolder.of(ports)
    folder.scratch.mkdir(parents=True, exist_ok=True)
    program = str(Path(emulator.ENVIRONMENT) / "bin" / "python")
    arguments = ["-m", "microburst", "--host", LOOPBACK, "--port", str(ports.aws), "--upstream", aws_url, "--no-resign"]
    process = Process.start(
        "proxy", [program, "-P", *arguments], {"LANG": "C.UTF-8"}, folder.scratch, folder.logs / "proxy.log"
    )
    try:
        found = Proxy(ports.url(ports.aws))
        process.wait_until_answers(f"{found.url}/_microburst/health", _START_SECONDS)
        rules = [{"service": "dynamodb", "headers": {HEADER: fault}} | effect for fault, effect in _SPOILT]
        http_client.call("POST", f"{found.url}/_microburst/rules", body=rules)
        yield found
    finally:
        process.stop()
