"""boto3 clients that talk to the embedded AWS as the root of its one account."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from local.aws.emulator import ACCOUNT, REGION


class Clients:
    """Clients with root keys: what a deployment on AWS does with its own credentials."""

    def __init__(self, endpoint: str) -> None:
        """`endpoint`: address of the embedded AWS."""
        self.endpoint = endpoint
        self._made: dict[str, Any] = {}

    @cached_property
    def _session(self) -> boto3.session.Session:
        # An access key of twelve digits is the root of that account in the emulator.
        return boto3.session.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=ACCOUNT,
            region_name=REGION,
        )

    def client(self, service: str) -> Any:
        """The client of one service, made once."""
        if service not in self._made:
            self._made[service] = self._session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(
                    proxies={},
                    max_pool_connections=32,
                    retries={"mode": "standard", "total_max_attempts": 3},
                    s3={"addressing_style": "path"},
                ),
            )
        return self._made[service]
