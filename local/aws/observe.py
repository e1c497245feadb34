"""Look into the embedded AWS: what functions wrote, and what was pushed to phones."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.aws.clients import Clients

# CloudTrail's LookupEvents gives no more in one answer, and the emulator has no second page.
_EVENTS_A_PAGE = 50


@dataclass(frozen=True)
class LogLine:
    """One line a function wrote."""

    at: datetime
    text: str


@dataclass(frozen=True)
class Push:
    """One message published to a phone."""

    at: datetime
    endpoint_arn: str
    message: str
    """As it was published; with `structure` "json", a JSON object by platform."""
    structure: str


class TooManyPushesError(Exception):
    """More was pushed in one second than the emulator can list."""


def log_lines(clients: Clients, function_name: str, since: datetime | None) -> list[LogLine]:
    """What a function wrote to its log group, oldest first, from `since` on."""
    configuration = clients.client("lambda").get_function_configuration(FunctionName=function_name)
    group = configuration.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function_name}")
    start = {"startTime": int(since.timestamp() * 1000)} if since else {}
    logs = clients.client("logs")
    try:
        pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group, **start))
    except logs.exceptions.ResourceNotFoundException:
        # On AWS too, the group may come with the first line.
        return []
    lines = [
        LogLine(datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"])
        for page in pages
        for event in page["events"]
    ]
    return sorted(lines, key=lambda line: line.at)


def pushes(clients: Clients, since: datetime | None) -> list[Push]:
    """What was published to push endpoints, oldest first, from `since` on.

    The emulator delivers no push, but its CloudTrail records the call with its parameters.

    Raises:
        TooManyPushesError: SNS was called more than 50 times in one second; the emulator lists no more.
    """
    found: dict[str, Push] = {}
    until: datetime | None = None
    while True:
        events = _published(clients, since, until)
        found |= {event["EventId"]: push for event in events if (push := _push(event)) is not None}
        if len(events) < _EVENTS_A_PAGE:
            return sorted((push for push in found.values() if not since or push.at >= since), key=lambda push: push.at)
        until = _second_after(min(event["EventTime"] for event in events), until)


def _published(clients: Clients, since: datetime | None, until: datetime | None) -> list[dict[str, Any]]:
    times = {name: at for name, at in (("StartTime", since), ("EndTime", until)) if at is not None}
    events: list[dict[str, Any]] = clients.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "sns.amazonaws.com"}], **times
    )["Events"]
    return events


def _second_after(oldest: datetime, until: datetime | None) -> datetime:
    # Times go to the service in whole seconds, and what lies after the second is left out.
    end = oldest.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    if until is not None and end >= until:
        raise TooManyPushesError(f"more than {_EVENTS_A_PAGE} calls of SNS in the second from {oldest:%H:%M:%S}")
    return end


def _push(event: dict[str, Any]) -> Push | None:
    parameters = json.loads(event["CloudTrailEvent"])["requestParameters"]
    if parameters.get("Action") != "Publish" or "TargetArn" not in parameters:
        return None
    structure = parameters.get("MessageStructure", "")
    return Push(event["EventTime"], parameters["TargetArn"], parameters["Message"], structure)
