"""What a run of races says about itself."""

from collections import Counter
from typing import TextIO

from tests.races.faults import Fault
from tests.races.running import Tallied

_MOST_SHOWN = 20


def progress(told: Tallied, out: TextIO) -> None:
    """How far a run is, and what was found since it was told last."""
    print(
        f"  … {told.races.total():,} races, {told.struck.total():,} of them struck, {len(told.faults)} faults found",
        file=out,
        flush=True,
    )
    for fault in told.faults[told.shown :][:_MOST_SHOWN]:
        print(f"WRONG: {fault}", file=out, flush=True)
    told.shown = len(told.faults)


def table(told: Tallied, fired: Counter[Fault], seconds: float, out: TextIO) -> None:
    """What was raced, what was answered, what struck, and what the tables say afterwards.

    Args:
        told: what happened.
        fired: what the proxy says that it spoilt.
        seconds: how long it took.
        out: where to.
    """
    _rows("race", [(f"{kind} ({told.struck[kind]:,} struck)", count) for kind, count in told.races.items()], out)
    _rows("answer", sorted(told.answers.items()), out)
    _rows("strike", [(fault.value, told.tally.struck[fault]) for fault in Fault], out)
    if fired != told.tally.by_proxy():
        print(f"the proxy counted otherwise: {dict(fired)}", file=out)
    races, struck = told.races.total(), told.struck.total()
    print(
        f"\n{races:,} races in {seconds:,.0f} s; writes were struck in {struck:,}, {told.tally.struck.total():,} times"
    )
    print(f"the tables say: {len(told.faults) or 'no'} faults", file=out)


def _rows(what: str, counted: list[tuple[str, int]], out: TextIO) -> None:
    print(f"\n{what:50} {'times':>8}", file=out)
    for name, count in counted:
        print(f"{name:50} {count:>8,}", file=out)
