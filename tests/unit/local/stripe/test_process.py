"""`python -m local.stripe` as a process of its own."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import local
from tests.unit.local.stripe.browser import get


def _start(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "local.stripe", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 (our own)


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """A started local Stripe on a free port."""
    started = _start("--port", "0", "--webhook-url", "http://127.0.0.1:9/hook", "--webhook-secret", "whsec_x")
    yield started
    started.kill()
    started.communicate()


def test_it_says_where_it_is_and_ends_when_told(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Local Stripe is up at http://127.0.0.1:")
    url = line.split()[-1]
    assert get(f"{url}/_control/webhooks").json()["url"] == "http://127.0.0.1:9/hook"
    process.terminate()
    assert process.wait(timeout=60) == 0


def test_it_needs_nothing_but_the_standard_library() -> None:
    root = Path(local.__file__).parents[1]
    program = f"import sys; sys.path.insert(0, {str(root)!r}); import local.stripe.__main__"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, timeout=60)  # noqa: S603 (our own)


def test_a_taken_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = _start("--port", port)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.strip().startswith(f"The local Stripe cannot listen on port {port}")
