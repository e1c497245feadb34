"""Diaries, in the Bookings table: one item for each person and day, whose version is a condition of every write (D4).

Overlap is no condition that DynamoDB knows; that nobody else has written since one looked is.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from school_events.bookings.appointments.model import Diary
from school_events.bookings.store import BookingsTableItem
from school_events.core.attributes import VersionAttribute
from school_events.core.dynamodb import Document, Key, Transaction, delete_if, school_key
from school_events.core.errors import SchoolEventsError
from school_events.core.inventory import Category, Kept, Purpose, Retention

LIFE = timedelta(days=31)
"""How long after its day began a diary vanishes by itself: 30 days after the evening."""


class DiaryItem(BookingsTableItem, discriminator="diary"):
    """Somebody's diary of a day. Once there it stays, be it empty: its version never begins anew."""

    pk: Annotated[UnicodeAttribute, Kept(Category.IDENTIFIER, Purpose.BOOKING, Retention.AFTER_EVENT)]
    version: VersionAttribute = NumberAttribute()
    record = Document(Diary)


type Owner = tuple[str, str]
"""Whose diary: ``PUPIL`` or ``CONTACT``, and their id."""


def diary_key(school_id: str, owner: Owner, day: date) -> Key[DiaryItem]:
    """Names somebody's diary of a local day."""
    return Key(DiaryItem, school_key(school_id, *owner), f"DIARY#{day.isoformat()}")


def diaries_of(school_id: str, owner: Owner) -> Iterator[DiaryItem]:
    """All of somebody's diaries, read strongly."""
    yield from DiaryItem.query(school_key(school_id, *owner), DiaryItem.sk.startswith("DIARY#"), consistent_read=True)


def write(
    transaction: Transaction, key: Key[DiaryItem], seen: DiaryItem | None, diary: Diary, refusal: SchoolEventsError
) -> None:
    """Put a diary in place of the one that was seen, in a transaction; refused if it is another by now.

    Args:
        transaction: the booking's.
        key: which.
        seen: as it was read, if it was there.
        diary: what it is to be.
        refusal: what the commit raises if it has changed since.
    """
    version = 0 if seen is None else int(seen.version)
    day = date.fromisoformat(key.sk.removeprefix("DIARY#"))
    vanishes = datetime.combine(day, time(), UTC) + LIFE
    item = DiaryItem(key.pk, key.sk, version=version + 1, record=diary, expires_at=int(vanishes.timestamp()))
    transaction.put(item, _unchanged(seen), refusal=refusal)


def require_unchanged(
    transaction: Transaction, key: Key[DiaryItem], seen: DiaryItem | None, refusal: SchoolEventsError
) -> None:
    """Only go ahead, in a transaction, while a diary is as it was seen; arguments as of :func:`write`."""
    transaction.check(key, _unchanged(seen), refusal=refusal)


def drop_if_empty(item: DiaryItem) -> None:
    """Delete a diary of somebody who is forgotten, unless something is in it or was written since it was read."""
    if not item.record.appointments:
        delete_if(Key(DiaryItem, item.pk, item.sk), DiaryItem.version == item.version)


def _unchanged(seen: DiaryItem | None) -> Condition:
    return DiaryItem.pk.does_not_exist() if seen is None else DiaryItem.version == seen.version
