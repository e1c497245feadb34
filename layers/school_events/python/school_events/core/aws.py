"""Clients of AWS services, by botocore alone: boto3 on top of it costs a third of a cold start (PERFORMANCE.md)."""

import json
import time
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FAILURES = (BotoCoreError, ClientError)
"""What a client raises when a call was refused, or not answered."""


def _patience(*, read: int, attempts: int) -> Config:
    """How long a call may take, so that with all its attempts it ends within a function's time (test_time_outs)."""
    return Config(connect_timeout=1, read_timeout=read, retries={"mode": "standard", "total_max_attempts": attempts})


_USUAL = _patience(read=4, attempts=3)
_SHORT = _patience(read=2, attempts=2)
"""For what answers at once or not at all, and what a webhook asks two of in a row."""

_CONFIGS = {"secretsmanager": _SHORT, "sqs": _SHORT}


@cache
def client(service: str) -> Any:
    """The client of a service, made once per process.

    Args:
        service: botocore's name of it, such as ``sqs``.
    """
    return botocore.session.get_session().create_client(service, config=_CONFIGS.get(service, _USUAL))


@cache
def signer(service: str) -> Any:
    """A client that signs what others will ask, made once per process.

    Its links name a bucket's own region; by default they go round by the global address.

    Args:
        service: botocore's name of it, such as ``s3``.
    """
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return botocore.session.get_session().create_client(service, config=config)


_SECRET_LIFE = 300
_SECRET_REST = 5

_secrets: dict[str, tuple[float, dict[str, Any]]] = {}


def secret(name: str) -> dict[str, Any]:
    """A secret's JSON content from Secrets Manager, at most five minutes old, so that a rotation is seen.

    Args:
        name: the secret's name or ARN.
    """
    return _secret(name, _SECRET_LIFE)


def newer_secret(name: str) -> dict[str, Any]:
    """The same at most five seconds old, for whoever finds that what it has fits no more: it may have been rotated.

    However often that happens, Secrets Manager is asked once in five seconds by a process.

    Args:
        name: the secret's name or ARN.
    """
    return _secret(name, _SECRET_REST)


def _secret(name: str, most_seconds: int) -> dict[str, Any]:
    kept = _secrets.get(name)
    now = time.monotonic()
    if kept is not None and now - kept[0] < most_seconds:
        return kept[1]
    content: dict[str, Any] = json.loads(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    _secrets[name] = (now, content)
    return content
