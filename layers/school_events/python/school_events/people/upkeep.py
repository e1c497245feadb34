"""Work on a whole school, done apart from its messages: reconciling a snapshot, refitting to changed settings.

``portal_sync`` asks for it, ``reconciliation`` does it; this is what travels between them.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from school_events.core import aws, settings
from school_events.core.dynamodb import get_many
from school_events.people import store

LONGEST_WRITER = timedelta(seconds=120)
"""Longer than any function lives that may have read a school's settings before they changed."""


class _Ask(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    school_id: str


class SnapshotFile(BaseModel):
    """Where a snapshot is and how to know that it arrived whole (``SnapshotAvailable``).

    ``taken_at`` is the instant it shows, UTC; ``records`` its lines; ``sha256`` of the compressed object.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    bucket: str
    key: str
    taken_at: datetime
    records: int
    sha256: str


class SnapshotMessage(_Ask):
    """A snapshot is to be reconciled with; the fields are the Portal's own."""

    kind: Literal["snapshot"] = "snapshot"
    message_id: str
    version: int
    occurred_at: datetime
    snapshot: SnapshotFile


class RefitMessage(_Ask):
    """A school's things are to be refitted to its settings.

    ``revision`` is that of the school's item when it changed; ``last`` says that no writer with the old settings can
    be left, so that this pass settles it.
    """

    kind: Literal["refit"] = "refit"
    revision: int
    last: bool


type Ask = SnapshotMessage | RefitMessage

_ASK: TypeAdapter[Ask] = TypeAdapter(Annotated[SnapshotMessage | RefitMessage, Field(discriminator="kind")])


def read(body: str) -> Ask:
    """What a message of the queue asks for.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return _ASK.validate_json(body)


def ask(message: Ask, delay: timedelta = timedelta(0)) -> None:
    """Put something on the queue; asking twice does no harm.

    Args:
        message: what is to be done.
        delay: not before this has passed, at most 15 minutes.
    """
    aws.client("sqs").send_message(
        QueueUrl=settings.required("RECONCILIATION_QUEUE_URL"),
        MessageBody=message.model_dump_json(),
        DelaySeconds=int(delay.total_seconds()),
    )


def ask_for_refit(school_id: str) -> None:
    """Have the school's things refitted if its settings changed: at once, and again when nobody holds the old ones."""
    key = store.school_key_of(school_id)
    school = get_many([key]).get(key)
    if school is None or school.unsettled is None:
        return
    revision = int(school.unsettled)
    ask(RefitMessage(school_id=school_id, revision=revision, last=False))
    ask(RefitMessage(school_id=school_id, revision=revision, last=True), LONGEST_WRITER)
