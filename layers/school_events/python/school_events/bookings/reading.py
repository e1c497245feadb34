"""Who sees which booking: families their children's, staff those of events they are allocated to (C2, I2)."""

from collections.abc import Iterable

from school_events.bookings import store
from school_events.bookings.answers import is_consent_outdated
from school_events.bookings.api import Attendee, BookingView, Register, booking_view
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.events import store as events
from school_events.events.forms.service import form_of_version
from school_events.events.model import SchoolEvent
from school_events.people import access
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.readings import note_reading


def find_for_caller(ctx: Context, booking_id: str) -> Booking:
    """A booking the caller may see.

    Raises:
        NotFound: there is none, or it is not theirs to see.
    """
    booking = store.find_booking(ctx.school_id, booking_id)
    if ctx.has_role("parent") and ctx.actor.kind == "contact":
        access.require_open_link(ctx, ctx.actor.id, booking.pupil_id)
    else:
        require_event(ctx, booking.event_id)
    return booking


def show(ctx: Context, booking: Booking) -> BookingView:
    """A booking as the caller may see it: answers if they made it or work for the school, money for finance staff.

    Other staff see no money: a price would tell them which children have free school meals (B8).
    """
    mine = _is_mine(ctx, booking)
    is_staff = ctx.actor.kind == "staff"
    money = mine or (is_staff and ctx.has_role("finance"))
    if not mine and not is_staff:
        return booking_view(booking, answers=False, money=money, mine=mine)
    event = events.find_event(ctx.school_id, booking.event_id)
    answered = 0 if booking.answers is None else booking.answers.form_version
    form = form_of_version(ctx.school_id, event, answered) if answered else None
    shown = booking_view(booking, answers=True, money=money, mine=mine, form=form)
    return shown.model_copy(update={"consent_outdated": is_consent_outdated(booking, event.form)})


def require_own_booking(ctx: Context, booking: Booking) -> None:
    """The caller may act on a booking they see: the parent who made it, or an administrator.

    Raises:
        NotFound: it is another's.
    """
    if not _is_mine(ctx, booking) and not ctx.has_role("school_admin"):
        raise NotFound


def _is_mine(ctx: Context, booking: Booking) -> bool:
    return ctx.actor.kind == "contact" and access.is_same_person(ctx, booking.booked_by, ctx.actor.id)


def require_event(ctx: Context, event_id: str) -> SchoolEvent:
    """The event a member of staff may look into: administrators into all, others where they are allocated.

    Raises:
        NotFound: there is no such event, or they are not allocated to it.
    """
    event = events.find_event(ctx.school_id, event_id)
    if not ctx.has_role("school_admin") and not events.is_allocated(ctx.school_id, event_id, ctx.actor.id):
        raise NotFound
    return event


def attendees(ctx: Context, event_id: str) -> list[Attendee]:
    """Everybody with a place or a hold at an event, by name; the reading is in the audit log (H6).

    Raises:
        NotFound: no such event for this member of staff.
    """
    event = require_event(ctx, event_id)
    listed = _by_name(
        ctx, event, (one for one in store.bookings_of_event(ctx.school_id, event_id) if one.state in LIVE)
    )
    note_reading(ctx, "attendees.read", "event", event_id)
    return listed


def register(ctx: Context, event_id: str, session_id: str) -> Register:
    """Who is expected at a session; the reading is in the audit log (D7, H6).

    Raises:
        NotFound: no such event or session for this member of staff.
    """
    event = require_event(ctx, event_id)
    session = events.find_session(ctx.school_id, event_id, session_id)
    confirmed = (one for one in store.bookings_of_event(ctx.school_id, event_id) if one.state is BookingState.CONFIRMED)
    expected = [] if session.cancelled else _by_name(ctx, event, confirmed)
    note_reading(ctx, "register.read", "event", event_id)
    return Register(
        event_id=event_id,
        session_id=session.id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        cancelled=session.cancelled,
        expected=expected,
    )


def booked_pupils(ctx: Context, event_id: str) -> frozenset[str]:
    """The children who have a place at an event, be it only held; one booked a moment ago may be missing (index)."""
    return frozenset(one.pupil_id for one in store.bookings_of_event(ctx.school_id, event_id) if one.state in LIVE)


def _by_name(ctx: Context, event: SchoolEvent, bookings: Iterable[Booking]) -> list[Attendee]:
    listed = list(bookings)
    pupils = people.find_pupils(ctx.school_id, {booking.pupil_id for booking in listed})
    shown = [_attendee(event, one, pupils[one.pupil_id]) for one in listed if one.pupil_id in pupils]
    return sorted(shown, key=lambda one: (one.last_name.casefold(), one.first_name.casefold(), one.booking_id))


def _attendee(event: SchoolEvent, booking: Booking, pupil: Pupil) -> Attendee:
    return Attendee(
        booking_id=booking.id,
        pupil_id=pupil.id,
        first_name=pupil.first_name,
        last_name=pupil.last_name,
        year_group=pupil.year_group,
        registration_group=pupil.registration_group,
        state=booking.state.value,
        created_at=booking.created_at,
        consent_outdated=is_consent_outdated(booking, event.form),
    )
