"""What an event's places are still to follow: its capacity or sessions were changed after families had seen it (B2).

The note is written with the change, and due until the places have followed: of ``bookings``, which sits above.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import ClassVar

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core import due
from school_events.core.attributes import IdAttribute, ThingKey, VersionAttribute
from school_events.core.context import Context
from school_events.core.dynamodb import Key, Transaction, school_key, update_if
from school_events.core.errors import TryAgain
from school_events.core.indexes import Due
from school_events.events.model import SchoolEvent
from school_events.events.store import EventItem, EventsTableItem, event_key, school_of

FollowPlaces = Callable[[Context, str], None]
"""Lets the places of an event follow what it says now: of ``bookings``. Doing it again changes nothing."""

PLACES = "PLACES"
"""What is due on an event's note until its places have followed it."""

_FINISHED_BY = timedelta(minutes=1)
"""Housekeeping looks after what the request itself has not finished by then."""


class PlaceChangeItem(EventsTableItem, discriminator="place_change"):
    """The event's version its places are to follow; ``arranger`` is who lets them: of several, the last to begin.

    It stays when they have: only an event that has one can have more places than its capacity.
    """

    event_id: IdAttribute = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    arranger: IdAttribute = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    due: ClassVar[Due] = Due()


def note(transaction: Transaction, ctx: Context, event: SchoolEvent) -> None:
    """Note that an event's places are to follow its new version, in the transaction that makes it."""
    key = _key(ctx.school_id, event.id)
    due_pk, due_sk = due.due_key(PLACES, ctx.now + _FINISHED_BY, event.id)
    item = PlaceChangeItem(key.pk, key.sk, event_id=event.id, version=event.version, due_pk=due_pk, due_sk=due_sk)
    transaction.put(item)


def follow_now(ctx: Context, event_id: str, follow: FollowPlaces) -> None:
    """Let the places of an event follow; if there is too much to do, or too much moves, housekeeping goes on."""
    with contextlib.suppress(TryAgain):
        follow(ctx, event_id)


def is_noted(school_id: str, event_id: str) -> bool:
    """Whether an event's capacity or sessions were ever changed after families had seen it (strongly consistent)."""
    key = _key(school_id, event_id)
    try:
        PlaceChangeItem.get(key.pk, key.sk, consistent_read=True)
    except PlaceChangeItem.DoesNotExist:
        return False
    return True


def begin_following(school_id: str, event_id: str, arranger: str) -> bool:
    """Say who lets the places follow from now on, which stops who did before; not, if there is nothing to follow."""
    return update_if(
        _key(school_id, event_id), [PlaceChangeItem.arranger.set(arranger)], PlaceChangeItem.version.exists()
    )


def require_following(transaction: Transaction, school_id: str, event: SchoolEvent, arranger: str) -> None:
    """Only go ahead, in a transaction, while nobody else lets the places follow, and the event is as it was read.

    Refused with :class:`TryAgain`.
    """
    transaction.check(_key(school_id, event.id), PlaceChangeItem.arranger == arranger, refusal=TryAgain())
    transaction.check(event_key(school_id, event.id), EventItem.version == event.version, refusal=TryAgain())


def has_followed(school_id: str, event_id: str, version: int) -> None:
    """Take a note off what is due, unless it is of a later version by now; doing it again changes nothing."""
    actions = [PlaceChangeItem.due_pk.remove(), PlaceChangeItem.due_sk.remove()]
    update_if(_key(school_id, event_id), actions, PlaceChangeItem.version <= version)


def put_off(school_id: str, event_id: str, version: int, until: datetime) -> None:
    """Make what is to follow due later (UTC), unless it is of a later version by now."""
    due_pk, due_sk = due.due_key(PLACES, until, event_id)
    actions = [PlaceChangeItem.due_pk.set(due_pk), PlaceChangeItem.due_sk.set(due_sk)]
    update_if(_key(school_id, event_id), actions, PlaceChangeItem.version <= version)


def due_place_changes(now: datetime) -> Iterator[tuple[str, str, int]]:
    """Events whose places are still to follow, as (school, event, version), oldest first.

    Args:
        now: the present instant, UTC.
    """
    for item in due.sweep(PLACES, now, lambda pk, end: PlaceChangeItem.due.query(pk, Due.due_sk <= end)):
        yield school_of(item), item.event_id, int(item.version)


def _key(school_id: str, event_id: str) -> Key[PlaceChangeItem]:
    return Key(PlaceChangeItem, school_key(school_id, "EVENT", event_id), "PLACE_CHANGE")
