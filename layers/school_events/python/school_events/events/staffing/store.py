"""Allocations, read by person."""

from collections.abc import Iterable
from itertools import batched

from school_events.core.dynamodb import get_many
from school_events.events.model import StaffAllocation
from school_events.events.store import allocation_key

_MOST_KEYS = 100


def find_allocations(school_id: str, staff_id: str, event_ids: Iterable[str]) -> dict[str, StaffAllocation]:
    """What a member of staff does at events, by event (strongly consistent); those they do not work at are left out."""
    found: dict[str, StaffAllocation] = {}
    for some in batched(sorted(set(event_ids)), _MOST_KEYS, strict=False):
        items = get_many(keys := [allocation_key(school_id, event_id, staff_id) for event_id in some])
        found |= {item.record.event_id: item.record for key in keys if (item := items.get(key))}
    return found
