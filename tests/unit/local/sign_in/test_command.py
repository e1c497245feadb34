"""The command that starts the sign-in."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local.places import free_ports
from local.sign_in.__main__ import main
from local.sign_in.people import save_people

from .conftest import ADMIN


def test_it_says_where_it_is_and_ends_cleanly_when_told_to(tmp_path: Path) -> None:
    save_people([ADMIN], tmp_path / "people.json")
    port = free_ports().sign_in
    command = [sys.executable, "-m", "local.sign_in", "--port", str(port), "--issuer", "http://sign-in.test"]
    command += ["--people", str(tmp_path / "people.json"), "--keys", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:  # noqa: S603
        assert running.stdout is not None
        assert running.stdout.readline() == f"sign-in at http://127.0.0.1:{port}, issuer http://sign-in.test\n"
        running.terminate()
        assert running.wait(60) == 0


def test_a_taken_port_is_said_clearly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_people([ADMIN], tmp_path / "people.json")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--people", str(tmp_path / "people.json")]) == 1
    assert f"127.0.0.1:{port}" in capsys.readouterr().err
