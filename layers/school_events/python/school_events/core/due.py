"""What is due when: a sparse index per table, so that a run of housekeeping costs what is due, not what exists (P7).

An item with something due carries ``due_pk`` and ``due_sk``; taking them away takes it out of the index.
Buckets are UTC hours, of what a run a day asks for UTC days, each split over a few shards so that no partition of the
index is hot. A watermark per kind says before which bucket nothing is left (``infra/decisions``, "A watermark for what
is due").
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from school_events.core import clock, settings
from school_events.core.dynamodb import InstantAttribute, Item
from school_events.core.inventory import Category, Kept, Purpose, Retention

SHARDS = 4

type Find[T] = Callable[[str, str], Iterable[T]]
"""Queries the index: what is in a partition (``due_pk``), up to an end (``due_sk``)."""


@dataclass(frozen=True)
class Pace:
    """How what is due is kept together.

    Args:
        bucket: how long a time shares a partition.
        named: the partition's part of an instant, for ``strftime``.
        settled_after: so long after its end, nothing new is due in a bucket. What is written as due at once carries
            the instant its writer began at; the index follows its table within moments.
        look_back: how far back the very first run looks.
    """

    bucket: timedelta
    named: str
    settled_after: timedelta
    look_back: timedelta

    def first(self, instant: datetime) -> datetime:
        """The beginning of the bucket an instant is in."""
        whole = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return whole if self.bucket < timedelta(days=1) else whole.replace(hour=0)


HOURLY = Pace(timedelta(hours=1), "%Y-%m-%dT%H", settled_after=timedelta(minutes=15), look_back=timedelta(hours=48))
"""For runs every minute. Whoever makes something due here runs no longer than a minute."""

DAILY = Pace(timedelta(days=1), "%Y-%m-%d", settled_after=timedelta(hours=1), look_back=timedelta(days=60))
"""For a run a day, which then asks for a day or two, not for 25 hours. Its writers run up to a quarter of an hour."""

_DAILY_KINDS = frozenset({"HEALTH", "LAST_DAY", "LEAVER", "LINK_END"})
"""Named here, so that who makes something due and who looks for it agree; every other kind is kept by the hour."""


class WatermarkItem(Item, discriminator="watermark"):
    """Before this hour nothing of a kind is due any more."""

    class Meta:
        table_name = settings.table_name("BOOKINGS")

    hour: Annotated[InstantAttribute, Kept(Category.TECHNICAL, Purpose.WORKING, Retention.ALWAYS)] = InstantAttribute()


def pace_of(kind: str) -> Pace:
    """How what is due of a kind is kept together."""
    return DAILY if kind in _DAILY_KINDS else HOURLY


def due_key(kind: str, at: datetime, thing_id: str) -> tuple[str, str]:
    """The index keys of something due: ``(due_pk, due_sk)``.

    Args:
        kind: what is due, such as ``HOLD``.
        at: when, UTC.
        thing_id: names the thing, and picks its shard.
    """
    return partition(kind, at, _shard(thing_id)), f"{clock.to_text(at)}#{thing_id}"


def partition(kind: str, at: datetime, shard: int) -> str:
    """The partition of the index that holds what is due in an hour, or in a day."""
    return f"DUE#{kind}#{at.astimezone(UTC).strftime(pace_of(kind).named)}#{shard}"


def sweep[T](kind: str, now: datetime, find: Find[T]) -> Iterator[T]:
    """What is due now, oldest bucket first; costs what is due, however long ago the last run was.

    Whoever deals with a thing takes it out of the index or moves it to a later instant; until then it is due again
    in the next run. The watermark moves only past buckets that are over and were found empty, so a run may stop
    anywhere.

    Args:
        kind: what is due, such as ``HOLD``.
        now: the present instant, UTC.
        find: queries the index of that kind.
    """
    bucket = _pass_empty_buckets(kind, now, find)
    while bucket <= now:
        for shard in range(SHARDS):
            yield from find(partition(kind, bucket, shard), due_until(now))
        bucket += pace_of(kind).bucket


def _pass_empty_buckets(kind: str, now: datetime, find: Find[object]) -> datetime:
    pace = pace_of(kind)
    start = bucket = _first_bucket(kind, now)
    while bucket + pace.bucket + pace.settled_after <= now and _is_empty(kind, bucket, find):
        bucket += pace.bucket
    if bucket != start:
        WatermarkItem(*_watermark_key(kind), hour=bucket).save()
    return bucket


def _first_bucket(kind: str, now: datetime) -> datetime:
    pace = pace_of(kind)
    present = pace.first(now)
    try:
        return min(present, WatermarkItem.get(*_watermark_key(kind), consistent_read=True).hour)
    except WatermarkItem.DoesNotExist:
        return present - pace.look_back


def _is_empty(kind: str, bucket: datetime, find: Find[object]) -> bool:
    end = due_until(bucket + pace_of(kind).bucket)
    return not any(True for shard in range(SHARDS) for _ in find(partition(kind, bucket, shard), end))


def _watermark_key(kind: str) -> tuple[str, str]:
    return f"DUE#{kind}", "WATERMARK"


def due_until(now: datetime) -> str:
    """The upper end of ``due_sk`` for what is due at this instant."""
    return f"{clock.to_text(now)}#~"


def _shard(thing_id: str) -> int:
    return sum(thing_id.encode()) % SHARDS
