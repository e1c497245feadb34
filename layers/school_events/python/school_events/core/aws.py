"""Clients of AWS services, by botocore alone: boto3 on top of it costs a third of a cold start (PERFORMANCE.md)."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from school_events.core.kept_secrets import AT_MOST, AT_MOST_IF_DOUBTED, KeptSecrets, read


def _patience(*, read: int, attempts: int) -> Config:
    """How long a call may take, so that with all its attempts it ends within a function's time (test_time_outs)."""
    return Config(connect_timeout=1, read_timeout=read, retries={"mode": "standard", "total_max_attempts": attempts})


_USUAL = _patience(read=4, attempts=3)
_SHORT = _patience(read=2, attempts=2)
"""For what answers at once or not at all."""

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


_secrets: KeptSecrets = {}


def secret(name: str) -> dict[str, Any]:
    """A secret's JSON content from Secrets Manager, at most five minutes old, so that a rotation is seen.

    Args:
        name: the secret's name or ARN.
    """
    return read(_secrets, name, AT_MOST, _fetch)


def newer_secret(name: str) -> dict[str, Any]:
    """The same at most five seconds old, for whoever finds that what it has fits no more: it may have been rotated.

    However often that happens, Secrets Manager is asked once in five seconds by a process.

    Args:
        name: the secret's name or ARN.
    """
    return read(_secrets, name, AT_MOST_IF_DOUBTED, _fetch)


def _fetch(name: str) -> str:
    return str(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
