"""The Events table's events, sessions and staff allocations.

Everything a booking needs to know of an event (status, window, price, capacity, form) is in the one event item.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime
from itertools import batched
from typing import Annotated, Any, ClassVar, cast

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from school_events.core import due, settings
from school_events.core.attributes import PersonKey, ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.context import Context
from school_events.core.dynamodb import (
    Document,
    Item,
    Key,
    Refused,
    Transaction,
    get_many,
    school_key,
)
from school_events.core.errors import NotFound, SchoolEventsError, StaleVersion
from school_events.core.indexes import Due, Listing
from school_events.events.model import RUNNING, EventDetails, EventStatus, SchoolEvent, Session, StaffAllocation

CLOSE_PLACES = "CLOSE_PLACES"
"""What is due on an event whose booking has closed and whose free places have not all followed yet."""

CALL_OFF = "CALL_OFF"
"""What is due on a cancelled event whose places and bookings have not all followed yet."""

_MOST_KEYS = 100


class EventsTableItem(Item):
    """An item of the Events table."""

    class Meta:
        table_name = settings.table_name("EVENTS")


class StaffIndex(GlobalSecondaryIndex[Any]):
    """A staff member's allocations by the event's first day."""

    class Meta:
        index_name = "by_staff"
        projection = AllProjection()

    staff_pk = UnicodeAttribute(hash_key=True)
    staff_sk = UnicodeAttribute(range_key=True)


class EventItem(EventsTableItem, discriminator="event"):
    """An event; ``status`` and ``version`` are what writes depend on."""

    status: Annotated[UnicodeAttribute, RUNNING] = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(EventDetails)
    change = Document(Change)
    listing_pk: ThingKey = UnicodeAttribute()
    listing_sk: ThingKey = UnicodeAttribute()
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    listing: ClassVar[Listing] = Listing()
    due: ClassVar[Due] = Due()


class SessionItem(EventsTableItem, discriminator="session"):
    """One meeting of an event."""

    record = Document(Session)


class AllocationItem(EventsTableItem, discriminator="allocation"):
    """A member of staff works at an event."""

    sk: PersonKey
    record = Document(StaffAllocation)
    staff_pk: PersonKey = UnicodeAttribute()
    staff_sk: ThingKey = UnicodeAttribute()
    by_staff: ClassVar[StaffIndex] = StaffIndex()


def event_key(school_id: str, event_id: str) -> Key[EventItem]:
    """Names an event."""
    return Key(EventItem, _partition(school_id, event_id), "EVENT")


def position(details: EventDetails) -> str:
    """Where an event stands in lists: by its first day."""
    return f"{details.starts_on}#{details.id}"


def is_published() -> Condition:
    """The condition that an event is published, for a write that depends on it."""
    return EventItem.status == "published"


def is_there() -> Condition:
    """The condition that an event exists, for a write beside it."""
    return EventItem.status.exists()


def event_item(school_id: str, event: SchoolEvent, change: Change) -> EventItem:
    """An event as it is kept."""
    key = event_key(school_id, event.id)
    return EventItem(
        key.pk,
        key.sk,
        status=event.status,
        version=event.version,
        record=event.details,
        change=change,
        listing_pk=school_key(school_id, "EVENTS"),
        listing_sk=position(event),
    )


def update(transaction: Transaction, school_id: str, event: SchoolEvent, change: Change) -> None:
    """Put an event's next version in the place of the one before, in a transaction.

    The commit raises :class:`StaleVersion` if that is not the version that is there.
    """
    actions = [
        EventItem.record.set(event.details),
        EventItem.version.set(event.version),
        EventItem.change.set(change),
        EventItem.listing_sk.set(position(event)),
    ]
    unchanged = EventItem.version == event.version - 1
    transaction.update(event_key(school_id, event.id), actions, unchanged, refusal=StaleVersion())


def require_unchanged(transaction: Transaction, school_id: str, event: SchoolEvent, refusal: SchoolEventsError) -> None:
    """Only go ahead, in a transaction, while an event is as it was read."""
    transaction.check(event_key(school_id, event.id), EventItem.version == event.version, refusal=refusal)


def session_item(school_id: str, event_id: str, session: Session) -> SessionItem:
    """A session as it is kept."""
    return SessionItem(_partition(school_id, event_id), f"SESSION#{session.id}", record=session)


def session_key(school_id: str, event_id: str, session_id: str) -> Key[SessionItem]:
    """Names a session."""
    return Key(SessionItem, _partition(school_id, event_id), f"SESSION#{session_id}")


def allocation_item(school_id: str, starts_on: date, allocation: StaffAllocation) -> AllocationItem:
    """An allocation as it is kept, found from the member of staff by the event's first day."""
    return AllocationItem(
        _partition(school_id, allocation.event_id),
        f"STAFF#{allocation.staff_id}",
        record=allocation,
        staff_pk=school_key(school_id, "STAFF", allocation.staff_id),
        staff_sk=f"{starts_on}#{allocation.event_id}",
    )


def move_allocations(transaction: Transaction, school_id: str, details: EventDetails) -> None:
    """Let the staff of an event follow when its first day moves, by which they find it, in a transaction."""
    for allocation in allocations_of(school_id, details.id):
        transaction.put(allocation_item(school_id, details.starts_on, allocation))


def allocation_key(school_id: str, event_id: str, staff_id: str) -> Key[AllocationItem]:
    """Names an allocation."""
    return Key(AllocationItem, _partition(school_id, event_id), f"STAFF#{staff_id}")


def move(
    ctx: Context,
    event_id: str,
    before: Collection[EventStatus],
    after: EventStatus,
    change: Change | None = None,
    *,
    follow_up: tuple[str, datetime] | None = None,
    beside: Item | None = None,
    version: int | None = None,
) -> None:
    """Give an event its next status, unless it has moved on already: somebody else was faster, or an earlier try.

    Args:
        ctx: the moment.
        event_id: which.
        before: the statuses of which it must have one.
        after: the status it gets.
        change: the stamp, if anything follows from the move.
        follow_up: what is due on it from now on, and when (UTC), if anything is.
        beside: an item that is made with the move, if any is.
        version: the only version of it that may be moved; any, unless given.
    """
    actions: list[Action] = [EventItem.status.set(after), EventItem.version.set(EventItem.version + 1)]
    if change is not None:
        actions.append(EventItem.change.set(change))
    if follow_up is not None:
        actions += _due_actions(*follow_up, event_id)
    movable = EventItem.status.is_in(*sorted(before))
    if version is not None:
        movable &= EventItem.version == version
    _update_if(ctx, event_id, actions, movable, beside)


def has_followed_up(ctx: Context, event: SchoolEvent) -> None:
    """Take an event off what is due, unless it has another status by now; doing it again changes nothing."""
    actions: list[Action] = [EventItem.due_pk.remove(), EventItem.due_sk.remove()]
    _update_if(ctx, event.id, actions, EventItem.status == event.status)


def put_off(ctx: Context, event: SchoolEvent, kind: str, until: datetime) -> None:
    """Make what is due on an event due later (UTC), unless it has another status by now."""
    _update_if(ctx, event.id, _due_actions(kind, until, event.id), EventItem.status == event.status)


def delete(ctx: Context, draft: SchoolEvent, *others: Key[Any]) -> None:
    """Delete a draft with its sessions and allocations, all at once; refused if it has moved on since it was read.

    Args:
        ctx: the moment.
        draft: as it was read.
        others: what else belongs to it.

    Raises:
        StaleVersion: somebody changed or published it meanwhile.
    """
    unchanged = (EventItem.status == "draft") & (EventItem.version == draft.version)
    transaction = Transaction(ctx).delete(event_key(ctx.school_id, draft.id), unchanged, refusal=StaleVersion())
    for session in sessions_of(ctx.school_id, draft.id):
        transaction.delete(session_key(ctx.school_id, draft.id, session.id))
    for allocation in allocations_of(ctx.school_id, draft.id):
        transaction.delete(allocation_key(ctx.school_id, draft.id, allocation.staff_id))
    for other in others:
        transaction.delete(other)
    transaction.commit()


def to_event(item: EventItem) -> SchoolEvent:
    """The event an item keeps."""
    return SchoolEvent.of(item.record, cast(EventStatus, item.status), int(item.version))


def school_of(item: EventsTableItem) -> str:
    """The school an item belongs to."""
    return item.pk.split("#")[1]


def find_event(school_id: str, event_id: str) -> SchoolEvent:
    """An event as it is now (strongly consistent).

    Raises:
        NotFound: the school has no such event.
    """
    key = event_key(school_id, event_id)
    try:
        return to_event(EventItem.get(key.pk, key.sk, consistent_read=True))
    except EventItem.DoesNotExist:
        raise NotFound from None


def is_being_called_off(school_id: str, event_id: str) -> bool:
    """Whether an event is cancelled and not all that was booked has ended yet."""
    key = event_key(school_id, event_id)
    item = EventItem.get(key.pk, key.sk, consistent_read=True)
    return item.status == "cancelled" and item.due_pk is not None


def find_events(school_id: str, event_ids: Iterable[str]) -> dict[str, SchoolEvent]:
    """Those of the events that exist, by id (strongly consistent)."""
    events: dict[str, SchoolEvent] = {}
    for some in batched(sorted(set(event_ids)), _MOST_KEYS, strict=False):
        keys = [event_key(school_id, event_id) for event_id in some]
        found = get_many(keys)
        items = [found.get(key) for key in keys]
        events |= {item.record.id: to_event(item) for item in items if item is not None}
    return events


def end_of_day(day: date | None) -> str:
    """A position after everything that starts on a day, or after everything."""
    return f"{day or ''}~"


def events_after(school_id: str, after: str, before: str = "~") -> Iterator[SchoolEvent]:
    """A school's events between two positions, earliest first; one made a moment ago may be missing (index).

    Args:
        school_id: whose.
        after: a :func:`position`, left out itself.
        before: a :func:`position`, or :func:`end_of_day`.
    """
    items = EventItem.listing.query(school_key(school_id, "EVENTS"), Listing.listing_sk.between(f"{after} ", before))
    return (to_event(item) for item in items)


def allocations_after(school_id: str, staff_id: str, after: str, before: str = "~") -> Iterator[StaffAllocation]:
    """What a member of staff is allocated to between two positions, by the event's first day (index)."""
    items = AllocationItem.by_staff.query(
        school_key(school_id, "STAFF", staff_id), StaffIndex.staff_sk.between(f"{after} ", before)
    )
    return (item.record for item in items)


def events_of_staff(school_id: str, staff_id: str, after: str, before: str = "~") -> Iterator[SchoolEvent]:
    """The events a member of staff is allocated to between two positions, earliest first (:func:`events_after`)."""
    for some in batched(allocations_after(school_id, staff_id, after, before), _MOST_KEYS, strict=False):
        yield from sorted(find_events(school_id, (one.event_id for one in some)).values(), key=position)


def sessions_of(school_id: str, event_id: str) -> tuple[Session, ...]:
    """An event's sessions, earliest first (strongly consistent)."""
    items = SessionItem.query(
        _partition(school_id, event_id), SessionItem.sk.startswith("SESSION#"), consistent_read=True
    )
    return tuple(sorted((item.record for item in items), key=lambda session: (session.starts_at, session.id)))


def find_session(school_id: str, event_id: str, session_id: str) -> Session:
    """A session of an event.

    Raises:
        NotFound: the event has no such session.
    """
    key = session_key(school_id, event_id, session_id)
    try:
        return SessionItem.get(key.pk, key.sk, consistent_read=True).record
    except SessionItem.DoesNotExist:
        raise NotFound from None


def find_sessions(school_id: str, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Session]:
    """Those of some sessions that exist, by event and session (strongly consistent)."""
    found: dict[tuple[str, str], Session] = {}
    for some in batched(wanted, _MOST_KEYS, strict=False):
        keys = {one: session_key(school_id, *one) for one in some}
        items = get_many(keys.values())
        found |= {one: item.record for one, key in keys.items() if (item := items.get(key)) is not None}
    return found


def allocations_of(school_id: str, event_id: str) -> tuple[StaffAllocation, ...]:
    """Who works at an event, by staff id (strongly consistent)."""
    items = AllocationItem.query(
        _partition(school_id, event_id), AllocationItem.sk.startswith("STAFF#"), consistent_read=True
    )
    return tuple(item.record for item in items)


def find_allocation(school_id: str, event_id: str, staff_id: str) -> StaffAllocation | None:
    """What a member of staff does at an event, if anything (strongly consistent)."""
    key = allocation_key(school_id, event_id, staff_id)
    try:
        return AllocationItem.get(key.pk, key.sk, consistent_read=True).record
    except AllocationItem.DoesNotExist:
        return None


def is_allocated(school_id: str, event_id: str, staff_id: str) -> bool:
    """Whether a member of staff works at an event, read fresh."""
    return find_allocation(school_id, event_id, staff_id) is not None


def due_events(kind: str, now: datetime) -> Iterator[tuple[str, SchoolEvent]]:
    """Events on which something of a kind is due, with their school, oldest first.

    Args:
        kind: :data:`CLOSE_PLACES` or :data:`CALL_OFF`.
        now: the present instant, UTC.
    """
    for item in due.sweep(kind, now, lambda pk, end: EventItem.due.query(pk, Due.due_sk <= end)):
        yield school_of(item), to_event(item)


def _due_actions(kind: str, at: datetime, event_id: str) -> list[Action]:
    due_pk, due_sk = due.due_key(kind, at, event_id)
    return [EventItem.due_pk.set(due_pk), EventItem.due_sk.set(due_sk)]


def _update_if(
    ctx: Context, event_id: str, actions: list[Action], condition: Condition, beside: Item | None = None
) -> None:
    transaction = Transaction(ctx).update(event_key(ctx.school_id, event_id), actions, condition)
    if beside is not None:
        transaction.create(beside)
    with contextlib.suppress(Refused):
        transaction.commit()


def _partition(school_id: str, event_id: str) -> str:
    return school_key(school_id, "EVENT", event_id)
