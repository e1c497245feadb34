"""Start the embedded AWS (ministack): loopback only, IAM enforced, nothing kept from one run to the next."""

from __future__ import annotations

from pathlib import Path

from local.places import BUILD, LOOPBACK, Ports, RunFolder
from local.processes import Process

REGION = "eu-west-2"
ACCOUNT = "000000000000"
ENVIRONMENT = BUILD / "emulator"
HEALTH = "/_ministack/health"
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
    "S3_DATA_DIR",
    "SFTP_ENABLED",
    "STATE_DIR",
)


def environment(ports: Ports, scratch: Path) -> dict[str, str]:
    """The emulator's whole environment: nothing of the caller's is passed on, since its Lambdas would inherit it."""
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
        "STATE_DIR": str(scratch / "state"),
        "S3_DATA_DIR": str(scratch / "s3"),
    }


def start(ports: Ports, folder: RunFolder) -> Process:
    """Start the emulator; it answers at `HEALTH` a second later."""
    folder.scratch.mkdir(parents=True, exist_ok=True)
    return Process.start(
        "embedded AWS",
        [str(ENVIRONMENT / "bin" / "python"), "-P", str(Path(__file__).with_name("emulator_main.py"))],
        environment(ports, folder.scratch),
        folder.scratch,
        folder.logs / "aws.log",
    )
