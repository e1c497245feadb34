"""A process that is a Lambda instance for a moment: imports a handler, answers, answers again, says what that took.

Run by ``tests.bench.webhooks`` with nothing but the function's package and the runtime's on the path. Reads the event
from its input, and writes figures as one line of JSON.
"""

import json
import sys
import time
from pathlib import Path

_WARM = 200


def _main() -> None:
    event = json.load(sys.stdin)
    from handler import lambda_handler  # type: ignore[import-not-found]

    if lambda_handler(event, None)["statusCode"] != 200:
        raise SystemExit("the event was refused")
    first = time.process_time()
    sys.stdout.write("answered\n")
    sys.stdout.flush()
    began, spent = time.perf_counter(), time.process_time()
    for _ in range(_WARM):
        lambda_handler(event, None)
    figures = {
        "cold CPU ms": first * 1000,
        "warm ms": (time.perf_counter() - began) / _WARM * 1000,
        "warm CPU ms": (time.process_time() - spent) / _WARM * 1000,
        "MiB": _most_memory(),
    }
    sys.stdout.write(f"{json.dumps(figures)}\n")


def _most_memory() -> float:
    """The most this process ever had; what ``getrusage`` says is that of whoever started it, if that had more."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (most,) = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(most) / 1024


_main()
