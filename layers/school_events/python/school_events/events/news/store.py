"""News: a change of an event that families are yet to be told of, kept beside the event until they are (F1).

It is written together with the change. ``bookings.news`` tells the families, and then forgets it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pynamodb.attributes import UnicodeAttribute

from school_events.core import due
from school_events.core.attributes import IdAttribute, PersonKey, ThingKey
from school_events.core.change import Change
from school_events.core.dynamodb import InstantAttribute, Key, delete_if, school_key, update_if
from school_events.core.indexes import Due
from school_events.events.model import RUNNING
from school_events.events.store import EventsTableItem

NEWS = "NEWS"
"""What is due on a change of an event until the families it concerns are told of it."""

What = Literal["changed", "asked_again", "cancelled", "moved_on"]
"""What happened to the event.

Of what ``changed`` or was ``cancelled`` families are told, and to answer anew where they are ``asked_again``; that it
``moved_on`` (closed, completed) they see at their next refresh.
"""

_INDEX_HAS_FOLLOWED = timedelta(seconds=5)
"""So long after a change at the earliest, its families are looked up: by an index, which follows its table."""


class NewsItem(EventsTableItem, discriminator="news"):
    """A change of an event that families are yet to be told of: by whose stamp, and when it was made.

    ``told_up_to`` is the last child whose family's telling is on the queue; the others follow in order of their ids.
    """

    event_id: IdAttribute = UnicodeAttribute()
    change_id: IdAttribute = UnicodeAttribute()
    at: Annotated[InstantAttribute, RUNNING] = InstantAttribute()
    what: Annotated[UnicodeAttribute, RUNNING] = UnicodeAttribute(default="changed")
    told_up_to: PersonKey = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute()
    due_sk: ThingKey = UnicodeAttribute()
    due: ClassVar[Due] = Due()


def news_item(school_id: str, event_id: str, change: Change, what: What = "changed") -> NewsItem:
    """The news of a change, to be written in the transaction that makes it."""
    due_pk, due_sk = due.due_key(NEWS, change.at + _INDEX_HAS_FOLLOWED, change.id)
    return NewsItem(
        school_key(school_id, "EVENT", event_id),
        f"NEWS#{change.id}",
        event_id=event_id,
        change_id=change.id,
        at=change.at,
        what=what,
        due_pk=due_pk,
        due_sk=due_sk,
    )


def due_news(now: datetime) -> Iterator[NewsItem]:
    """Changes of events that families are to be told of now, oldest first.

    Args:
        now: the present instant, UTC.
    """
    return due.sweep(NEWS, now, lambda pk, end: NewsItem.due.query(pk, Due.due_sk <= end))


def note_told(news: NewsItem, pupil_id: str) -> None:
    """Note that families are told up to this child's; nothing, if the news is gone."""
    update_if(_key(news), [NewsItem.told_up_to.set(pupil_id)], NewsItem.change_id.exists())


def put_off(news: NewsItem, until: datetime) -> None:
    """Make news that could not be told due again later (UTC); nothing, if it is gone."""
    due_pk, due_sk = due.due_key(NEWS, until, news.change_id)
    actions = [NewsItem.due_pk.set(due_pk), NewsItem.due_sk.set(due_sk)]
    update_if(_key(news), actions, NewsItem.change_id.exists())


def forget(news: NewsItem) -> None:
    """Delete news that everybody is told of; doing it again changes nothing."""
    delete_if(_key(news), NewsItem.change_id.exists())


def _key(news: NewsItem) -> Key[NewsItem]:
    return Key(NewsItem, news.pk, news.sk)
