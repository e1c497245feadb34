"""The caller's own things as the API shows them, read strongly, each with what it is about."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Literal

from school_events.bookings.answers import is_consent_outdated, is_consent_withdrawn
from school_events.bookings.api import booking_view
from school_events.bookings.appointments.times import slots_of
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.bookings.rules import session_of
from school_events.bookings.store import bookings_of_pupil, find_bookings, live_bookings_of_pupils
from school_events.core.context import Context
from school_events.events.api import SessionView
from school_events.events.charging.rules import policy_in_words
from school_events.events.model import SchoolEvent
from school_events.events.store import find_events, find_sessions
from school_events.family.api import (
    AppointmentCard,
    ChildView,
    EntryView,
    EventCard,
    FamilyBookingView,
    FamilyEvent,
    FamilyInvitationView,
    child_view,
)
from school_events.family.costs import costs
from school_events.invitations.model import Invitation
from school_events.notifications.model import InboxEntry
from school_events.payments.api import PaymentView, payment_view
from school_events.payments.model import Payment
from school_events.payments.store import find_payments
from school_events.people import access
from school_events.people.rules import today
from school_events.people.store import find_pupils

_MOST_KEYS = 100
_SHOWN = frozenset({"published", "closed", "completed", "cancelled"})
"""The states of an event in which families see it."""


def open_pupils(ctx: Context) -> frozenset[str] | None:
    """The children the caller has an open link to, now; ``None`` for a member of staff, who is asked for none."""
    if ctx.actor.kind != "contact":
        return None
    return frozenset(link.pupil_id for link in access.open_links(ctx, ctx.actor.id))


def children(ctx: Context, pupil_ids: Iterable[str]) -> list[ChildView]:
    """Children, by id; those the Portal has removed are left out."""
    pupils = find_pupils(ctx.school_id, sorted(set(pupil_ids)))
    return [child_view(pupil, today(ctx.now)) for pupil in pupils.values()]


def invitation_views(
    ctx: Context, invitations: Iterable[Invitation], household: frozenset[str]
) -> list[FamilyInvitationView]:
    """Invitations with their events, what they cost and how the places stand; events not shown to families left out.

    Args:
        ctx: the moment.
        invitations: of children of the caller's.
        household: all of the caller's children (:func:`open_pupils`).
    """
    invitations = tuple(invitations)
    if not invitations:
        return []
    events = find_events(ctx.school_id, [one.event_id for one in invitations])
    live = live_bookings_of_pupils(ctx.school_id, sorted({one.pupil_id for one in invitations}))
    places: dict[tuple[str, str], list[Booking]] = {}
    for booking in live:
        places.setdefault((booking.event_id, booking.pupil_id), []).append(booking)
    cost = costs(ctx, invitations, events, live, household)
    return [
        FamilyInvitationView(
            id=one.id,
            pupil_id=one.pupil_id,
            state=one.state,
            place=_place(places.get((one.event_id, one.pupil_id), ())),
            created_at=one.created_at,
            cost=cost[one.event_id, one.pupil_id],
            event=_family_event(event),
        )
        for one in invitations
        if (event := events.get(one.event_id)) and event.status in _SHOWN
    ]


def bookings_of(ctx: Context, pupil_ids: Iterable[str]) -> list[Booking]:
    """Every booking the children have or had.

    Which there are is read from guards (strongly: all that are live) and an index; how they stand, strongly.
    """
    pupil_ids = tuple(pupil_ids)
    ids = {booking.id for booking in live_bookings_of_pupils(ctx.school_id, pupil_ids)}
    ids |= {booking.id for pupil_id in pupil_ids for booking in bookings_of_pupil(ctx.school_id, pupil_id)}
    return bookings_by_id(ctx, ids)


def bookings_by_id(ctx: Context, booking_ids: Iterable[str]) -> list[Booking]:
    """Those of the bookings that exist, in the order they were made."""
    chunks = batched(sorted(set(booking_ids)), _MOST_KEYS, strict=False)
    return [booking for some in chunks for booking in find_bookings(ctx.school_id, some).values()]


def booking_views(ctx: Context, bookings: Iterable[Booking]) -> list[FamilyBookingView]:
    """Bookings with their events; of the other parent's only how the place stands (C2).

    Answers, which may be medical, are shown with a single booking only, so that they do not lie about in apps.
    """
    bookings = tuple(bookings)
    if not bookings:
        return []
    events = find_events(ctx.school_id, [booking.event_id for booking in bookings])
    mine = _own_ids(ctx, {booking.booked_by for booking in bookings})
    sessions = _sessions(ctx, bookings)
    payments = _further_payments(ctx, [booking for booking in bookings if booking.booked_by in mine])
    shown = [
        _booking_view(booking, payments, mine=booking.booked_by in mine, event=events.get(booking.event_id))
        for booking in bookings
    ]
    appointments = _appointments(ctx, bookings)
    return [
        view.model_copy(
            update={
                "session": sessions.get((view.event_id, view.session_id or "")),
                "appointment": appointments.get(view.id),
            }
        )
        for view in shown
    ]


def _further_payments(ctx: Context, bookings: Iterable[Booking]) -> dict[str, Payment]:
    """What is due later of bookings, as it stands."""
    ids = [one for booking in bookings for one in booking.further_payments]
    return find_payments(ctx.school_id, ids) if ids else {}


def payments_of(bookings: Iterable[Booking]) -> set[str]:
    """Everything that pays, is to pay or paid for bookings."""
    named = {one for booking in bookings for one in (booking.payment_id, *booking.further_payments)}
    return {one for one in named if one is not None}


def _appointments(ctx: Context, bookings: Iterable[Booking]) -> dict[str, AppointmentCard]:
    """When and where the appointments are that bookings are for; of what was given up only when.

    By now another family may meet the teacher there, be it through the same link.
    """
    slots = slots_of(ctx, bookings)
    cards = {one.id: (one, AppointmentCard.model_validate(slots[one.id])) for one in bookings if one.id in slots}
    nowhere = {"room": None, "video_link": None}
    return {name: card if one.state in LIVE else card.model_copy(update=nowhere) for name, (one, card) in cards.items()}


def _sessions(ctx: Context, bookings: Iterable[Booking]) -> dict[tuple[str, str], SessionView]:
    """The sessions that bookings are for, by event and session."""
    named = ((booking.event_id, session_of(booking.place)) for booking in bookings)
    wanted = sorted({(event_id, session_id) for event_id, session_id in named if session_id is not None})
    found = find_sessions(ctx.school_id, wanted)
    return {name: SessionView.model_validate(session) for name, session in found.items()}


def payment_views(ctx: Context, payment_ids: Iterable[str], pupils: frozenset[str]) -> list[PaymentView]:
    """Those of the payments that the caller pays, or has paid; none if no child is theirs (``bookings.paying``)."""
    if not pupils:
        return []
    ids = sorted(set(payment_ids))
    found = find_payments(ctx.school_id, ids).values() if ids else ()
    own = _own_ids(ctx, {payment.payer_id for payment in found})
    return [payment_view(payment) for payment in found if payment.payer_id in own]


def _own_ids(ctx: Context, contact_ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids that are the caller, or somebody the caller has taken over from."""
    now = access.persons_now(ctx.school_id, set(contact_ids) - {ctx.actor.id})
    return frozenset(one for one, person in now.items() if person == ctx.actor.id) | {ctx.actor.id}


def entry_views(ctx: Context, entries: Iterable[InboxEntry]) -> list[EntryView]:
    """Entries of the inbox with their events' titles."""
    entries = tuple(entries)
    if not entries:
        return []
    events = find_events(ctx.school_id, [entry.event_id for entry in entries])
    return [_entry_view(entry, events.get(entry.event_id)) for entry in entries]


def _place(bookings: Sequence[Booking]) -> Literal["none", "held", "booked"]:
    """How the places of a child at an event stand: booked, if any is."""
    if not bookings:
        return "none"
    return "booked" if any(one.state is BookingState.CONFIRMED for one in bookings) else "held"


def _family_event(event: SchoolEvent) -> FamilyEvent:
    words = policy_in_words(event.cancellation)
    return FamilyEvent.model_validate(event).model_copy(update={"cancellation_policy": words})


def _booking_view(
    booking: Booking, payments: Mapping[str, Payment], *, mine: bool, event: SchoolEvent | None
) -> FamilyBookingView:
    shown = booking_view(booking, answers=False, money=mine, mine=mine, payments=payments)
    if mine and event is not None:
        outdated, withdrawn = is_consent_outdated(booking, event.form), is_consent_withdrawn(booking, event.form)
        consent = {"consent_outdated": outdated, "consent_withdrawn": withdrawn}
        shown = shown.model_copy(update=consent)
    return FamilyBookingView(**dict(shown), event=None if event is None else EventCard.model_validate(event))


def _entry_view(entry: InboxEntry, event: SchoolEvent | None) -> EntryView:
    return EntryView(
        id=entry.id,
        kind=entry.kind,
        event_id=entry.event_id,
        event_title=None if event is None else event.title,
        pupil_id=entry.pupil_id,
        thing=entry.thing,
        thing_id=entry.thing_id,
        others=list(entry.others),
        created_at=entry.created_at,
        read_at=entry.read_at,
    )
