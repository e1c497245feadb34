"""The stage's own processes: started with a clean environment, watched until they answer, stopped for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02
STOP_SECONDS = 20.0
LINES_SHOWN = 10


class ProcessFailedError(Exception):
    """A process of the stage ended or did not answer in time; the message names its log file."""


@dataclass
class Process:
    """One child process in a process group of its own, so that Ctrl-C reaches only the stage, which then stops it."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    stopped: bool = False

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
    ) -> Process:
        """Start `command` with exactly `environment` (nothing of the caller's), both outputs going to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            popen = subprocess.Popen(  # noqa: S603 - the commands are this package's own
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return cls(name, popen, log)

    def wait_until_answers(self, url: str, seconds: float) -> None:
        """Wait until `url` answers anything below 500. Raises ProcessFailedError if the process ends or is too slow."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                code = self.popen.returncode
                raise ProcessFailedError(f"{self.name} ended with exit code {code}: see {self.log}\n{self._end()}")
            if _answers(url):
                return
            time.sleep(POLL_SECONDS)
        raise ProcessFailedError(f"{self.name} did not answer at {url} within {seconds:.0f} s: see {self.log}")

    def _end(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES_SHOWN:])

    def stop(self) -> None:
        """Ask the process to end, then end its whole group (the embedded AWS has Lambda workers of its own).

        Stopping what has been stopped does nothing.
        """
        if self.stopped:
            return
        if self.popen.poll() is None:
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process and its whole group at once, for when nothing of it is worth saving."""
        if self.stopped:
            return
        self.stopped = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


def _answers(url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
