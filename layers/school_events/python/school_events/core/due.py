"""What is due when: a sparse index per table, so that a run of housekeeping costs what is due, not what exists (P7).

An item with something due carries ``due_pk`` and ``due_sk``; taking them away takes it out of the index.
Buckets are UTC hours, each split over a few shards so that no partition of the index is hot. A watermark per kind
says before which hour nothing is left (``infra/decisions``, "A watermark for what is due").
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from school_events.core import clock, settings
from school_events.core.dynamodb import InstantAttribute, Item
from school_events.core.inventory import Category, Kept, Purpose, Retention

SHARDS = 4
BUCKET = timedelta(hours=1)

SETTLED_AFTER = timedelta(minutes=15)
"""So long after its end, nothing new is due in an hour.

What is written as due at once carries the instant its writer began at; no function runs longer than a minute, and
the index follows its table within moments.
"""

LOOK_BACK = timedelta(hours=48)
"""How far back the very first run looks."""

type Find[T] = Callable[[str, str], Iterable[T]]
"""Queries the index: what is in a partition (``due_pk``), up to an end (``due_sk``)."""


class WatermarkItem(Item, discriminator="watermark"):
    """Before this hour nothing of a kind is due any more."""

    class Meta:
        table_name = settings.table_name("BOOKINGS")

    hour: Annotated[InstantAttribute, Kept(Category.TECHNICAL, Purpose.WORKING, Retention.ALWAYS)] = InstantAttribute()


def due_key(kind: str, at: datetime, thing_id: str) -> tuple[str, str]:
    """The index keys of something due: ``(due_pk, due_sk)``.

    Args:
        kind: what is due, such as ``HOLD``.
        at: when, UTC.
        thing_id: names the thing, and picks its shard.
    """
    return partition(kind, at, _shard(thing_id)), f"{clock.to_text(at)}#{thing_id}"


def partition(kind: str, at: datetime, shard: int) -> str:
    """The partition of the index that holds what is due in an hour."""
    return f"DUE#{kind}#{at.astimezone(UTC):%Y-%m-%dT%H}#{shard}"


def sweep[T](kind: str, now: datetime, find: Find[T]) -> Iterator[T]:
    """What is due now, oldest hour first; costs what is due, however long ago the last run was.

    Whoever deals with a thing takes it out of the index or moves it to a later instant; until then it is due again
    in the next run. The watermark moves only past hours that are over and were found empty, so a run may stop
    anywhere.

    Args:
        kind: what is due, such as ``HOLD``.
        now: the present instant, UTC.
        find: queries the index of that kind.
    """
    hour = _pass_empty_hours(kind, now, find)
    while hour <= now:
        for shard in range(SHARDS):
            yield from find(partition(kind, hour, shard), due_until(now))
        hour += BUCKET


def _pass_empty_hours(kind: str, now: datetime, find: Find[object]) -> datetime:
    start = hour = _first_hour(kind, now)
    while hour + BUCKET + SETTLED_AFTER <= now and _is_empty(kind, hour, find):
        hour += BUCKET
    if hour != start:
        WatermarkItem(*_watermark_key(kind), hour=hour).save()
    return hour


def _first_hour(kind: str, now: datetime) -> datetime:
    this_hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        return min(this_hour, WatermarkItem.get(*_watermark_key(kind), consistent_read=True).hour)
    except WatermarkItem.DoesNotExist:
        return this_hour - LOOK_BACK


def _is_empty(kind: str, hour: datetime, find: Find[object]) -> bool:
    end = due_until(hour + BUCKET)
    return not any(True for shard in range(SHARDS) for _ in find(partition(kind, hour, shard), end))


def _watermark_key(kind: str) -> tuple[str, str]:
    return f"DUE#{kind}", "WATERMARK"


def due_until(now: datetime) -> str:
    """The upper end of ``due_sk`` for what is due at this instant."""
    return f"{clock.to_text(now)}#~"


def _shard(thing_id: str) -> int:
    return sum(thing_id.encode()) % SHARDS
