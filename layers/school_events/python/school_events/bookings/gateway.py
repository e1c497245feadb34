"""Telling families: onto the notification queue, in batches."""

from collections.abc import Iterable
from itertools import batched

from school_events.core import aws, settings
from school_events.core.consequences import Telling
from school_events.core.errors import TryAgain

_MOST_AT_ONCE = 10
"""``SendMessageBatch`` takes ten."""


def tell(tellings: Iterable[Telling]) -> None:
    """Put tellings on the notification queue.

    Raises:
        TryAgain: the queue did not take them all; telling again tells nobody twice (``notifications``).
    """
    url = settings.required("NOTIFICATIONS_QUEUE_URL")
    for some in batched(tellings, _MOST_AT_ONCE, strict=False):
        entries = [
            {"Id": str(number), "MessageBody": telling.model_dump_json(exclude_none=True)}
            for number, telling in enumerate(some)
        ]
        if aws.client("sqs").send_message_batch(QueueUrl=url, Entries=entries).get("Failed"):
            raise TryAgain
