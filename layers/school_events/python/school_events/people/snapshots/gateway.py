"""The Portal's bucket: a snapshot's object, fetched whole and checked before anybody reads it."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from botocore.exceptions import ClientError

from school_events.core import aws, settings
from school_events.people.snapshots.model import SnapshotRefused
from school_events.people.upkeep import SnapshotFile

MOST_COMPRESSED = 256 * 1024**2
"""What fits well onto a function's temporary disk; a hundred times what a large school has."""

_PIECE = 1024**2
_NOT_THERE = frozenset({"NoSuchKey", "NoSuchBucket", "AccessDenied"})
"""Who may not list a bucket is denied what is not there."""


@contextmanager
def fetched(snapshot: SnapshotFile) -> Iterator[IO[bytes]]:
    """The snapshot's file, byte for byte what the Portal named, for as long as the block lasts.

    It is read several times, so it is fetched once: what was checked is what is read, whatever happens to the object.

    Raises:
        SnapshotRefused: it lies elsewhere than the Portal's snapshots do, is not there, too large, or not what it was.
    """
    if snapshot.bucket != settings.required("PORTAL_SNAPSHOTS_BUCKET"):
        raise SnapshotRefused("foreign-bucket")
    with tempfile.TemporaryFile() as file:
        digest = hashlib.sha256()
        for piece in _pieces(_object(snapshot)):
            digest.update(piece)
            file.write(piece)
        if digest.hexdigest() != snapshot.sha256:
            raise SnapshotRefused("sha256")
        yield file


def _object(snapshot: SnapshotFile) -> Any:
    try:
        found = aws.client("s3").get_object(Bucket=snapshot.bucket, Key=snapshot.key)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_THERE:
            raise SnapshotRefused("not-there") from None
        raise
    if found["ContentLength"] > MOST_COMPRESSED:
        raise SnapshotRefused("too-large")
    return found["Body"]


def _pieces(body: Any) -> Iterator[bytes]:
    pieces: Iterator[bytes] = body.iter_chunks(_PIECE)
    return pieces
