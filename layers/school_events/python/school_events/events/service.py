"""What a school does with its events: make, read, list, change, publish and close them (B2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, StaleVersion
from school_events.core.http import Page
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events import rules, store
from school_events.events.access import IsInvited, readable_event
from school_events.events.api import EventChanges, EventRef, EventSummary, EventView, NewEvent
from school_events.events.model import EventKind, EventStatus, SchoolEvent, Session
from school_events.events.planning import Plan, plan
from school_events.people.store import find_school

_TIMES = frozenset({"meets", "takes_place"})

PlaceKeeper = Callable[[Context, SchoolEvent], None]
"""Makes or closes an event's places: of ``bookings``, which sits above. Doing it again changes nothing."""

_FINISHED_BY = timedelta(minutes=1)
"""Housekeeping looks after a closing that its own request has not finished by then."""


def create(ctx: Context, request: Request, asked: NewEvent) -> EventRef:
    """Make an event, as a draft.

    Raises:
        Invalid: what is asked makes no sense; names the field.
    """
    earlier = requests.find_earlier_answer(ctx, request, EventRef)
    if earlier is not None:
        return earlier
    created = stamp(ctx, "event.created")
    school = find_school(ctx.school_id)
    planned = plan(school, asked, event_id=ctx.new_id("event"), created_at=created.at, form=None)
    event = SchoolEvent.of(planned.details, "draft", 1)
    transaction = Transaction(ctx).create(store.event_item(ctx.school_id, event, created))
    for session in planned.sessions:
        transaction.create(store.session_item(ctx.school_id, event.id, session))
    answer = _ref(event)
    requests.remember(ctx, transaction, request, answer)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return create(ctx, request, asked)
    return answer


def read(ctx: Context, event_id: str, is_invited: IsInvited) -> EventView:
    """An event with its sessions, for who may read it.

    Raises:
        NotFound: there is none, or it is none of the caller's.
    """
    return _view(ctx, readable_event(ctx, event_id, is_invited))


@dataclass(frozen=True)
class Wanted:
    """Which events to list.

    Args:
        kind: only these.
        status: only these.
        since: only what starts on this local day or later.
        staff_id: only what this member of staff works at.
    """

    kind: EventKind | None = None
    status: EventStatus | None = None
    since: date | None = None
    staff_id: str | None = None

    def includes(self, event: SchoolEvent) -> bool:
        """Whether an event is of the kind and status asked for."""
        return self.kind in {None, event.kind} and self.status in {None, event.status}


def list_events(ctx: Context, wanted: Wanted, limit: int, cursor: str | None) -> Page[EventSummary]:
    """A page of the school's events by first day: an administrator's all, a member of staff's own.

    Raises:
        NotFound: a member of staff asks for somebody else's.
        Invalid: the cursor is not one of this list.
    """
    staff_id = wanted.staff_id
    if not ctx.has_role("school_admin"):
        if staff_id not in {None, ctx.actor.id}:
            raise NotFound
        staff_id = ctx.actor.id
    scope = f"{ctx.school_id}/events/{staff_id or ''}"
    after = str(wanted.since or "")
    if cursor is not None:
        after = max(after, open_cursor(cursor, scope)["after"])
    found = (
        store.events_after(ctx.school_id, after)
        if staff_id is None
        else store.events_of_staff(ctx.school_id, staff_id, after)
    )
    page: list[SchoolEvent] = []
    for event in filter(wanted.includes, found):
        if len(page) == limit:
            return Page(items=_summaries(page), next_cursor=seal({"after": store.position(page[-1])}, scope))
        page.append(event)
    return Page(items=_summaries(page))


def change(ctx: Context, event_id: str, version: int, changes: EventChanges) -> EventView:
    """Change an event: of a draft everything but its kind, later only what is safe.

    Args:
        ctx: the moment.
        event_id: which.
        version: the version the caller read.
        changes: what to change.

    Raises:
        NotFound: there is none.
        StaleVersion: it has changed since that version.
        WrongState: its status does not allow this change; names the fields.
        Invalid: the event would make no sense any more; names the field.
    """
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.check_changes(event.status, changes.model_fields_set)
    if not changes.model_fields_set:
        return _view(ctx, event)
    transaction = Transaction(ctx)
    if changes.model_fields_set <= rules.SAFE_CHANGES:
        details = event.details.model_copy(update=_given(changes))
    else:
        planned = _replanned(ctx, event, changes)
        details = planned.details
        _replace_sessions(transaction, ctx, event, planned.sessions)
        if details.starts_on != event.starts_on:
            store.move_allocations(transaction, ctx.school_id, details)
    after = SchoolEvent.of(details, event.status, version + 1)
    store.update(transaction, ctx.school_id, after, stamp(ctx, "event.changed"))
    transaction.commit()
    return _view(ctx, after)


def publish(ctx: Context, event_id: str, make_places: PlaceKeeper) -> EventRef:
    """Publish a draft: no change is let in any more, its places are made, then families may be invited.

    Asked again after a crash on the way, it finishes; asked again when done, it changes nothing.

    Raises:
        NotFound: there is none.
        WrongState: booking is closed, or would already be over.
    """
    event = store.find_event(ctx.school_id, event_id)
    rules.status_after(event.status, "publish")
    if event.status == "published":
        return _ref(event)
    rules.check_publishable(event.window.closes_at, ctx.now)
    store.move(ctx, event_id, "draft", "publishing")
    make_places(ctx, store.find_event(ctx.school_id, event_id))
    store.move(ctx, event_id, "publishing", "published", stamp(ctx, "event.published"))
    return _ref(store.find_event(ctx.school_id, event_id))


def close(ctx: Context, event_id: str, close_places: PlaceKeeper) -> EventRef:
    """Close booking: first the event, then its free places; housekeeping finishes what is left half done.

    Raises:
        NotFound: there is none.
        WrongState: it is not published.
    """
    event = store.find_event(ctx.school_id, event_id)
    rules.status_after(event.status, "close")
    due_at = ctx.now + _FINISHED_BY
    store.move(ctx, event_id, "published", "closed", stamp(ctx, "event.closed"), places_to_close_at=due_at)
    closed = store.find_event(ctx.school_id, event_id)
    finish_closing(ctx, closed, close_places)
    return _ref(closed)


def finish_closing(ctx: Context, event: SchoolEvent, close_places: PlaceKeeper) -> None:
    """Close the places of a closed event and take it off what is due; doing it again changes nothing."""
    close_places(ctx, event)
    store.places_are_closed(ctx, event.id)


def _replanned(ctx: Context, event: SchoolEvent, changes: EventChanges) -> Plan:
    """A draft as it would be made now, with its changes; its single sessions are made anew only with new times."""
    kept = {name: getattr(event, name) for name in NewEvent.model_fields if name != "booking_window"}
    asked = NewEvent.model_validate(kept | {"booking_window": event.window} | _given(changes))
    made = () if _TIMES & changes.model_fields_set else store.sessions_of(ctx.school_id, event.id)
    return plan(
        find_school(ctx.school_id),
        asked,
        event_id=event.id,
        created_at=event.created_at,
        form=event.form,
        made=made,
    )


def _given(changes: EventChanges) -> dict[str, Any]:
    return {name: getattr(changes, name) for name in changes.model_fields_set}


def _replace_sessions(
    transaction: Transaction, ctx: Context, event: SchoolEvent, sessions: tuple[Session, ...]
) -> None:
    kept = {session.id for session in sessions}
    for session in sessions:
        transaction.put(store.session_item(ctx.school_id, event.id, session))
    for session in store.sessions_of(ctx.school_id, event.id):
        if session.id not in kept:
            transaction.delete(store.session_key(ctx.school_id, event.id, session.id))


def _ref(event: SchoolEvent) -> EventRef:
    return EventRef(id=event.id, status=event.status, version=event.version)


def _view(ctx: Context, event: SchoolEvent) -> EventView:
    sessions = store.sessions_of(ctx.school_id, event.id)
    return EventView.model_validate(dict(event) | {"sessions": list(sessions)})


def _summaries(events: Iterable[SchoolEvent]) -> list[EventSummary]:
    return [EventSummary.model_validate(event) for event in events]
