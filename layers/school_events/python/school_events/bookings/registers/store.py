"""The Bookings table's register entries: beside the booking of the child they are about, one for each session."""

from collections.abc import Iterable, Iterator
from itertools import batched

from pynamodb.attributes import NumberAttribute

from school_events.bookings.registers.model import RegisterEntry
from school_events.bookings.store import BookingsTableItem
from school_events.core.attributes import VersionAttribute
from school_events.core.change import Change
from school_events.core.dynamodb import Document, Key, Transaction, get_many, school_key
from school_events.core.errors import StaleVersion

_MOST_KEYS = 100


class RegisterEntryItem(BookingsTableItem, discriminator="register_entry"):
    """What was said of a booked child at a session; ``version`` is what writes depend on."""

    version: VersionAttribute = NumberAttribute()
    record = Document(RegisterEntry)
    change = Document(Change)


def entry_key(school_id: str, booking_id: str, session_id: str) -> Key[RegisterEntryItem]:
    """Names what is said of a booking's child at a session."""
    return Key(RegisterEntryItem, school_key(school_id, "BOOKING", booking_id), f"REGISTER#{session_id}")


def find_entries(school_id: str, booking_ids: Iterable[str], session_id: str) -> dict[str, RegisterEntry]:
    """What is said of bookings' children at a session, by booking, read strongly; who has no mark yet is left out."""
    entries: dict[str, RegisterEntry] = {}
    for some in batched(sorted(set(booking_ids)), _MOST_KEYS, strict=False):
        keys = {one: entry_key(school_id, one, session_id) for one in some}
        found = get_many(keys.values())
        entries |= {one: item.record for one, key in keys.items() if (item := found.get(key)) is not None}
    return entries


def entries_of_booking(school_id: str, booking_id: str) -> Iterator[RegisterEntry]:
    """What is said of a booking's child at every session, read strongly."""
    partition = school_key(school_id, "BOOKING", booking_id)
    items = RegisterEntryItem.query(partition, RegisterEntryItem.sk.startswith("REGISTER#"), consistent_read=True)
    yield from (item.record for item in items)


def replace(
    transaction: Transaction, school_id: str, before: RegisterEntry, after: RegisterEntry, change: Change
) -> None:
    """Put an entry in place of the one that was read, or of none, in a transaction.

    The commit raises :class:`StaleVersion` if somebody else was faster.
    """
    key = entry_key(school_id, after.booking_id, after.session_id)
    item = RegisterEntryItem(key.pk, key.sk, version=after.version, record=after, change=change)
    if before.version == 0:
        transaction.create(item, refusal=StaleVersion())
    else:
        transaction.put(item, RegisterEntryItem.version == before.version, refusal=StaleVersion())
