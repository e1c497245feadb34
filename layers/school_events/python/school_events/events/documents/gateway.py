"""The bucket of documents: where files are sent to, kept and fetched from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from school_events.core import aws, settings
from school_events.core.errors import TryAgain
from school_events.events.documents.model import DocumentDetails
from school_events.events.documents.rules import MOST_BYTES, PLACES, disposition, object_key

_NOT_THERE = frozenset({"NoSuchKey", "AccessDenied"})
"""Who may not list a bucket is denied what is not there."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent."""

    content_type: str
    content: bytes


def form_for(school_id: str, details: DocumentDetails, life: timedelta) -> tuple[str, Mapping[str, str]]:
    """Where a browser sends a file, signed with this function's own role: to one place, of one type and size.

    Args:
        school_id: whose.
        details: what was said of the file.
        life: how long it may be sent.

    Returns:
        The address, and the fields that go with the file.
    """
    form = aws.signer("s3").generate_presigned_post(
        Bucket=_bucket(),
        Key=object_key(school_id, details, "waiting"),
        Fields={"Content-Type": details.content_type},
        Conditions=[
            {"Content-Type": details.content_type},
            ["content-length-range", details.size, details.size],
        ],
        ExpiresIn=int(life.total_seconds()),
    )
    return form["url"], form["fields"]


def sent(school_id: str, details: DocumentDetails) -> Sent | None:
    """The file that was sent; nothing if none was.

    Raises:
        TryAgain: storage does not answer.
    """
    try:
        found = aws.client("s3").get_object(Bucket=_bucket(), Key=object_key(school_id, details, "waiting"))
        return Sent(found["ContentType"], found["Body"].read(MOST_BYTES + 1))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            return None
        raise TryAgain from error
    except BotoCoreError as error:
        raise TryAgain from error


def keep(school_id: str, details: DocumentDetails, content: bytes) -> None:
    """Keep a file that was looked at where no upload can reach it; the same again changes nothing.

    Raises:
        TryAgain: storage does not answer.
    """
    try:
        aws.client("s3").put_object(
            Bucket=_bucket(),
            Key=object_key(school_id, details, "kept"),
            Body=content,
            ContentType=details.content_type,
            ContentDisposition=disposition(details),
            CacheControl="no-store",
        )
    except (BotoCoreError, ClientError) as error:
        raise TryAgain from error


def link_to(school_id: str, details: DocumentDetails, life: timedelta) -> str:
    """A link that lets whoever has it fetch the file, signed with this function's own role.

    It names nothing but ids, since storage logs the links it is asked for: what the file is called is kept with it.

    Args:
        school_id: whose.
        details: of a document that is ready.
        life: how long it works.
    """
    link: str = aws.signer("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": _bucket(), "Key": object_key(school_id, details, "kept")},
        ExpiresIn=int(life.total_seconds()),
    )
    return link


def delete(school_id: str, details: DocumentDetails) -> None:
    """Delete what there is of a file; doing it again changes nothing."""
    for place in PLACES:
        aws.client("s3").delete_object(Bucket=_bucket(), Key=object_key(school_id, details, place))


def _bucket() -> str:
    return settings.required("DOCUMENTS_BUCKET")
