"""The queue of exports to make and the bucket of files made."""

from datetime import timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from school_events.core import aws, settings
from school_events.core.errors import TryAgain
from school_events.reports.files import MEDIA_TYPES
from school_events.reports.model import Export, ExportMessage
from school_events.reports.rules import file_name


def ask_worker(message: ExportMessage) -> None:
    """Put an export on the queue.

    Raises:
        TryAgain: the queue did not take it; asking again with the same Idempotency-Key queues it.
    """
    try:
        aws.client("sqs").send_message(
            QueueUrl=settings.required("EXPORTS_QUEUE_URL"), MessageBody=message.model_dump_json()
        )
    except (BotoCoreError, ClientError) as error:
        raise TryAgain from error


def keep_file(school_id: str, export: Export, path: Path) -> None:
    """Put the file of an export into the bucket, in place of one an earlier attempt left there."""
    with path.open("rb") as content:
        aws.client("s3").put_object(
            Bucket=settings.required("EXPORTS_BUCKET"),
            Key=_object_key(school_id, export),
            Body=content,
            ContentType=MEDIA_TYPES[export.order.format],
        )


def link_to_file(school_id: str, export: Export, life: timedelta) -> str:
    """A link that lets whoever has it fetch the file, signed with this function's own role.

    Args:
        school_id: whose.
        export: ready.
        life: how long it works.
    """
    link: str = aws.signer("s3").generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings.required("EXPORTS_BUCKET"),
            "Key": _object_key(school_id, export),
            "ResponseContentDisposition": f'attachment; filename="{file_name(export)}"',
            "ResponseCacheControl": "no-store",
        },
        ExpiresIn=int(life.total_seconds()),
    )
    return link


def _object_key(school_id: str, export: Export) -> str:
    return f"{school_id}/{export.order.id}.{export.order.format.value}"
