"""Sending in batches, to our bus and to queues: what a batch call refuses in part is sent again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from school_events.core import aws, logs, settings

_MOST_AT_ONCE = 10
"""Both ``PutEvents`` and ``SendMessageBatch`` take ten."""

_ATTEMPTS = 3
"""Then the stream's own retries take over; they wait longer."""


@dataclass(frozen=True)
class Parcel:
    """One thing to send, and the records it follows from."""

    sequence_numbers: tuple[str, ...]
    content: Any


def publish(parcels: Sequence[Parcel]) -> set[str]:
    """Put messages on our bus.

    Returns:
        The sequence numbers of the records that have a message which did not go out.
    """
    bus = settings.required("EVENT_BUS_NAME")

    def put(some: Sequence[Parcel]) -> list[Parcel]:
        answer = aws.client("events").put_events(Entries=[one.content | {"EventBusName": bus} for one in some])
        if not answer["FailedEntryCount"]:
            return []
        return [one for one, result in zip(some, answer["Entries"], strict=True) if "ErrorCode" in result]

    return _send_all(parcels, put)


def queue(variable: str, parcels: Sequence[Parcel]) -> set[str]:
    """Put message bodies on a queue.

    Args:
        variable: names the setting that holds the queue's URL.
        parcels: what to send.

    Returns:
        The sequence numbers of the records that have a message which did not go out.
    """
    url = settings.required(variable)

    def send(some: Sequence[Parcel]) -> list[Parcel]:
        entries = [{"Id": str(number), "MessageBody": one.content} for number, one in enumerate(some)]
        answer = aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        return [some[int(failure["Id"])] for failure in answer.get("Failed", ())]

    return _send_all(parcels, send)


def _send_all(parcels: Sequence[Parcel], send: Callable[[Sequence[Parcel]], list[Parcel]]) -> set[str]:
    left: list[Parcel] = []
    for some in batched(parcels, _MOST_AT_ONCE, strict=False):
        left += _send(some, send)
    return {number for one in left for number in one.sequence_numbers}


def _send(some: Sequence[Parcel], send: Callable[[Sequence[Parcel]], list[Parcel]]) -> Sequence[Parcel]:
    """Send a batch, then what was refused of it; returns what never went out."""
    left = some
    for _ in range(_ATTEMPTS):
        try:
            left = send(left)
        except ClientError as error:
            logs.logger.warning("a batch was not taken", code=error.response["Error"]["Code"])
        except BotoCoreError as error:
            logs.logger.warning("a batch was not taken", code=type(error).__name__)
        if not left:
            break
    return left
