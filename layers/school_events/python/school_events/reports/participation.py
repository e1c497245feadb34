"""Who takes part in what: the bookings of one event or all, with child, year and form. No characteristic (G3)."""

from collections.abc import Iterator
from itertools import batched

from school_events.bookings.model import Booking, BookingState
from school_events.bookings.store import bookings_of_event
from school_events.events.model import SchoolEvent
from school_events.events.store import events_after, find_event, find_events, position
from school_events.people.model import Pupil
from school_events.people.store import find_pupils
from school_events.reports import rules
from school_events.reports.model import Column, ColumnKind, Definition, Filters, Position, ReportName, Row, Step
from school_events.reports.sources import BATCH

FORMER_PUPIL = "Former pupil"
"""Stands for a child who is no longer known here."""

_COLUMNS = (
    Column("event", "Event"),
    Column("starts_on", "First day", ColumnKind.DAY),
    Column("last_name", "Last name"),
    Column("first_name", "First name"),
    Column("year_group", "Year"),
    Column("registration_group", "Form"),
    Column("state", "Booking"),
    Column("booked_at", "Booked at", ColumnKind.INSTANT),
    Column("booking_id", "Booking number"),
)
_STATE = next(number for number, column in enumerate(_COLUMNS) if column.name == "state")


def steps(school_id: str, filters: Filters, after: Position | None) -> Iterator[Step]:
    """The bookings of the events asked for, by the event's first day, then in the order they were made.

    Raises:
        NotFound: the event asked for is not the school's.
    """
    start = after or {}
    for event in _events(school_id, filters, start.get("event")):
        if rules.is_within(event.starts_on, filters):
            seen = start.get("booking", "") if event.id == _id_in(start.get("event")) else ""
            yield from _of_event(school_id, event, seen)


def _events(school_id: str, filters: Filters, after: str | None) -> Iterator[SchoolEvent]:
    """The events to look at: the one a page ended in, then those that follow it."""
    if filters.event_id is not None:
        yield find_event(school_id, filters.event_id)
        return
    yield from find_events(school_id, [_id_in(after)] if after else []).values()
    yield from events_after(school_id, after or str(filters.since or ""))


def _id_in(event_position: str | None) -> str:
    return (event_position or "").partition("#")[2]


def _of_event(school_id: str, event: SchoolEvent, seen: str) -> Iterator[Step]:
    left = (booking for booking in bookings_of_event(school_id, event.id) if booking.id > seen)
    for bookings in batched(left, BATCH, strict=False):
        pupils = find_pupils(school_id, {booking.pupil_id for booking in bookings})
        for booking in bookings:
            row = _row(event, booking, pupils.get(booking.pupil_id))
            yield Step({"event": position(event), "booking": booking.id}, row)


def _row(event: SchoolEvent, booking: Booking, pupil: Pupil | None) -> Row:
    return (
        event.title,
        event.starts_on,
        pupil.last_name if pupil else FORMER_PUPIL,
        pupil.first_name if pupil else None,
        pupil.year_group if pupil else None,
        pupil.registration_group if pupil else None,
        booking.state.value,
        booking.created_at,
        booking.id,
    )


PARTICIPATION = Definition(
    name=ReportName.PARTICIPATION,
    title="Participation",
    columns=_COLUMNS,
    roles=frozenset({"school_admin"}),
    for_allocated_staff=True,
    labels=tuple(state.value for state in BookingState),
    label_of=lambda row: str(row[_STATE]),
    overall="all",
    steps=steps,
)
