"""Who meets whom at a parents' evening: a family its own appointments, a teacher theirs, an administrator all (B7, D4).

A family sees the appointments of its children whoever booked them: it is the child's place (C2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from school_events.bookings import slot_places, store
from school_events.bookings.appointments.api import AppointmentView
from school_events.bookings.appointments.times import slots_of
from school_events.bookings.model import Booking
from school_events.bookings.rules import SLOTS
from school_events.core.context import Context
from school_events.core.errors import NotFound, WrongState
from school_events.events.access import event_for_staff
from school_events.events.evenings.api import SlotStaff
from school_events.events.evenings.model import Slot
from school_events.events.evenings.rules import slot_id
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event
from school_events.invitations.store import find_invitations
from school_events.people import access
from school_events.people import store as people
from school_events.people.readings import note_reading

_MOST_KEYS = 100


@dataclass(frozen=True)
class _Had:
    """A slot with the booking by which somebody has it."""

    slot: Slot
    booking: Booking


def read_appointments(ctx: Context, event_id: str) -> list[AppointmentView]:
    """The appointments of an evening that are the caller's business, earliest first; what staff read is audited (H6).

    Raises:
        NotFound: there is no such event, or it is none of the caller's.
        WrongState: it is no parents' evening.
    """
    if ctx.actor.kind == "contact":
        return _of_family(ctx, event_id)
    _require_evening(event_for_staff(ctx, event_id))
    had = _all(ctx, event_id)
    if not ctx.has_role("school_admin"):
        had = [one for one in had if ctx.actor.id in one.slot.staff_ids]
    note_reading(ctx, "appointments.read", "event", event_id)
    return _views(ctx, had)


def _of_family(ctx: Context, event_id: str) -> list[AppointmentView]:
    children = sorted({link.pupil_id for link in access.open_links(ctx, ctx.actor.id)})
    if not children:
        raise NotFound
    found = store.live_bookings_of_pupils(ctx.school_id, children)
    bookings = [one for one in found if one.event_id == event_id and one.place.pool == SLOTS]
    if not bookings:
        if not find_invitations(ctx.school_id, event_id, children):
            raise NotFound
        _require_evening(find_event(ctx.school_id, event_id))
    slots = slots_of(ctx, bookings)
    return _views(ctx, [_Had(slots[one.id], one) for one in bookings if one.id in slots])


def _require_evening(event: SchoolEvent) -> None:
    if event.kind != "parents_evening":
        raise WrongState("Only a parents' evening has appointments")


def _all(ctx: Context, event_id: str) -> list[_Had]:
    slots = {item.booking_id: item.slot for item in slot_places.slots_of(ctx, event_id) if item.booking_id is not None}
    return [
        _Had(slots[booking.id], booking)
        for some in batched(sorted(slots), _MOST_KEYS, strict=False)
        for booking in store.find_bookings(ctx.school_id, some).values()
    ]


def _views(ctx: Context, had: Sequence[_Had]) -> list[AppointmentView]:
    pupils = people.find_pupils(ctx.school_id, {one.booking.pupil_id for one in had})
    staff = people.find_staff(ctx.school_id, {staff_id for one in had for staff_id in one.slot.staff_ids})
    mine = _booked_by_caller(ctx, had)
    views = []
    for one in sorted(had, key=lambda one: (one.slot.starts_at, one.slot.number)):
        pupil = pupils.get(one.booking.pupil_id)
        views.append(
            AppointmentView(
                booking_id=one.booking.id,
                slot_id=slot_id(one.slot.number),
                starts_at=one.slot.starts_at,
                ends_at=one.slot.ends_at,
                pupil_id=one.booking.pupil_id,
                first_name="" if pupil is None else pupil.first_name,
                last_name="" if pupil is None else pupil.last_name,
                staff=[
                    SlotStaff(staff_id=staff_id, name=staff[staff_id].full_name if staff_id in staff else "")
                    for staff_id in one.slot.staff_ids
                ],
                room=one.slot.room,
                video_link=one.slot.video_link,
                mine=None if mine is None else one.booking.id in mine,
            )
        )
    return views


def _booked_by_caller(ctx: Context, had: Iterable[_Had]) -> frozenset[str] | None:
    """The bookings that the calling parent made; None if staff call."""
    if ctx.actor.kind != "contact":
        return None
    bookings = [one.booking for one in had]
    persons = access.persons_now(ctx.school_id, {one.booked_by for one in bookings}) if bookings else {}
    return frozenset(one.id for one in bookings if ctx.actor.id in {one.booked_by, persons[one.booked_by]})
