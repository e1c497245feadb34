"""The push services, through SNS: an endpoint for each device; a push says only that there is something new."""

import re
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from school_events.core import aws, settings
from school_events.core.errors import TryAgain
from school_events.notifications.rules import push_message

_GONE = frozenset({"EndpointDisabled", "EndpointDisabledException", "NotFound", "NotFoundException"})
_WRONG = frozenset({"InvalidParameter", "InvalidParameterException"})
_EXISTING = re.compile(r"Endpoint (arn:\S+) already exists")


class Pushed(StrEnum):
    """What became of a push."""

    SENT = "sent"
    DEVICE_GONE = "device_gone"
    FAILED = "failed"


def open_endpoint(token: str) -> str | None:
    """SNS's endpoint of a device; the same token has the same one. A disabled one is enabled again.

    Args:
        token: what the device's push service knows the app by.

    Returns:
        The endpoint's name; ``None`` where no push service is set up.

    Raises:
        TryAgain: SNS did not do it.
    """
    application = settings.optional("PUSH_APPLICATION_ARN", "")
    if not application:
        return None
    try:
        endpoint = _endpoint_of(application, token)
        aws.client("sns").set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Token": token, "Enabled": "true"})
    except (BotoCoreError, ClientError) as error:
        raise TryAgain from error
    return endpoint


def close_endpoint(endpoint: str) -> None:
    """Forget an endpoint; forgetting it again changes nothing.

    Raises:
        TryAgain: SNS did not do it.
    """
    try:
        aws.client("sns").delete_endpoint(EndpointArn=endpoint)
    except (BotoCoreError, ClientError) as error:
        raise TryAgain from error


def push(endpoint: str, entry_id: str) -> Pushed:
    """Tell a device that there is something new.

    Args:
        endpoint: the device's.
        entry_id: the inbox entry's opaque id.
    """
    try:
        aws.client("sns").publish(TargetArn=endpoint, MessageStructure="json", Message=push_message(entry_id))
    except ClientError as error:
        return Pushed.DEVICE_GONE if _is_gone(error) else Pushed.FAILED
    except BotoCoreError:
        return Pushed.FAILED
    return Pushed.SENT


def _endpoint_of(application: str, token: str) -> str:
    """The endpoint of a token; SNS names an existing one with other attributes (a disabled one) in its refusal."""
    try:
        answer = aws.client("sns").create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    except ClientError as error:
        existing = _EXISTING.search(error.response["Error"].get("Message", ""))
        if existing is None:
            raise
        return existing.group(1)
    return str(answer["EndpointArn"])


def _is_gone(error: ClientError) -> bool:
    """Whether the device can no longer be reached: its endpoint is disabled, or SNS knows it no more."""
    code = error.response["Error"]["Code"]
    if code in _WRONG:
        return "No endpoint found" in error.response["Error"].get("Message", "")
    return code in _GONE
