"""The Portal's daily snapshot for a test: put into the bucket, told of, and worked through by the product's service."""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from school_events.core import aws
from school_events.people import upkeep
from school_events.people.snapshots import service, store
from school_events.people.snapshots.model import SnapshotReport
from school_events.people.upkeep import SnapshotFile, SnapshotMessage
from tests.support.contexts import SCHOOL, a_context
from tests.support.people import PORTAL, PortalMessage
from tests.support.tables import messages

BUCKET = "portal-snapshots"
FIRST = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""When the first snapshot of a test is taken: after everything that its messages tell happened."""

SECOND = FIRST + timedelta(days=1)


def make_bucket() -> None:
    """The Portal's bucket, once a test."""
    aws.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})


def packed(lines: Iterable[PortalMessage | bytes]) -> bytes:
    """A snapshot's file: a record a line, and what is given as bytes as it is."""
    written = (
        one if isinstance(one, bytes) else json.dumps({"detail-type": one[0], "detail": one[1]}).encode() + b"\n"
        for one in lines
    )
    return gzip.compress(b"".join(written), mtime=0)


def put(content: bytes, *, records: int, taken_at: datetime = FIRST, school_id: str = SCHOOL) -> SnapshotMessage:
    """Put a file into the bucket.

    Args:
        content: the compressed file.
        records: how many lines the Portal says it has.
        taken_at: the instant it shows, which also names it.
        school_id: whose it is.
    """
    name = f"snapshot-{taken_at:%Y%m%d%H%M%S}"
    aws.client("s3").put_object(Bucket=BUCKET, Key=name, Body=content)
    digest = hashlib.sha256(content).hexdigest()
    file = SnapshotFile(id=name, bucket=BUCKET, key=name, taken_at=taken_at, records=records, sha256=digest)
    return SnapshotMessage(
        school_id=school_id, message_id=f"message-{name}", version=1, occurred_at=taken_at, snapshot=file
    )


def published(lines: Sequence[PortalMessage | bytes], taken_at: datetime = FIRST) -> SnapshotMessage:
    """A snapshot of these lines, and nothing wrong with its file."""
    return put(packed(lines), records=len(lines), taken_at=taken_at)


def work(
    message: SnapshotMessage,
    *,
    now: datetime | None = None,
    time_left: timedelta = timedelta(minutes=14),
    tell_time: Callable[[], datetime] | None = None,
) -> None:
    """One run of the function over a snapshot.

    Args:
        message: which.
        now: when; an hour after it was taken, unless told.
        time_left: how long the run has.
        tell_time: tells the time to it; stands still unless told.
    """
    moment = now or message.snapshot.taken_at + timedelta(hours=1)
    ctx = a_context(message.school_id, actor=PORTAL, now=moment, deadline=moment + time_left)
    service.reconcile(ctx, message, tell_time or (lambda: moment))


def asked() -> list[SnapshotMessage]:
    """Takes the snapshots that wait in the queue to be gone on with."""
    bodies = (upkeep.read(json.dumps(one)) for one in messages("reconciliation"))
    return [one for one in bodies if isinstance(one, SnapshotMessage)]


def report(taken_at: datetime = FIRST, school_id: str = SCHOOL) -> SnapshotReport:
    """What became of the snapshot taken then."""
    (found,) = [one for one in store.reports(school_id) if one.taken_at == taken_at]
    return found


def reconcile(lines: Sequence[PortalMessage | bytes], taken_at: datetime = FIRST) -> SnapshotReport:
    """Publish a snapshot and work it through in one run."""
    work(published(lines, taken_at))
    return report(taken_at)
