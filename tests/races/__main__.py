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

RACES, SEED, SHARE_STRUCK = 10_000, 20_261_122, 0.2
PARENTS, TEACHERS = 1_500, 60


def main(arguments: Sequence[str], out: TextIO = sys.stdout) -> int:
    """Run the races that are asked for; 0 if nothing is wrong afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("races", nargs="?", type=int, default=RACES, help=f"how many ({RACES:,})")
    parser.add_argument("seed", nargs="?", type=int, default=SEED, help="of all chance")
    parser.add_argument("--only", choices=["faults", "iam", "storm"], help="one of the three runs")
    asked = parser.parse_args(arguments)
    # What is refused or struck on purpose fills no screen.
    os.environ["LOG_LEVEL"] = "CRITICAL"
    went_well = [
        asked.only not in {None, "iam"} or _over_http(out),
        asked.only not in {None, "faults"} or _with_faults(asked.races, asked.seed, out),
        asked.only not in {None, "storm"} or _storm(asked.seed, out),
    ]
    return 0 if all(went_well) else 1


def _over_http(out: TextIO) -> bool:
    from local.running import local_stage
    from tests.races import over_http

    began = time.monotonic()
    print("iam: through HTTP, with roles enforced and without faults", file=out, flush=True)
    found = 0
    with local_stage() as stage:
        for ran in over_http.run(stage):
            found += len(ran.faults)
            print(f"  … {ran.name}: {dict(ran.statuses)}, {len(ran.faults)} faults found", file=out, flush=True)
            for fault in ran.faults:
                print(f"WRONG: {fault}", file=out)
    print(f"iam: {time.monotonic() - began:,.0f} s, the tables say: {found or 'no'} faults\n", file=out, flush=True)
    return found == 0


def _with_faults(races: int, seed: int, out: TextIO) -> bool:
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
    return not told.faults and fired == told.tally.by_proxy()


def _storm(seed: int, out: TextIO) -> bool:
    from tests.races import storm
    from tests.races.running import track
    from tests.support.embedded_aws import embedded_aws

    print(f"\nstorm: {PARENTS:,} parents want appointments with {TEACHERS} teachers in the same minute", file=out)
    with embedded_aws() as running, running.used(), track(running, ()):
        brewed, began = storm.brew(PARENTS, TEACHERS), time.monotonic()
        told = storm.break_out(brewed, seed)
    for fault in told.faults:
        print(f"WRONG: {fault}", file=out)
    print(
        f"storm: {time.monotonic() - began:,.0f} s, {told.appointments:,} appointments had, {told.without:,} families "
        f"without one, {told.asked_again:,} times too late; the tables say: {len(told.faults) or 'no'} faults",
        file=out,
        flush=True,
    )
    return not told.faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
