"""The indexes that several tables have: named alike, keyed alike (decision 0001).

Each item that is in one makes its own: ``due = Due()``.
"""

from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex


class Listing(GlobalSecondaryIndex[Any]):
    """A school's things of one kind, in the order in which they are listed."""

    class Meta:
        index_name = "listing"
        projection = AllProjection()

    listing_pk = UnicodeAttribute(hash_key=True)
    listing_sk = UnicodeAttribute(range_key=True)


class ByEvent(GlobalSecondaryIndex[Any]):
    """What there is of an event."""

    class Meta:
        index_name = "by_event"
        projection = AllProjection()

    event_pk = UnicodeAttribute(hash_key=True)
    event_sk = UnicodeAttribute(range_key=True)


class ByPupil(GlobalSecondaryIndex[Any]):
    """What there is of a child."""

    class Meta:
        index_name = "by_pupil"
        projection = AllProjection()

    pupil_pk = UnicodeAttribute(hash_key=True)
    pupil_sk = UnicodeAttribute(range_key=True)


class Due(GlobalSecondaryIndex[Any]):
    """What is due (``core.due``)."""

    class Meta:
        index_name = "due"
        projection = AllProjection()

    due_pk = UnicodeAttribute(hash_key=True)
    due_sk = UnicodeAttribute(range_key=True)
