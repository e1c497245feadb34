"""What is due when: a sparse index per table, so that a run of housekeeping costs what is due, not what exists (P7).

An item with something due carries ``due_pk`` and ``due_sk``; taking them away takes it out of the index.
Buckets are UTC hours, each split over a few shards so that no partition of the index is hot.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from school_events.core import clock

SHARDS = 4
BUCKET = timedelta(hours=1)


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


def partitions(kind: str, since: datetime, until: datetime) -> Iterator[str]:
    """Every partition that can hold something due from ``since`` to ``until`` (UTC), oldest hour first."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= until:
        for shard in range(SHARDS):
            yield partition(kind, hour, shard)
        hour += BUCKET


def due_until(now: datetime) -> str:
    """The upper end of ``due_sk`` for what is due at this instant."""
    return f"{clock.to_text(now)}#~"


def _shard(thing_id: str) -> int:
    return sum(thing_id.encode()) % SHARDS
