"""Clients of AWS services, by botocore alone: boto3 on top of it costs a third of a cold start (PERFORMANCE.md)."""

import json
import time
from functools import cache, lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

_CONFIG = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "max_attempts": 3})


@cache
def client(service: str) -> Any:
    """The client of a service, made once per process.

    Args:
        service: botocore's name of it, such as ``sqs``.
    """
    return botocore.session.get_session().create_client(service, config=_CONFIG)


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


def secret(name: str) -> dict[str, Any]:
    """A secret's JSON content from Secrets Manager, at most five minutes old, so that a rotation is seen.

    Args:
        name: the secret's name or ARN.
    """
    return _secret(name, int(time.monotonic() // _SECRET_LIFE))


@lru_cache(maxsize=8)
def _secret(name: str, _age: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(client("secretsmanager").get_secret_value(SecretId=name)["SecretString"])
    return content
