"""The change feed: a row per person and change, written with the change itself, so that a refresh reads its own writes.

A row says only which thing changed; what it looks like now is read when the person asks (F3).
"""

from datetime import datetime, timedelta
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core import clock, settings
from school_events.core.context import Context
from school_events.core.dynamodb import InstantAttribute, Item, school_key
from school_events.core.inventory import Category, Kept, Purpose, Retention

LIFE = timedelta(days=60)
"""How long rows stay: an app that has been away longer reads everything anew."""

_WHOSE = Kept(Category.IDENTIFIER, Purpose.TELLING, Retention.FEED)
_WHAT = Kept(Category.ACTIVITY, Purpose.TELLING, Retention.FEED)


class InboxTableItem(Item):
    """An item of the Inbox table."""

    class Meta:
        table_name = settings.table_name("INBOX")


class FeedRow(InboxTableItem, discriminator="feed_row"):
    """Something the person may see was created, changed or removed."""

    pk: Annotated[UnicodeAttribute, _WHOSE]
    thing: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()
    thing_id: Annotated[UnicodeAttribute, _WHOSE] = UnicodeAttribute()
    what: Annotated[UnicodeAttribute, _WHAT] = UnicodeAttribute()
    at: Annotated[InstantAttribute, _WHAT] = InstantAttribute()


def partition(school_id: str, person_kind: str, person_id: str) -> str:
    """Where a person's rows are; ``person_kind`` is ``contact`` or ``staff``."""
    return school_key(school_id, "FEED", person_kind, person_id)


def row(ctx: Context, person_kind: str, person_id: str, *, thing: str, thing_id: str, what: str) -> FeedRow:
    """A row for one person.

    Args:
        ctx: the moment.
        person_kind: ``contact`` or ``staff``.
        person_id: whose feed.
        thing: ``child``, ``invitation``, ``booking``, ``waiting``, ``payment``, ``inbox_entry``; of staff ``event``.
        thing_id: which.
        what: ``created``, ``changed`` or ``removed``.
    """
    return FeedRow(
        partition(ctx.school_id, person_kind, person_id),
        position(ctx.now, ctx.new_id("row")),
        thing=thing,
        thing_id=thing_id,
        what=what,
        at=ctx.now,
        expires_at=int((ctx.now + LIFE).timestamp()),
    )


def position(at: datetime, row_id: str = "") -> str:
    """A place in the feed's order."""
    return f"{clock.to_text(at)}#{row_id}"
