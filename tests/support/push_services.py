"""SNS as far as this product uses it: endpoints by token, what was pushed where, and what can go wrong."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from school_events.core import aws

APPLICATION = "arn:aws:sns:eu-west-2:123456789012:app/GCM/school-events"


@dataclass
class PushServices:
    """A stand-in that remembers; ``faults`` maps an endpoint to the error code of publishing to it."""

    endpoints: dict[str, str] = field(default_factory=dict)
    published: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)

    def create_platform_endpoint(self, PlatformApplicationArn: str, Token: str) -> dict[str, str]:  # noqa: N803
        endpoint = f"{PlatformApplicationArn.replace(':app/', ':endpoint/')}/{Token}"
        if endpoint in self.disabled:
            reason = f"Invalid parameter: Token Reason: Endpoint {endpoint} already exists with the same Token, but different attributes."  # noqa: E501 - SNS's own words
            raise ClientError({"Error": {"Code": "InvalidParameter", "Message": reason}}, "CreatePlatformEndpoint")
        self.endpoints[endpoint] = Token
        return {"EndpointArn": endpoint}

    def set_endpoint_attributes(self, EndpointArn: str, Attributes: dict[str, str]) -> None:  # noqa: N803
        assert Attributes["Enabled"] == "true"
        self.disabled.discard(EndpointArn)
        self.endpoints[EndpointArn] = Attributes["Token"]

    def delete_endpoint(self, EndpointArn: str) -> None:  # noqa: N803
        self.endpoints.pop(EndpointArn, None)

    def publish(self, TargetArn: str, MessageStructure: str, Message: str) -> None:  # noqa: N803
        assert MessageStructure == "json"
        if TargetArn in self.faults:
            raise ClientError({"Error": {"Code": self.faults[TargetArn], "Message": ""}}, "Publish")
        self.published.append({"to": TargetArn, "message": Message})


@pytest.fixture
def push_services(tables: None, monkeypatch: pytest.MonkeyPatch) -> PushServices:
    """Push services that are set up."""
    fake = PushServices()
    real = aws.client
    monkeypatch.setenv("PUSH_APPLICATION_ARN", APPLICATION)
    monkeypatch.setattr(aws, "client", lambda service: fake if service == "sns" else real(service))
    return fake
