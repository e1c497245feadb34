"""One line for each step of work: what is done, and how long it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO


@dataclass
class Progress:
    """Prints steps with their times. On a terminal the line shows what is being waited for; in a file, only results."""

    output: TextIO = field(default_factory=lambda: sys.stderr)
    started: float = field(default_factory=time.monotonic)

    @contextmanager
    def step(self, what: str) -> Iterator[Step]:
        """Print `what` while it runs and its time when it is done; a failure is marked and passed on."""
        step = Step()
        began = time.monotonic()
        if self.output.isatty():
            self._write(f"  … {what}", end="\r")
        try:
            yield step
        except BaseException:
            self._write(f"  ✗ {what} ({time.monotonic() - began:.1f} s)")
            raise
        detail = f": {step.detail}" if step.detail else ""
        self._write(f"  ✓ {what}{detail} ({time.monotonic() - began:.1f} s)")

    def say(self, text: str) -> None:
        """Print a line of its own."""
        self._write(text)

    @property
    def seconds(self) -> float:
        """Seconds since the work began."""
        return time.monotonic() - self.started

    def _write(self, text: str, end: str = "\n") -> None:
        clear = "\x1b[2K" if self.output.isatty() else ""
        self.output.write(f"{clear}{text}{end}")
        self.output.flush()


@dataclass
class Step:
    """One step; what it found out can be put in `detail` and is printed with it."""

    detail: str = ""
