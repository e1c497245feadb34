"""One line for each step of work: what is done, and how long it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

_CLEAR_LINE = "\r\x1b[2K"


@dataclass
class Progress:
    """Prints steps with their times. On a terminal the line shows what is being waited for; in a file, only results."""

    output: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """Print `what` while it runs and its time when it is done; a failure is marked and passed on."""
        step = Step(what, self.output)
        step.waiting_for("")
        began = time.monotonic()
        try:
            yield step
        except BaseException:
            self._result("✗", step, began)
            raise
        self._result("✓", step, began)

    def say(self, text: str) -> None:
        """Print lines of their own."""
        self.output.write(f"{text}\n")
        self.output.flush()

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started

    def _result(self, mark: str, step: Step, began: float) -> None:
        clear = _CLEAR_LINE if self.output.isatty() else ""
        detail = f": {step.detail}" if step.detail else ""
        self.say(f"{clear}  {mark} {step.what}{detail} ({time.monotonic() - began:.1f} s)")


@dataclass
class Step:
    """One step; what it found out can be put in `detail` and is printed with its result."""

    what: str
    output: TextIO
    detail: str = ""

    def waiting_for(self, text: str) -> None:
        """Show on a terminal what the step waits for now."""
        if self.output.isatty():
            self.output.write(f"{_CLEAR_LINE}  … {self.what} {text}")
            self.output.flush()
