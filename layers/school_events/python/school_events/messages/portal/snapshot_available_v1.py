# Generated from events_schemas/portal/SnapshotAvailable.v1.json by local.schemas: do not edit.

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field
from school_events.messages.base import Message


class Snapshot(Message):
    """
    Where the snapshot is and how to know that it arrived whole.
    """

    id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    Identifies this snapshot.
    """
    bucket: Annotated[str, Field(max_length=63, min_length=3)]
    """
    Name of the S3 bucket.
    """
    key: Annotated[str, Field(max_length=1024, min_length=1)]
    """
    Key of the object.
    """
    taken_at: AwareDatetime
    """
    The instant the snapshot shows: later messages outrank it. RFC 3339, in UTC, ending in Z.
    """
    records: Annotated[int, Field(ge=0, le=9007199254740991)]
    """
    How many lines it has.
    """
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """
    SHA-256 of the compressed object, in hexadecimal.
    """


class SnapshotAvailable(Message):
    """
    A complete copy of everything about one school is ready to be read: one JSON record a line, gzip.
    """

    school_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    The school the message is about: the Portal's identifier of it.
    """
    message_id: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,64}$")]
    """
    Identifies this message for ever: a message sent again keeps its message_id.
    """
    occurred_at: AwareDatetime
    """
    When it happened, not when it was sent: RFC 3339, in UTC, ending in Z.
    """
    version: Annotated[int, Field(ge=1, le=9007199254740991)]
    """
    Counts the states of the school's snapshots: starts at 1 and rises with every change, never falls and is never used twice.
    """
    snapshot: Snapshot
    """
    Where the snapshot is and how to know that it arrived whole.
    """
