"""Telling the families an event concerns that it has changed or is cancelled, however many they are (F1).

The change leaves a piece of news beside the event, in its own transaction. Families are put on the notification queue
in the order of their children's ids, and the news notes how far that has come: stopped anywhere, the next run goes on
there, and whoever is queued twice has one entry for each change in their inbox all the same (F2).

Whom it concerns is who is invited, or has a place. Who has a place and is to answer anew is asked to, once for each
change that asks. Who books later has seen what they book. Who declined is not
told; nor is anybody that an event is closed or completed: they see it at their next refresh (F3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import batched

from school_events.bookings import gateway, store
from school_events.bookings.answers import is_consent_outdated
from school_events.bookings.model import LIVE
from school_events.core import clock
from school_events.core.consequences import Telling
from school_events.events import store as events
from school_events.events.news import store as told
from school_events.events.news.store import NewsItem
from school_events.invitations.model import invitation_id
from school_events.invitations.store import invitations_of_event

AT_ONCE = 100
"""So many families are put on the queue before it is noted; as many may be queued again after a crash."""


def tell(news: NewsItem, may_go_on: Callable[[], bool]) -> None:
    """Tell everybody a change of an event concerns, then forget the news; what there is no time for stays due.

    Some are told each time, however little time there is: finding out whom it concerns may have taken it all.

    Raises:
        TryAgain: the queue did not take all of it; the news stays.
    """
    concerned = _concerned(news)
    left = sorted(pupil_id for pupil_id in concerned if pupil_id > (news.told_up_to or ""))
    for some in batched(left, AT_ONCE, strict=False):
        gateway.tell(_telling(news, pupil_id, concerned[pupil_id]) for pupil_id in some)
        told.note_told(news, some[-1])
        if not may_go_on():
            return
    told.forget(news)


@dataclass(frozen=True)
class _Concern:
    """How news concerns a child's family: they only see it (``quiet``), or are to answer a booking's form anew."""

    quiet: bool = False
    to_answer: str | None = None


def _concerned(news: NewsItem) -> Mapping[str, _Concern]:
    """The children it concerns, and how.

    Who has or had a place at what is cancelled hears of it with the end of their booking.
    """
    school_id = events.school_of(news)
    moved_on = news.what == "moved_on"
    invited = invitations_of_event(school_id, news.event_id)
    concerned = {one.pupil_id: _Concern(quiet=moved_on or one.state == "declined") for one in invited}
    if moved_on:
        return concerned
    form = events.find_event(school_id, news.event_id).form if news.what == "asked_again" else None
    for item in store.booking_items_of_event(school_id, news.event_id):
        booking = item.record
        if booking.anonymised:
            continue
        if news.what == "cancelled":
            if booking.state in LIVE or item.change.at >= news.at:
                concerned.pop(booking.pupil_id, None)
        elif booking.state in LIVE:
            # A child may have several places: one that is in order does not hide another that is to be answered for.
            asked = concerned.get(booking.pupil_id, _Concern()).to_answer
            to_answer = asked or (booking.id if is_consent_outdated(booking, form) else None)
            concerned[booking.pupil_id] = _Concern(to_answer=to_answer)
    return concerned


def _telling(news: NewsItem, pupil_id: str, concern: _Concern) -> Telling:
    if concern.to_answer is not None:
        return _asking(news, pupil_id, concern.to_answer)
    quiet = concern.quiet
    return Telling(
        school_id=events.school_of(news),
        change_id=news.change_id,
        kind="cancelled" if news.what == "cancelled" else "changed",
        occurred_at=clock.to_text(news.at),
        pupil_id=pupil_id,
        event_id=news.event_id,
        thing="invitation" if quiet else "event",
        thing_id=invitation_id(news.event_id, pupil_id) if quiet else news.event_id,
        quiet=quiet or None,
    )


def _asking(news: NewsItem, pupil_id: str, booking_id: str) -> Telling:
    """What they agreed to has changed: they are to agree anew, or to take their consent back (D3).

    For each child they are asked in a message of its own: who loses the link to one is still asked for the other.
    """
    return Telling(
        school_id=events.school_of(news),
        change_id=f"{news.change_id}/{pupil_id}",
        kind="consent_asked",
        occurred_at=clock.to_text(news.at),
        pupil_id=pupil_id,
        event_id=news.event_id,
        thing="booking",
        thing_id=booking_id,
    )
