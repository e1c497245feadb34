"""The push gateway against SNS itself, as far as it runs in memory."""

import json

import pytest

from school_events.core import aws
from school_events.notifications import push
from school_events.notifications.push import Pushed
from school_events.notifications.rules import push_message


@pytest.fixture
def application(tables: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """A push application, set up."""
    made = aws.client("sns").create_platform_application(
        Name="school-events", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )
    monkeypatch.setenv("PUSH_APPLICATION_ARN", made["PlatformApplicationArn"])
    return str(made["PlatformApplicationArn"])


@pytest.mark.usefixtures("application")
def test_the_same_token_has_the_same_endpoint() -> None:
    assert push.open_endpoint("token-a") == push.open_endpoint("token-a") != push.open_endpoint("token-b")


@pytest.mark.usefixtures("application")
def test_a_disabled_endpoint_is_a_device_that_is_gone_until_it_registers_again() -> None:
    endpoint = push.open_endpoint("token-a")
    assert endpoint is not None
    assert push.push(endpoint, "entry_1") is Pushed.SENT
    aws.client("sns").set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    assert push.push(endpoint, "entry_1") is Pushed.DEVICE_GONE
    assert push.open_endpoint("token-a") == endpoint
    assert push.push(endpoint, "entry_1") is Pushed.SENT


@pytest.mark.usefixtures("application")
def test_a_closed_endpoint_is_a_device_that_is_gone() -> None:
    endpoint = push.open_endpoint("token-a")
    assert endpoint is not None
    push.close_endpoint(endpoint)
    push.close_endpoint(endpoint)
    assert push.push(endpoint, "entry_1") is Pushed.DEVICE_GONE


def test_without_a_push_application_there_is_no_endpoint(tables: None) -> None:
    assert push.open_endpoint("token-a") is None


def test_the_message_is_what_sns_takes(application: str) -> None:
    assert set(json.loads(push_message("entry_1"))) == {"default", "APNS", "APNS_SANDBOX", "GCM"}
