"""Races on this machine: ``python -m tests.races [races] [seed]``, or ``make races``; the exit code tells."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from typing import TextIO

# The environment that the product's code is imported in: names of tables, and no credentials of anybody's.
import tests.conftest  # noqa: F401

RACES, SEED, SHARE_STRUCK = 10_000, 20_261_122, 0.25


def main(arguments: Sequence[str], out: TextIO = sys.stdout) -> int:
    """Run the races that are asked for; 0 if nothing is wrong afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("races", nargs="?", type=int, default=RACES, help=f"how many ({RACES:,})")
    parser.add_argument("seed", nargs="?", type=int, default=SEED, help="of all chance")
    asked = parser.parse_args(arguments)
    # What is refused or struck on purpose fills no screen.
    os.environ["LOG_LEVEL"] = "CRITICAL"
    return _faults(asked.races, asked.seed, out)


def _faults(races: int, seed: int, out: TextIO) -> int:
    from tests.races import report
    from tests.races.kinds import CROWDS, KINDS
    from tests.races.running import run, track
    from tests.support.embedded_aws import embedded_aws

    began = time.monotonic()
    print(
        f"faults: {races:,} races with root keys, of about {SHARE_STRUCK:.0%} writes are struck; seed {seed}", file=out
    )
    with embedded_aws() as running, running.used(), track(running, (*KINDS, *CROWDS)) as on:
        told = run(on, races, seed, share_struck=SHARE_STRUCK, progress=lambda so_far: report.progress(so_far, out))
        fired = on.proxy.fired()
    report.table(told, fired, time.monotonic() - began, out)
    return 0 if not told.faults and fired == told.tally.by_proxy() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
