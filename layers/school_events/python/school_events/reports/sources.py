"""What reports are made of, read from the other capabilities in batches, and remembered as far as memory allows."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from itertools import batched

from school_events.core.dynamodb import get_many
from school_events.payments import store as payments
from school_events.payments.model import Payment

_MOST_KEYS = 100
BATCH = 100
"""Lines are looked at so many at a time, with one read for each kind of thing they name."""


class Remembered[V]:
    """Looks things up by id, many at a time, and keeps the latest ones for the lines that follow.

    Args:
        find: reads things by id; who is not there is left out.
        most: how many are kept.
    """

    def __init__(self, find: Callable[[Iterable[str]], Mapping[str, V]], most: int = 2000) -> None:
        self._find = find
        self._most = most
        self._kept: OrderedDict[str, V | None] = OrderedDict()

    def get(self, ids: Iterable[str]) -> dict[str, V]:
        """Those of the things that exist, by id."""
        wanted = set(ids)
        new = wanted - self._kept.keys()
        if new:
            found = self._find(sorted(new))
            self._kept.update({one: found.get(one) for one in new})
        known = {one: thing for one in wanted if (thing := self._kept[one]) is not None}
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return known


def find_payments(school_id: str, ids: Iterable[str]) -> dict[str, Payment]:
    """Payments by id, read strongly; what is not there is left out."""
    made: dict[str, Payment] = {}
    for some in batched(ids, _MOST_KEYS, strict=False):
        keys = [payments.payment_key(school_id, one) for one in some]
        found = get_many(keys)
        items = [found.get(key) for key in keys]
        made |= {item.record.id: item.record for item in items if item is not None}
    return made
