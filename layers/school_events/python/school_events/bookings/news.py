"""Telling the families who have booked an event that it has changed, however many they are (F1).

The change leaves a piece of news beside the event, in its own transaction. It stays until every family's telling is on
the queue: stopped half way, all are queued again, and an inbox takes one entry for each change (F2). Who books later
has seen what they book.
"""

from collections.abc import Iterator

from school_events.bookings import gateway, store
from school_events.bookings.model import LIVE
from school_events.core import clock
from school_events.core.consequences import Telling
from school_events.events import store as events
from school_events.events.store import NewsItem


def tell(news: NewsItem) -> None:
    """Tell the families of every child with a place or a hold of a change of the event, then forget the news.

    Raises:
        TryAgain: the queue did not take all of it; the news stays.
    """
    gateway.tell(_tellings(news))
    news.delete()


def _tellings(news: NewsItem) -> Iterator[Telling]:
    school_id = events.school_of(news)
    for booking in store.bookings_of_event(school_id, news.event_id):
        if booking.state in LIVE and not booking.anonymised:
            yield Telling(
                school_id=school_id,
                change_id=news.change_id,
                kind="changed",
                occurred_at=clock.to_text(news.at),
                pupil_id=booking.pupil_id,
                event_id=news.event_id,
                thing="event",
                thing_id=news.event_id,
            )
