"""Looking into moto's queues."""

from typing import Any

from school_events.core import aws


def dead_letters(queue: str) -> list[tuple[str, str]]:
    """Reason and body of what is in a dead-letter queue."""
    return [(one["MessageAttributes"]["reason"]["StringValue"], one["Body"]) for one in _received(queue)]


def waiting_later(queue: str) -> int:
    """How many messages of a queue are delayed."""
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    name = "ApproximateNumberOfMessagesDelayed"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _received(queue: str) -> list[dict[str, Any]]:
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = []
    while some := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages"
    ):
        found += some
    return found
