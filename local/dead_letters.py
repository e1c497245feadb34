"""Look at dead letters of a running stage, and send them back where they came from."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from local.stage import LocalStage

SUFFIX = "-dlq"
FAILED_TOO_OFTEN = "failed too often: see the log of its function"
_QUEUES = "school-events-local-"
_BATCH = 10


@dataclass(frozen=True)
class DeadLetter:
    """One message nothing could be done with."""

    id: str
    kind: str
    """The message's type if it came over a bus, else empty."""
    reason: str
    """Why the function refused it; empty if it failed too often."""
    body: str


def counts(stage: LocalStage) -> dict[str, int]:
    """How many dead letters wait, by the short name of their queue (`portal`)."""
    urls = stage.client("sqs").list_queues(QueueNamePrefix=_QUEUES).get("QueueUrls", [])
    names = [url.rpartition("/")[2].removeprefix(_QUEUES) for url in urls]
    return {name.removesuffix(SUFFIX): stage.waiting(name) for name in sorted(names) if name.endswith(SUFFIX)}


def reasons(stage: LocalStage, queue: str) -> dict[str, int]:
    """How many dead letters of a queue have which reason, the most frequent first."""
    return dict(Counter(letter.reason or FAILED_TOO_OFTEN for letter in show(stage, queue)).most_common())


def show(stage: LocalStage, queue: str) -> list[DeadLetter]:
    """The dead letters of a queue, without receiving them: looking must not change when they are received again."""
    url = stage.queue_url(f"{queue}{SUFFIX}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{stage.aws_url}/_ministack/sqs/messages?QueueUrl={quote(url, safe='')}", timeout=10) as answer:
        accounts: dict[str, dict[str, dict[str, list[dict[str, Any]]]]] = json.load(answer)["messages"]
    return [
        _letter(message)
        for regions in accounts.values()
        for queues in regions.values()
        for messages in queues.values()
        for message in messages
    ]


def redrive(stage: LocalStage, queue: str) -> int:
    """Send the dead letters a queue has now back to the queue and return how many there were.

    One that is refused again is a new dead letter, and stays. On AWS StartMessageMoveTask does all this, and keeps the
    attributes too; the embedded AWS has none.
    """
    sqs = stage.client("sqs")
    source, target = stage.queue_url(f"{queue}{SUFFIX}"), stage.queue_url(queue)
    there = stage.waiting(f"{queue}{SUFFIX}")
    moved = 0
    while moved < there:
        most = min(_BATCH, there - moved)
        messages = sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=most, MessageAttributeNames=["All"]).get(
            "Messages", []
        )
        if not messages:
            break
        for message in messages:
            attributes = message.get("MessageAttributes", {})
            sqs.send_message(QueueUrl=target, MessageBody=message["Body"], MessageAttributes=attributes)
            sqs.delete_message(QueueUrl=source, ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def _letter(message: dict[str, Any]) -> DeadLetter:
    attributes = message["MessageAttributes"]
    reasons = [f"{name}={value.get('StringValue', '')}" for name, value in sorted(attributes.items())]
    return DeadLetter(message["MessageId"], _kind(message["Body"]), ", ".join(reasons), message["Body"])


def _kind(body: str) -> str:
    try:
        parsed = json.loads(body)
    except ValueError:
        return ""
    return str(parsed.get("detail-type", "")) if isinstance(parsed, dict) else ""
