"""Start the embedded AWS (ministack): loopback only, IAM enforced, and a clean environment."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from local.places import BUILD, LOOPBACK, Ports, RunFolder
from local.processes import Process
from local.waiting import wait_for

REGION = "eu-west-2"
ACCOUNT = "000000000000"
ENVIRONMENT = BUILD / "emulator"
HEALTH = "/_ministack/health"
SAVE_SECONDS = 60.0
# Set for the emulator alone; its Lambda workers inherit them, so the functions' bootstrap takes them away again.
OWN_VARIABLES = (
    "AUTH",
    "BIND_HOST",
    "CLOUDTRAIL_RECORDING",
    "GATEWAY_PORT",
    "IOT_MTLS_ENABLED",
    "LOG_LEVEL",
    "MINISTACK_HOST",
    "MINISTACK_REGION",
    "PERSIST_STATE",
    "S3_DATA_DIR",
    "S3_PERSIST",
    "SFTP_ENABLED",
    "STATE_DIR",
)


class NotSavedError(Exception):
    """The emulator could not save all of its state."""


def environment(ports: Ports, folder: RunFolder) -> dict[str, str]:
    """The emulator's whole environment: nothing of the caller's is passed on, since its Lambdas would inherit it."""
    scratch = folder.scratch
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "GATEWAY_PORT": str(ports.aws),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": ports.url(ports.aws),
        "AUTH": "true",
        # Records every call: the only way to see what was published to a push endpoint.
        "CLOUDTRAIL_RECORDING": "1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "INFO",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder.saved / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder.saved / "s3"),
    }


def start(ports: Ports, folder: RunFolder) -> Process:
    """Start the emulator; it answers at `HEALTH` a second later.

    It begins with what is saved in the folder, if anything is.
    """
    folder.scratch.mkdir(parents=True, exist_ok=True)
    return Process.start(
        "embedded AWS",
        [str(ENVIRONMENT / "bin" / "python"), "-P", str(Path(__file__).with_name("emulator_main.py"))],
        environment(ports, folder),
        folder.scratch,
        folder.logs / "aws.log",
    )


def save(process: Process, folder: RunFolder) -> None:
    """Make a quiet emulator save what it holds, so that another one can start with it.

    It saves how far functions have read the tables' streams, but not the streams: after a start they are empty, and as
    many new records as were read before would be passed over. So those that start with it begin at the start of the
    empty streams; what was not read when this was saved is not delivered there, which is why it has to be quiet.

    Raises:
        NotSavedError: the emulator could not save everything.
    """
    outcome = folder.saved / "outcome"
    outcome.unlink(missing_ok=True)
    process.popen.send_signal(signal.SIGUSR1)
    wait_for("the emulator's state", outcome.exists, SAVE_SECONDS)
    if error := outcome.read_text(encoding="utf-8"):
        raise NotSavedError(error)
    file = folder.saved / "state" / "lambda.json"
    functions = json.loads(file.read_text(encoding="utf-8"))
    functions["payload"]["dynamodb_stream_positions"]["data"] = {}
    file.write_text(json.dumps(functions), encoding="utf-8")
