"""Booking the slots of a parents' evening: exactly those asked for, all or none (D2, D4).

A slot is a place of its own, so it goes to one family, and a teacher is nowhere twice. That child and parent are
nowhere twice, meet nobody twice, and that the family stays within its limit, is decided from their diaries as they
were read; the transaction writes the diaries anew only if nobody else has. Whatever else is read only says why not.

A family is the children that the contact who books has open links to, whoever booked for them. Appointments that a
contact made about a child to whom they have no link any more keep nothing from them: somebody else comes (A8).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, override

from school_events.bookings import places
from school_events.bookings import store as bookings_store
from school_events.bookings.appointments import diaries, rules, store
from school_events.bookings.appointments.errors import DiaryChanged, SlotTaken
from school_events.bookings.appointments.model import Appointment, Diary
from school_events.bookings.appointments.rules import Meeting
from school_events.bookings.appointments.store import DiaryItem
from school_events.bookings.appointments.teachers import whom_to_meet
from school_events.bookings.model import LIVE, Booking, Place, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import SLOTS
from school_events.bookings.ways import Way, Wish
from school_events.core.context import Context
from school_events.core.dynamodb import Found, Key, Transaction, get_many
from school_events.core.errors import FieldError, NotFound
from school_events.events.evenings import rules as evenings
from school_events.events.evenings.model import SlotPlan
from school_events.events.evenings.service import evening_of
from school_events.events.evenings.store import plan_key
from school_events.events.model import SchoolEvent
from school_events.people import access
from school_events.people import store as people
from school_events.people.model import Pupil

MOST_CHILDREN = 20
"""So many children of a family are looked at, so that its booking fits into one transaction."""

_MOST_KEYS = 100


@dataclass(frozen=True)
class _Seen:
    """What a family's appointments are decided from.

    Args:
        plan: of the evening.
        pupils: the children who are booked.
        slots: the items of the slots asked for that there are, by number.
        diaries: of all children of the family, and of the contact who books; None for one who has none yet.
        had: the appointments that the family has already on that day.
    """

    plan: SlotPlan
    pupils: Sequence[Pupil]
    slots: Mapping[int, PlaceItem]
    diaries: Mapping[Key[DiaryItem], DiaryItem | None]
    had: Sequence[Meeting]


class Appointments(Way):
    """The way to the slots that a family has chosen."""

    turn = None

    @override
    def choose(self, ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> list[Place]:
        """The slots that were asked for, whether there are such or not."""
        return [Place(event_id=event.id, pool=SLOTS, number=wish.slot) for wish in wishes if wish.slot is not None]

    @override
    def claim(self, transaction: Transaction, ctx: Context, booking: Booking, *, held: bool) -> None:
        """Nothing: a slot is claimed as it was when the family's time was looked at, with all of them."""

    @override
    def complete(self, transaction: Transaction, ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> None:
        """Claim the slots, and put them into the diaries of children and parent.

        Raises:
            Invalid: a slot that is not for the child, or two that do not go together; names the field.
            AlreadyBooked: the child meets that teacher already, or another instead.
            SlotTaken: a slot is somebody else's, or is offered no more.
            AppointmentClash: child or parent has another appointment then.
            FamilyLimit: that would be more than the evening lets a family have.
        """
        seen = _look(ctx, event, bookings)
        asked = [_meeting(event, seen, booking) for booking in bookings]
        _check(ctx, event, seen, asked)
        for position, booking in enumerate(bookings):
            slot = seen.slots[booking.place.number].slot
            places.claim(transaction, ctx, booking, held=False, slot=slot, refusal=_taken(position))
        _write_diaries(transaction, ctx, event, seen, asked)


def _look(ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> _Seen:
    contact_id = bookings[0].booked_by
    children = _children(ctx, contact_id, [one.pupil_id for one in bookings])
    slots = {one.place.number: places.place_key(ctx.school_id, one.place) for one in bookings}
    owners = [*(diaries.child(one) for one in children), diaries.parent(contact_id)]
    keys = [store.diary_key(ctx.school_id, owner, evening_of(event).day) for owner in owners]
    planned = plan_key(ctx.school_id, event.id)
    booked = [people.pupil_key(ctx.school_id, one) for one in dict.fromkeys(one.pupil_id for one in bookings)]
    wanted: list[Key[Any]] = [planned, *booked, *slots.values(), *keys]
    found = get_many(wanted)
    plan = found.get(planned)
    if plan is None:
        raise NotFound
    seen = {key: found.get(key) for key in keys}
    had = _had(ctx, contact_id, children, [item.record for item in seen.values() if item is not None])
    pupils = [pupil for key in booked if (pupil := people.to_pupil(found.get(key)))]
    return _Seen(plan.record, pupils, _there(found, slots), seen, had)


def _children(ctx: Context, contact_id: str, booked: Iterable[str]) -> tuple[str, ...]:
    """The children of the family: those who are booked, and the contact's others."""
    first = tuple(dict.fromkeys(booked))
    others = {link.pupil_id for link in access.open_links(ctx, contact_id)}.difference(first)
    return (*first, *sorted(others))[:MOST_CHILDREN]


def _there(found: Found, slots: Mapping[int, Key[PlaceItem]]) -> dict[int, PlaceItem]:
    return {number: item for number, key in slots.items() if (item := found.get(key)) is not None}


def _had(ctx: Context, contact_id: str, children: Sequence[str], read: Iterable[Diary]) -> list[Meeting]:
    """The appointments in the family's diaries, with whose they are; of other people's children none (A8)."""
    there = {one.booking_id: one for diary in read for one in diary.appointments}
    if not there:
        return []
    kept = [
        booking
        for some in batched(sorted(there), _MOST_KEYS, strict=False)
        for booking in bookings_store.find_bookings(ctx.school_id, some).values()
        if booking.pupil_id in children and booking.state in LIVE
    ]
    others = {one.booked_by for one in kept} - {contact_id}
    persons = access.persons_now(ctx.school_id, others) if others else {}
    return [Meeting(one.pupil_id, persons.get(one.booked_by, contact_id), there[one.id]) for one in kept]


def _meeting(event: SchoolEvent, seen: _Seen, booking: Booking) -> Meeting:
    item = seen.slots.get(booking.place.number)
    slot = evenings.slot_at(booking.place.number, seen.plan, evening_of(event)) if item is None else item.slot
    buffer = seen.plan.buffer_minutes
    return Meeting(booking.pupil_id, booking.booked_by, Appointment.at(slot, event.id, booking.id, buffer))


def _check(ctx: Context, event: SchoolEvent, seen: _Seen, asked: Sequence[Meeting]) -> None:
    """Whether the family may have what it asks for, as far as that could be seen."""
    choices = whom_to_meet(ctx.school_id, seen.plan, seen.pupils)
    rules.check_asked(asked, choices)
    rules.check_not_met(asked, seen.had, choices, event.id)
    for position, one in enumerate(asked):
        item = seen.slots.get(one.appointment.slot)
        if item is None or item.state != PlaceState.FREE.value or one.appointment.starts_at <= ctx.now:
            raise _taken(position)
    rules.check_time(asked, seen.had)
    rules.check_limit(asked, seen.had, event.id, seen.plan.most_per_family)


def _write_diaries(
    transaction: Transaction, ctx: Context, event: SchoolEvent, seen: _Seen, asked: Sequence[Meeting]
) -> None:
    """The new appointments into their diaries; the others' stay as they are if the family's number is limited."""
    day = evening_of(event).day
    added: dict[Key[DiaryItem], list[Appointment]] = defaultdict(list)
    for one in asked:
        for owner in (diaries.child(one.pupil_id), diaries.parent(one.parent_id)):
            added[store.diary_key(ctx.school_id, owner, day)].append(one.appointment)
    for key, item in seen.diaries.items():
        if key in added:
            diary = Diary() if item is None else item.record
            store.write(transaction, key, item, diary.with_these(*added[key]), DiaryChanged())
        elif seen.plan.most_per_family is not None:
            store.require_unchanged(transaction, key, item, DiaryChanged())


def _taken(position: int) -> SlotTaken:
    return SlotTaken(fields=[FieldError(f"items.{position}.slot_id", "is taken, or offered no more")])
