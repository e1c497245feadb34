"""Start ministack in its own environment, where nothing else of this project can be imported (see `emulator.py`)."""

import importlib
import runpy
import shutil
import signal
import socketserver
import threading
import traceback
from pathlib import Path
from typing import Any

# Its Lambda Runtime API writes headers and body apart, and with Nagle's algorithm that costs 40 ms a call.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def save() -> None:
    """Save the state of every service, and write next to it what became of that: nothing, or the error.

    The emulator itself saves when it stops, and goes on past a service that it could not save.
    """
    emulator: Any = importlib.import_module("ministack.app")
    persistence: Any = importlib.import_module("ministack.core.persistence")
    folder = Path(persistence.STATE_DIR)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        states = {name: get() for name, get in emulator._build_persistence_save_dict().items()}
        wanted = {name: state for name, state in states.items() if state is not None}
        for name, state in wanted.items():
            persistence.save_state(name, state)
        outcome = "".join(f"{name} was not saved\n" for name in wanted if not (folder / f"{name}.json").exists())
    except Exception:  # noqa: BLE001 - whatever it is, whoever asked for it must hear of it
        outcome = traceback.format_exc()
    answer = folder.with_name("outcome")
    unfinished = folder.with_name("outcome.unfinished")
    unfinished.write_text(outcome)
    unfinished.rename(answer)


if __name__ == "__main__":
    # In a thread: a signal comes in the middle of anything, also of what holds a lock that saving needs.
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=save).start())
    runpy.run_module("ministack", run_name="__main__")
