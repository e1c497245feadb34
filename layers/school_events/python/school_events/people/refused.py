"""What can never be right goes to the Portal's dead-letter queue with its reason, for somebody to look at (A5)."""

from school_events.core import aws, logs, settings


def put_aside(body: str, reason: str) -> None:
    """Put a message of the Portal aside.

    Args:
        body: the EventBridge event, as it came.
        reason: a slug, perhaps with names of the schema's fields; never a value.
    """
    aws.client("sqs").send_message(
        QueueUrl=settings.required("PORTAL_DLQ_URL"),
        MessageBody=body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason}},
    )
    logs.count("PortalMessagesRefused")
