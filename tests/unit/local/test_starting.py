"""Ports, processes and progress of the local stage."""

from __future__ import annotations

import io
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from local import places
from local.places import LOOPBACK, REPOSITORY, Ports, PortTakenError, free_ports
from local.processes import Process, ProcessFailedError
from local.progress import Progress
from local.waiting import TooLateError, wait_for


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_ports_are_neighbours() -> None:
    assert Ports(9000).all == (9000, 9001, 9002, 9003)


def test_a_taken_port_is_named_with_the_way_out() -> None:
    ports = free_ports()
    with socket.create_server((LOOPBACK, ports.api)), pytest.raises(PortTakenError, match=rf"{ports.api}.*PORT="):
        ports.check_free()


def test_free_ports_are_nobody_elses_although_nobody_listens_yet() -> None:
    code = "import sys; from local.places import free_ports; print(free_ports().first, flush=True); sys.stdin.read()"
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        ours = {free_ports().first, free_ports().first}
        other.stdin.close()

    assert len(ours) == 2
    assert theirs not in ours


def test_free_ports_pass_by_what_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ours = free_ports()
    monkeypatch.setattr(places, "_FIRST_FREE", ours.first)
    monkeypatch.setattr(places, "_RESERVED", tmp_path)

    with socket.create_server((LOOPBACK, ours.sign_in)):
        passed_by = free_ports()

    assert passed_by != ours
    assert free_ports() == ours


def _process(tmp_path: Path, code: str) -> Process:
    return Process.start("helper", [sys.executable, "-c", code], {"ONLY": "this"}, tmp_path, tmp_path / "helper.log")


def test_a_process_gets_the_environment_it_is_given_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    process = _process(tmp_path, "import os; print('ONLY' in os.environ, 'SECRET_OF_THE_CALLER' in os.environ)")

    process.popen.wait()

    assert process.log.read_text() == "True False\n"


def test_a_process_that_ends_early_is_told_apart_from_a_slow_one(tmp_path: Path) -> None:
    process = _process(tmp_path, "raise SystemExit(3)")

    with pytest.raises(ProcessFailedError, match=r"exit code 3: see .*helper\.log"):
        process.wait_until_answers("http://127.0.0.1:9/", 60)


def test_stopping_ends_a_process_and_its_children_and_can_be_repeated(tmp_path: Path) -> None:
    child = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()"
    process = _process(tmp_path, child)
    child_id = int(wait_for("the child's id", lambda: process.log.read_text().strip()))

    process.stop()
    process.stop()

    assert process.popen.returncode is not None
    assert wait_for("the child's end", lambda: not _is_running(child_id))


def _is_running(process_id: int) -> bool:
    state = Path(f"/proc/{process_id}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_step_tells_what_it_did_and_how_long_it_took() -> None:
    output = io.StringIO()

    with Progress(output).step("stack deployed") as step:
        step.waiting_for("(3 left)")
        step.detail = "12 resources"

    assert re.fullmatch(r"  ✓ stack deployed: 12 resources \([0-9.]+ s\)\n", output.getvalue())


def test_a_failed_step_is_marked_and_its_error_passed_on() -> None:
    output = io.StringIO()

    with pytest.raises(ValueError, match="why"), Progress(output).step("stack deployed"):
        raise ValueError("why")

    assert "✗ stack deployed" in output.getvalue()


def test_on_a_terminal_a_step_shows_what_it_waits_for() -> None:
    output = _Terminal()

    with Progress(output).step("demo school applied") as step:
        step.waiting_for("(3 left)")

    assert "… demo school applied (3 left)" in output.getvalue()


def test_waiting_gives_up_and_says_for_what() -> None:
    with pytest.raises(TooLateError, match="the dead letter"):
        wait_for("the dead letter", lambda: None, seconds=0.01)
