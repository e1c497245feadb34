"""The figures of this machine: ``python -m tests.bench``, or ``make bench``; names of modules run only those.

A table for people, and as the last line one JSON object for programs. Each module of this folder with a ``run()``
measures something and answers with its figures by name. Beside them stands how much the machine itself varied
meanwhile: the same piece of work, again and again, before and after each module. A difference between two runs that is
smaller than that says nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TextIO

# The environment that the product's code is imported in: names of tables, and no credentials of anybody's.
import tests.conftest  # noqa: F401

type Figures = Mapping[str, float | int]

MODULES = (
    "audience",
    "booking_units",
    "bookings",
    "hot_event",
    "large_event",
    "portal_lag",
    "refunds",
    "slot_grid",
    "snapshot",
    "webhooks",
)
_REPETITIONS = 3
_ROUNDS = 200_000


def fixed_work() -> float:
    """The milliseconds that the same piece of work takes now."""
    began = time.perf_counter()
    digest = b""
    for _ in range(_ROUNDS):
        digest = hashlib.sha256(digest).digest()
    return (time.perf_counter() - began) * 1000


def measure(modules: Mapping[str, Callable[[], Figures]], work: Callable[[], float] = fixed_work) -> dict[str, float]:
    """The figures of every module, and the machine's own.

    Args:
        modules: what measures, by name.
        work: tells how long the same piece of work takes, in milliseconds.
    """
    figures: dict[str, float] = {}
    times = [work() for _ in range(_REPETITIONS)]
    for run in modules.values():
        figures |= run()
        times += [work() for _ in range(_REPETITIONS)]
    figures["machine: the same work, median ms"] = median(times)
    figures["machine: the same work, spread %"] = (max(times) - min(times)) / median(times) * 100
    return figures


def show(figures: Figures, output: TextIO) -> None:
    """Write the table, and the JSON line after it."""
    width = max(map(len, figures), default=0)
    for name, value in figures.items():
        output.write(
            f"{name:<{width}}  {value:>12,.1f}\n" if isinstance(value, float) else f"{name:<{width}}  {value:>12,}\n"
        )
    output.write(f"{json.dumps({name: round(value, 3) for name, value in figures.items()})}\n")


def main(arguments: Sequence[str]) -> int:
    """Measure and show; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="module", help=f"of {', '.join(MODULES)}; all if none is named")
    names = parser.parse_args(arguments).modules or MODULES
    if unknown := set(names).difference(MODULES):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    show(measure({name: importlib.import_module(f"tests.bench.{name}").run for name in names}), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
