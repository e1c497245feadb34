"""Housekeeping that costs little when nothing is due: most of what a long story asks of the tables would be that."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import pytest
from moto.dynamodb.models import dynamodb_backends

from school_events.bookings import places
from school_events.bookings import store as bookings
from school_events.bookings.waiting import store as turns
from school_events.core import due
from school_events.events import place_changes
from school_events.events import store as events
from school_events.events.documents.store import DOCUMENTS
from school_events.events.evenings.store import SLOTS
from school_events.events.news.store import NEWS
from school_events.payments.refunds.store import REFUND
from school_events.payments.store import UNPAID
from school_events.people import waiting

HOUSEKEPT = (
    events.CLOSE_PLACES,
    place_changes.PLACES,
    places.RETURNED,
    turns.TURN,
    NEWS,
    DOCUMENTS,
    waiting.WAITING,
    events.CALL_OFF,
    SLOTS,
    bookings.HOLD,
    UNPAID,
    REFUND,
)
"""What housekeeping looks for, in this order: what needs Stripe comes last."""

_ACCOUNT, _REGION = "123456789012", "eu-west-2"


def only_what_is_due(patch: pytest.MonkeyPatch) -> None:
    """From now on an index is not asked whether something is due in an hour and a shard in which there is nothing.

    Args:
        patch: undoes it.
    """
    sweep = due.sweep

    def sweep_what_is_there[T](kind: str, now: datetime, find: due.Find[T]) -> Iterator[T]:
        def find_if_any(partition: str, until: str) -> Iterable[T]:
            return find(partition, until) if _is_any_in(partition) else ()

        return sweep(kind, now, find_if_any) if _is_any_in(f"DUE#{kind}#") else iter(())

    patch.setattr(due, "sweep", sweep_what_is_there)


def housekept_until(now: datetime) -> None:
    """As if housekeeping had run all the time: nothing older is looked for.

    Args:
        now: an instant in the present hour, UTC.
    """
    for kind in HOUSEKEPT:
        due.WatermarkItem(f"DUE#{kind}", "WATERMARK", hour=due.HOURLY.first(now)).save()


def _is_any_in(partition: str) -> bool:
    """Whether anything is in a partition of a due index, or in those that begin so, as moto keeps it."""
    tables = dynamodb_backends[_ACCOUNT][_REGION].tables.values()
    kept = (item.attrs for table in tables for items in table.items.values() for item in items.values())
    return any("due_pk" in attrs and attrs["due_pk"].value.startswith(partition) for attrs in kept)
