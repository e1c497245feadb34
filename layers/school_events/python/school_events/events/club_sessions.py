"""Single sessions of a club: add one, move one, cancel one; also when families have booked (B4).

Every change is one transaction with the event, whose version it raises: of two who change a club at once, one wins.
The event's first and last day follow its sessions, and with them where it stands in lists and timetables. Families
are told, each once (F1). Staff who cannot come are no reason to refuse it: they are in the answer (B6).
"""

from datetime import date
from zoneinfo import ZoneInfo

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events import place_changes, store
from school_events.events import session_rules as rules
from school_events.events.model import SchoolEvent, Session
from school_events.events.news.store import news_item
from school_events.events.place_changes import FollowPlaces
from school_events.events.school_days import school_days
from school_events.events.session_api import ChangedSession, MeetingBody
from school_events.events.staffing import clashes
from school_events.people.store import find_school


def add(
    ctx: Context, request: Request, event_id: str, version: int, asked: MeetingBody, follow: FollowPlaces
) -> ChangedSession:
    """Add a session to a club; if it is booked by sessions, with places of its own.

    Args:
        ctx: the moment.
        request: what is asked; sent twice, it adds one session.
        event_id: which club.
        version: the event's version the caller read.
        asked: when it is to be, on the school's wall clock.
        follow: makes its places follow.

    Raises:
        NotFound: there is no such event.
        StaleVersion: the event has changed since that version.
        WrongState: it is no club, may not be changed, or has too many sessions.
        Invalid: the school is closed then, or the club meets then already; names the field.
    """
    earlier = requests.find_earlier_answer(ctx, request, ChangedSession)
    if earlier is not None:
        return earlier
    event, sessions = _club(ctx, event_id, version)
    added = _meeting(ctx, event, rules.next_session_id(sessions), asked, sessions)
    transaction = Transaction(ctx)
    answer = _write(ctx, transaction, event, (*sessions, added), added, "session.added")
    requests.remember(ctx, transaction, request, answer)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return add(ctx, request, event_id, version, asked, follow)
    _let_places_follow(ctx, event, follow)
    return answer


def move(
    ctx: Context, event_id: str, session_id: str, version: int, asked: MeetingBody, follow: FollowPlaces
) -> ChangedSession:
    """Move a session of a club to another time; it stays the session it is, with its places and its register.

    Args:
        ctx: the moment.
        event_id: which club.
        session_id: which of its sessions.
        version: the event's version the caller read.
        asked: when it is to be, on the school's wall clock.
        follow: makes its places follow.

    Raises:
        NotFound: there is no such event or session.
        StaleVersion: the event has changed since that version.
        WrongState: it is no club, may not be changed, or the session is cancelled or has begun.
        Invalid: the school is closed then, or the club meets then already; names the field.
    """
    event, sessions = _club(ctx, event_id, version)
    before, others = _pick(sessions, session_id)
    rules.check_to_come(before, ctx.now)
    moved = _meeting(ctx, event, session_id, asked, others)
    if moved == before:
        return _answer(ctx, moved, event)
    transaction = Transaction(ctx)
    answer = _write(ctx, transaction, event, (*others, moved), moved, "session.moved")
    transaction.commit()
    _let_places_follow(ctx, event, follow)
    return answer


def cancel(ctx: Context, event_id: str, session_id: str, version: int, follow: FollowPlaces) -> ChangedSession:
    """Cancel a session of a club: it stays to be seen, nobody is expected; cancelling it again changes nothing.

    Places and payments for the whole club stay as they are. What was booked for this session alone is ended by
    housekeeping, and what was paid for it goes back.

    Args:
        ctx: the moment.
        event_id: which club.
        session_id: which of its sessions.
        version: the event's version the caller read.
        follow: makes its places follow.

    Raises:
        NotFound: there is no such event or session.
        StaleVersion: the event has changed since that version.
        WrongState: it is no club, may not be changed, or the session has begun or is the only one left.
    """
    event, sessions = _club(ctx, event_id, version)
    before, others = _pick(sessions, session_id)
    if before.cancelled:
        return _answer(ctx, before, event)
    rules.check_to_come(before, ctx.now)
    cancelled = before.model_copy(update={"cancelled": True})
    transaction = Transaction(ctx)
    answer = _write(ctx, transaction, event, (*others, cancelled), cancelled, "session.cancelled")
    transaction.commit()
    _let_places_follow(ctx, event, follow)
    return answer


def _club(ctx: Context, event_id: str, version: int) -> tuple[SchoolEvent, tuple[Session, ...]]:
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.check_event(event)
    return event, store.sessions_of(ctx.school_id, event_id)


def _pick(sessions: tuple[Session, ...], session_id: str) -> tuple[Session, tuple[Session, ...]]:
    """A session and the others."""
    found = [one for one in sessions if one.id == session_id]
    if not found:
        raise NotFound
    return found[0], tuple(one for one in sessions if one.id != session_id)


def _meeting(
    ctx: Context, event: SchoolEvent, session_id: str, asked: MeetingBody, others: tuple[Session, ...]
) -> Session:
    session = rules.Meeting(asked.day, asked.starts_at, asked.ends_at).as_session(session_id, ZoneInfo(event.time_zone))
    days = school_days(find_school(ctx.school_id), asked.day, asked.day)
    rules.check_fits(session, asked.day, days, others, ctx.now)
    return session


def _write(
    ctx: Context,
    transaction: Transaction,
    event: SchoolEvent,
    sessions: tuple[Session, ...],
    changed: Session,
    action: str,
) -> ChangedSession:
    """Add to a transaction everything that a changed session changes."""
    rules.check_series(event, sessions)
    first, last = _first_and_last_day(event, sessions)
    details = event.details.model_copy(update={"starts_on": first, "ends_on": last})
    after = SchoolEvent.of(details, event.status, event.version + 1)
    change = stamp(ctx, action)
    store.update(transaction, ctx.school_id, after, change)
    transaction.put(store.session_item(ctx.school_id, event.id, changed))
    if event.status != "draft":
        transaction.create(news_item(ctx.school_id, event.id, change))
        if event.places == "session":
            place_changes.note(transaction, ctx, after)
    if first != event.starts_on:
        store.move_allocations(transaction, ctx.school_id, details)
    return _answer(ctx, changed, after)


def _let_places_follow(ctx: Context, event: SchoolEvent, follow: FollowPlaces) -> None:
    if event.status != "draft" and event.places == "session":
        place_changes.follow_now(ctx, event.id, follow)


def _first_and_last_day(event: SchoolEvent, sessions: tuple[Session, ...]) -> tuple[date, date]:
    still, zone = rules.running(sessions), ZoneInfo(event.time_zone)
    return still[0].starts_at.astimezone(zone).date(), still[-1].ends_at.astimezone(zone).date()


def _answer(ctx: Context, session: Session, event: SchoolEvent) -> ChangedSession:
    found = clashes.of_session(ctx.school_id, event, session)
    return ChangedSession(**dict(session), event_version=event.version, staff_clashes=found)
