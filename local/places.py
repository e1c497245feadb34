"""Where the local stage keeps its things, and which ports it takes."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

REPOSITORY = Path(__file__).resolve().parent.parent
BUILD = REPOSITORY / "build"
DEFAULT_PORT = 8400
LOOPBACK = "127.0.0.1"
_FIRST_FREE = 18400
_APART = 10
_FOURS = 1000
_RESERVED = Path(tempfile.gettempdir()) / f"school-events-ports-{os.getuid()}"
_held: list[IO[str]] = []
"""The files this process has locked: a lock ends with the file that holds it."""


class PortTakenError(Exception):
    """Another program listens on a port the local stage needs."""


@dataclass(frozen=True)
class Ports:
    """Four neighbouring ports of 127.0.0.1; two copies run side by side when their first ports are ten apart."""

    first: int = DEFAULT_PORT

    @property
    def aws(self) -> int:
        """The embedded AWS."""
        return self.first

    @property
    def sign_in(self) -> int:
        """The local sign-in (OIDC issuer)."""
        return self.first + 1

    @property
    def stripe(self) -> int:
        """The local Stripe."""
        return self.first + 2

    @property
    def api(self) -> int:
        """The HTTP API under a stable address."""
        return self.first + 3

    @property
    def all(self) -> tuple[int, ...]:
        """Every port taken."""
        return (self.aws, self.sign_in, self.stripe, self.api)

    def url(self, port: int) -> str:
        """The loopback address of one of the ports."""
        return f"http://{LOOPBACK}:{port}"

    def check_free(self) -> None:
        """Raises PortTakenError naming the first port somebody else listens on, and the way out."""
        for port in self.all:
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((LOOPBACK, port))
                except OSError as error:
                    raise PortTakenError(
                        f"port {port} is taken (the local stage needs {self.first} to {self.first + 3}). "
                        f"Stop the program that listens there (an earlier run?), or choose other ports: "
                        f"make run PORT={self.first + 100}"
                    ) from error


def free_ports() -> Ports:
    """Four neighbouring ports that nobody listens on and no other process is about to: for tests, which run at once.

    They stay this process's own until it ends: a program takes seconds to listen on what it was given, and whoever
    looked meanwhile would find it free. Raises PortTakenError if there are none.
    """
    _RESERVED.mkdir(mode=0o700, exist_ok=True)
    for number in range(_FOURS):
        ports = Ports(_FIRST_FREE + number * _APART)
        if _reserve(ports):
            return ports
    last = _FIRST_FREE + _FOURS * _APART
    raise PortTakenError(f"no four neighbouring ports are free between {_FIRST_FREE} and {last}")


def _reserve(ports: Ports) -> bool:
    file = (_RESERVED / str(ports.first)).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ports.check_free()
    except (BlockingIOError, PortTakenError):
        file.close()
        return False
    _held.append(file)
    return True


@dataclass(frozen=True)
class RunFolder:
    """The folder of one running stage, under `build/local/`, named by its first port."""

    path: Path

    @classmethod
    def of(cls, ports: Ports) -> RunFolder:
        """The folder of the stage on these ports."""
        return cls(BUILD / "local" / str(ports.first))

    @property
    def logs(self) -> Path:
        """One log file for each process."""
        return self.path / "logs"

    @property
    def scratch(self) -> Path:
        """Temporary files of the processes; removed when the stage stops."""
        return self.path / "scratch"

    @property
    def saved(self) -> Path:
        """What the embedded AWS saves when it stops and reads when it starts."""
        return self.scratch / "saved"

    @property
    def deployed(self) -> Path:
        """What was deployed where, for the commands that talk to a running stage (JSON)."""
        return self.path / "deployed.json"
