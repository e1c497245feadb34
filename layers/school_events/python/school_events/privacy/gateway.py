"""The queue of what is due to be forgotten."""

from collections.abc import Sequence

from school_events.core import aws, logs, settings
from school_events.privacy.model import Forget

MOST_AT_ONCE = 10
"""``SendMessageBatch`` takes ten."""


def send(messages: Sequence[Forget]) -> int:
    """Put up to ten messages on the queue; says how many it took. What it refused is due again in the next run."""
    entries = [{"Id": str(number), "MessageBody": one.model_dump_json()} for number, one in enumerate(messages)]
    answer = aws.client("sqs").send_message_batch(QueueUrl=settings.required("ANONYMISE_QUEUE_URL"), Entries=entries)
    refused = len(answer.get("Failed", ()))
    if refused:
        logs.count("RetentionRefused", refused)
    return len(messages) - refused
