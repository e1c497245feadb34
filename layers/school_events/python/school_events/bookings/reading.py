"""Who sees which booking: families their children's, staff those of events they are allocated to (C2, I2)."""

from school_events.bookings import rules, store
from school_events.bookings.answers import is_consent_outdated, is_consent_withdrawn
from school_events.bookings.api import Attendee, BookingView, booking_view, listed_child
from school_events.bookings.model import LIVE, Booking
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.errors import NotFound
from school_events.core.http import Page
from school_events.events import store as events
from school_events.events.evenings.rules import slot_id
from school_events.events.forms.service import form_of_version
from school_events.events.model import SchoolEvent
from school_events.payments.store import find_payments
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
    """A booking as the caller may see it: answers if they gave them or work for the school, money for finance staff.

    Other staff see no money: a price would tell them which children have free school meals (B8). That they read
    answers is in the audit log (H6).
    """
    mine, answered = is_mine(ctx, booking), gave_answers(ctx, booking)
    is_staff = ctx.actor.kind == "staff"
    shows_answers = answered or is_staff
    money = sees_money(ctx, mine=mine)
    later = find_payments(ctx.school_id, booking.further_payments) if money and booking.further_payments else {}
    if not mine and not shows_answers:
        return booking_view(booking, answers=False, money=money, mine=mine, payments=later)
    event = events.find_event(ctx.school_id, booking.event_id)
    version = booking.answers.form_version if shows_answers and booking.answers is not None else 0
    form = form_of_version(ctx.school_id, event, version) if version else None
    if is_staff and booking.answers is not None:
        note_reading(ctx, "answers.read", "booking", booking.id)
    shown = booking_view(booking, answers=shows_answers, money=money, mine=mine, form=form, payments=later)
    why = booking.place.beyond.reason if is_staff and booking.place.beyond is not None else None
    outdated, withdrawn = is_consent_outdated(booking, event.form), is_consent_withdrawn(booking, event.form)
    consent = {"consent_outdated": outdated, "consent_withdrawn": withdrawn}
    return shown.model_copy(update=consent | {"over_capacity": why})


def gave_answers(ctx: Context, booking: Booking) -> bool:
    """Whether the caller is the contact who answered a booking's form, or who was to: what others said is not theirs.

    It is not always who booked: while that one may not see the child, the other parent answers.
    """
    given_by = booking.booked_by if booking.answers is None else booking.answers.given_by
    return ctx.actor.kind == "contact" and access.is_same_person(ctx, given_by, ctx.actor.id)


def require_own_booking(ctx: Context, booking: Booking) -> None:
    """The caller may act on a booking they see: the parent who made it, or an administrator.

    Raises:
        NotFound: it is another's.
    """
    if not is_mine(ctx, booking) and not ctx.has_role("school_admin"):
        raise NotFound


def sees_money(ctx: Context, *, mine: bool) -> bool:
    """Whether the caller sees what a booking costs: who booked it, and finance staff (B8)."""
    return mine or (ctx.actor.kind == "staff" and ctx.has_role("finance"))


def is_mine(ctx: Context, booking: Booking) -> bool:
    """Whether the caller is the contact on whose account a booking was made, or has taken over from them."""
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


def attendees(ctx: Context, event_id: str, limit: int, cursor: str | None) -> Page[Attendee]:
    """Who has a place or a hold at an event, in the order they were booked; in the audit log (H6).

    Args:
        ctx: the moment.
        event_id: which.
        limit: at most this many.
        cursor: where to go on.

    Raises:
        NotFound: no such event for this member of staff.
        Invalid: the cursor is not one of this list.
    """
    event = require_event(ctx, event_id)
    scope = f"{ctx.school_id}/events/{event_id}/bookings"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    shown, last = store.page_of_event(ctx.school_id, event_id, LIVE, after, limit)
    pupils = people.find_pupils(ctx.school_id, {booking.pupil_id for booking in shown})
    note_reading(ctx, "attendees.read", "event", event_id)
    return Page(
        items=[_attendee(ctx, event, one, pupils[one.pupil_id]) for one in shown if one.pupil_id in pupils],
        next_cursor=None if last is None else seal({"after": last}, scope),
    )


def booked_pupils(ctx: Context, event_id: str) -> frozenset[str]:
    """The children who have a place at an event, be it only held; one booked a moment ago may be missing (index)."""
    return frozenset(one.pupil_id for one in store.bookings_of_event(ctx.school_id, event_id) if one.state in LIVE)


def _attendee(ctx: Context, event: SchoolEvent, booking: Booking, pupil: Pupil) -> Attendee:
    return Attendee(
        **dict(listed_child(pupil)),
        booking_id=booking.id,
        state=booking.state.value,
        created_at=booking.created_at,
        session_id=rules.session_of(booking.place),
        slot_id=slot_id(booking.place.number) if booking.place.pool == rules.SLOTS else None,
        over_capacity=rules.is_extra(booking.place.pool),
        consent_outdated=is_consent_outdated(booking, event.form),
        consent_withdrawn=is_consent_withdrawn(booking, event.form),
        booked_by=booking.booked_by if ctx.has_role("school_admin") else None,
    )
