"""What a school does with its events: make, read, list and change them (B2); ``lifecycle`` moves them on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, NotFound, StaleVersion
from school_events.core.http import Page
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events import place_changes, rules, store
from school_events.events.access import IsInvited, readable_event
from school_events.events.api import EventChanges, EventRef, EventSummary, EventView, Listed, NewEvent, event_ref
from school_events.events.charging.reading import money_shown
from school_events.events.evenings import planning as evenings
from school_events.events.forms.rules import is_asked_again
from school_events.events.forms.service import after_publishing
from school_events.events.model import EventKind, SchoolEvent, Session
from school_events.events.news.store import news_item
from school_events.events.place_changes import FollowPlaces
from school_events.events.planning import Plan, plan, safely_changed
from school_events.events.session_rules import check_places
from school_events.events.trips.reading import view_for_staff
from school_events.people.store import find_school

_TIMES = frozenset({"meets", "takes_place"})


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
    answer = event_ref(event)
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
        status: only these; what is archived is left out unless asked for.
        since: only what starts on this local day or later.
        until: only what starts on this local day or earlier.
        staff_id: only what this member of staff works at.
    """

    kind: EventKind | None = None
    status: Listed | None = None
    since: date | None = None
    until: date | None = None
    staff_id: str | None = None

    def includes(self, event: SchoolEvent) -> bool:
        """Whether an event is of the kind and status asked for, and archived or not."""
        standing = "archived" if event.archived else event.status
        wanted = {standing} if event.archived else {None, standing}
        return self.kind in {None, event.kind} and self.status in wanted


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
    before = store.end_of_day(wanted.until)
    if after > before:
        # DynamoDB refuses a range that ends before it begins.
        return Page(items=[])
    found = (
        store.events_after(ctx.school_id, after, before)
        if staff_id is None
        else store.events_of_staff(ctx.school_id, staff_id, after, before)
    )
    page: list[SchoolEvent] = []
    for event in filter(wanted.includes, found):
        if len(page) == limit:
            return Page(items=_summaries(page), next_cursor=seal({"after": store.position(page[-1])}, scope))
        page.append(event)
    return Page(items=_summaries(page))


def change(ctx: Context, event_id: str, version: int, changes: EventChanges, follow: FollowPlaces) -> EventView:
    """Change an event: of a draft everything but its kind, later only what is safe; who has booked it is told.

    If what families agreed to changes, they are to be asked again from the form's new version on (D3). Its places
    follow a new capacity at once, or within minutes: whoever has one keeps it.

    Args:
        ctx: the moment.
        event_id: which.
        version: the version the caller read.
        changes: what to change.
        follow: makes its places follow.

    Raises:
        NotFound: there is none.
        StaleVersion: it has changed since that version.
        WrongState: its status does not allow this change, or a question becomes one about health; names the fields.
        Invalid: the event would make no sense any more; names the field.
    """
    event = store.find_event(ctx.school_id, event_id)
    if event.version != version:
        raise StaleVersion
    rules.check_changes(event.status, changes.named)
    if not changes.named and not changes.ask_consent_again:
        return _view(ctx, event)
    transaction = Transaction(ctx)
    is_resized = event.status != "draft" and "capacity" in changes.named
    if is_resized:
        _check_capacity(ctx, event, changes.capacity)
    if is_resized or changes.named <= rules.SAFE_CHANGES - {"capacity"}:
        details = safely_changed(ctx.school_id, event.details, changes)
    else:
        planned = _replanned(ctx, event, changes)
        details = planned.details
        _replace_sessions(transaction, ctx, event, planned.sessions)
        if details.starts_on != event.starts_on:
            store.move_allocations(transaction, ctx.school_id, details)
    if event.status != "draft":
        details = after_publishing(transaction, ctx, event.details, details, ask_again=changes.ask_consent_again)
    after = SchoolEvent.of(details, event.status, version + 1)
    changed = stamp(ctx, "event.changed")
    store.update(transaction, ctx.school_id, after, changed)
    asked_again = is_asked_again(event.form, details.form)
    if event.status != "draft" and (asked_again or changes.named - rules.UNTOLD_CHANGES):
        transaction.create(news_item(ctx.school_id, event_id, changed, "asked_again" if asked_again else "changed"))
    if is_resized:
        place_changes.note(transaction, ctx, after)
    transaction.commit()
    if is_resized:
        place_changes.follow_now(ctx, event_id, follow)
    return _view(ctx, after)


def _check_capacity(ctx: Context, event: SchoolEvent, capacity: int) -> None:
    """Whether an event that families have seen may have so many places.

    Raises:
        Invalid: it may not; names the field.
    """
    if event.kind == "parents_evening":
        raise Invalid.of("capacity", "follows from the slot plan of a parents' evening")
    if capacity < event.minimum:
        raise Invalid.of("capacity", f"must not be less than the minimum, {event.minimum}")
    if event.places == "session":
        check_places(event.kind, event.places, capacity, len(store.sessions_of(ctx.school_id, event.id)))


def _replanned(ctx: Context, event: SchoolEvent, changes: EventChanges) -> Plan:
    """A draft as it would be made now, with its changes; its single sessions are made anew only with new times."""
    kept = {name: getattr(event, name) for name in NewEvent.model_fields if name != "booking_window"}
    kept |= {"booking_window": event.window, "capacity": evenings.capacity_asked(event)}
    asked = NewEvent.model_validate(kept | _given(changes))
    made = () if _TIMES & changes.named else store.sessions_of(ctx.school_id, event.id)
    return plan(
        find_school(ctx.school_id),
        asked,
        event_id=event.id,
        created_at=event.created_at,
        form=event.form,
        made=made,
        slots=evenings.slots_at(ctx.school_id, event, asked.takes_place),
    )


def _given(changes: EventChanges) -> dict[str, Any]:
    return {name: getattr(changes, name) for name in changes.named}


def _replace_sessions(
    transaction: Transaction, ctx: Context, event: SchoolEvent, sessions: tuple[Session, ...]
) -> None:
    kept = {session.id for session in sessions}
    for session in sessions:
        transaction.put(store.session_item(ctx.school_id, event.id, session))
    for session in store.sessions_of(ctx.school_id, event.id):
        if session.id not in kept:
            transaction.delete(store.session_key(ctx.school_id, event.id, session.id))


def _view(ctx: Context, event: SchoolEvent) -> EventView:
    sessions = store.sessions_of(ctx.school_id, event.id)
    shown = {"sessions": list(sessions), "for_staff": view_for_staff(ctx, event)}
    return EventView.model_validate(dict(event) | shown | money_shown(ctx, event))


def _summaries(events: Iterable[SchoolEvent]) -> list[EventSummary]:
    return [EventSummary.model_validate(event) for event in events]
