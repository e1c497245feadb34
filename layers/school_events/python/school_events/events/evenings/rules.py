"""The slots of a parents' evening, made from its plan: decided from what is given, nothing is read (B7).

Each desk has its hours: the evening, or when it is available, without breaks and what it is unavailable for. Slots are
put into them one after the other from the start of each stretch, with the buffer in between. Teachers who sit together
come first, so that each of them alone is planned around that. What somebody has booked stays where it is whatever the
plan says by now, and everything else is planned around it: so no teacher is anywhere twice, and no room is used twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from school_events.core.errors import Invalid, WrongState
from school_events.events.evenings.model import Crew, Desk, Reason, Slot, SlotPlan, Span
from school_events.events.model import Outing, SchoolEvent
from school_events.events.rules import instant, status_after

MOST_TEACHERS = 60
"""So many work at an evening at most: with 30 others they still move with it in one transaction."""

MOST_SLOTS = 3000
"""An evening has at most so many slots: they are made while the administrator waits (decision 0020)."""

_MOST_DESKS_EVER = 999
_FIRST = 10_000_000
_A_DESK = 10_000
"""A slot's number is of eight digits: 1, the desk's number in three, the minute since midnight in four."""

_SLOT = "slot_"

type Stretch = tuple[datetime, datetime]


@dataclass(frozen=True)
class Evening:
    """When a parents' evening is.

    Args:
        day: the local day.
        starts_at: UTC.
        ends_at: UTC.
        zone: the school's.
    """

    day: date
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo

    @property
    def midnight(self) -> datetime:
        """When its day began, UTC."""
        return instant(datetime.combine(self.day, time()), self.zone, "takes_place.starts_at")


@dataclass(frozen=True)
class KeptSlot:
    """A slot that somebody has and that the plan alone would not have there, and why."""

    slot: Slot
    reason: Reason

    @property
    def open_again(self) -> bool:
        """Whether it may be booked again once it is given back."""
        return self.reason == "between_others"


@dataclass(frozen=True)
class Arrangement:
    """The slots there are to be, by number, and which of them are there only because somebody has them."""

    slots: Mapping[int, Slot]
    kept: tuple[KeptSlot, ...]

    @property
    def closed(self) -> frozenset[int]:
        """The numbers of slots that nobody is to book again."""
        return frozenset(one.slot.number for one in self.kept if not one.open_again)


def check_event(event: SchoolEvent) -> None:
    """Whether the slot plan of an event may be set.

    Raises:
        WrongState: it is no parents' evening, or its status allows no change.
    """
    if event.kind != "parents_evening":
        raise WrongState("Only a parents' evening has a slot plan")
    status_after(event.status, "change")


def check_outing(outing: Outing) -> None:
    """Whether a parents' evening may be then.

    Raises:
        Invalid: it is not over on the day it begins.
    """
    if outing.ends_at.date() != outing.starts_at.date():
        raise Invalid.of("takes_place.ends_at", "must be on the same day as starts_at")


def evening(outing: Outing, time_zone: str) -> Evening:
    """When an evening is, from what the school's clocks show."""
    zone = ZoneInfo(time_zone)
    return Evening(
        day=outing.starts_at.date(),
        starts_at=instant(outing.starts_at, zone, "takes_place.starts_at"),
        ends_at=instant(outing.ends_at, zone, "takes_place.ends_at"),
        zone=zone,
    )


def numbered(desks: Sequence[Desk], before: Sequence[Crew] = ()) -> tuple[tuple[Desk, ...], tuple[Crew, ...]]:
    """Desks with the numbers of their crews: those they had before, or the next that nobody ever had.

    Returns:
        The desks, and all crews by number.

    Raises:
        WrongState: too many crews have had a desk at this event.
    """
    crews = list(before)
    crews += [desk.staff_ids for desk in desks if desk.staff_ids not in before]
    if len(crews) > _MOST_DESKS_EVER:
        raise WrongState("Too many teachers have had a desk at this event; duplicate it")
    return tuple(desk.model_copy(update={"number": crews.index(desk.staff_ids) + 1}) for desk in desks), tuple(crews)


def slots_of_desk(number: int) -> tuple[int, int]:
    """The first and the last number that a slot of a desk could have."""
    first = _FIRST + number * _A_DESK
    return first, first + _A_DESK - 1


def desk_of(slot_number: int) -> int:
    """The number of a slot's desk."""
    return (slot_number - _FIRST) // _A_DESK


def slot_id(number: int) -> str:
    """The id of a slot."""
    return f"{_SLOT}{number}"


def slot_number(slot_id: str) -> int:
    """The number of the slot with that id."""
    return int(slot_id.removeprefix(_SLOT))


def slot_at(number: int, plan: SlotPlan, at: Evening) -> Slot:
    """Where a slot of that number would be if there were one: at which desk, and when."""
    first, _ = slots_of_desk(desk_of(number))
    starts_at = at.midnight + timedelta(minutes=number - first)
    ends_at = starts_at + timedelta(minutes=plan.appointment_minutes)
    return Slot(number=number, staff_ids=(), starts_at=starts_at, ends_at=ends_at)


def check_plan(plan: SlotPlan, at: Evening) -> None:
    """Whether the slots of a plan make sense.

    Raises:
        Invalid: a desk would have no appointment, two share a room, there are too many, or the clocks skip a time;
            names the desk.
    """
    rooms = [desk for desk in plan.desks if desk.room is not None]
    hours = {desk.number: _hours(desk, plan, at) for desk in rooms}
    for first, second in combinations(rooms, 2):
        apart = first.room != second.room or bool(set(first.staff_ids) & set(second.staff_ids))
        if not apart and _meet(hours[first.number], hours[second.number]):
            raise Invalid.of(f"desks.{plan.desks.index(second)}.room", "is used by an earlier desk at that time")
    slots = grid(plan, at)
    used = {desk_of(slot.number) for slot in slots}
    for position, desk in enumerate(plan.desks):
        if desk.number not in used:
            raise Invalid.of(f"desks.{position}", "has no time for an appointment")
    if len(slots) > MOST_SLOTS:
        raise Invalid.of("desks", f"would have {len(slots)} appointments; an evening has at most {MOST_SLOTS}")


def grid(plan: SlotPlan, at: Evening, taken: Iterable[Slot] = ()) -> tuple[Slot, ...]:
    """The slots of an evening by number: those that are taken, and the plan's around them."""
    slots = list(taken)
    for desk in sorted(plan.desks, key=lambda one: -len(one.staff_ids)):
        slots += list(_slots_of(desk, plan, at, slots))
    return tuple(sorted(slots, key=lambda slot: slot.number))


def arrange(plan: SlotPlan, at: Evening, taken: Sequence[Slot]) -> Arrangement:
    """What becomes of an evening's slots under a plan.

    Args:
        plan: as it is now.
        at: the evening.
        taken: the slots that somebody has.
    """
    planned = frozenset(grid(plan, at))
    others = sorted((slot for slot in taken if slot not in planned), key=lambda slot: slot.number)
    desks = {desk.number: desk for desk in plan.desks}
    kept = tuple(KeptSlot(slot, _reason(slot, desks.get(desk_of(slot.number)), plan, at, taken)) for slot in others)
    return Arrangement({slot.number: slot for slot in grid(plan, at, taken)}, kept)


def busy(plan: SlotPlan, at: Evening) -> dict[str, tuple[Stretch, ...]]:
    """When each teacher is at the evening, UTC, breaks between appointments left out."""
    stretches: dict[str, list[Stretch]] = {}
    for slot in grid(plan, at):
        for staff_id in slot.staff_ids:
            stretches.setdefault(staff_id, []).append((slot.starts_at, slot.ends_at))
    pause = timedelta(minutes=plan.buffer_minutes)
    return {staff_id: _joined(of, pause) for staff_id, of in stretches.items()}


def _slots_of(desk: Desk, plan: SlotPlan, at: Evening, others: Sequence[Slot]) -> Iterator[Slot]:
    length, buffer = timedelta(minutes=plan.appointment_minutes), timedelta(minutes=plan.buffer_minutes)
    first, _ = slots_of_desk(desk.number)
    midnight, begins = at.midnight, at.starts_at
    for start, end in _without(_hours(desk, plan, at), _engaged(desk, others, buffer)):
        # A break may be shorter than the buffer, which is kept all the same.
        begins = max(begins, start)
        while begins + length <= end:
            yield Slot(
                number=first + (begins - midnight) // timedelta(minutes=1),
                staff_ids=desk.staff_ids,
                starts_at=begins,
                ends_at=begins + length,
                room=desk.room,
                video_link=desk.video_link,
            )
            begins += length + buffer


def _engaged(desk: Desk, others: Iterable[Slot], buffer: timedelta) -> Iterator[Stretch]:
    """When a desk's teachers or its room are taken by other slots."""
    for slot in others:
        if set(desk.staff_ids) & set(slot.staff_ids):
            yield slot.starts_at - buffer, slot.ends_at + buffer
        elif desk.room is not None and desk.room == slot.room:
            yield slot.starts_at, slot.ends_at


def _hours(desk: Desk, plan: SlotPlan, at: Evening) -> tuple[Stretch, ...]:
    """When a desk's teachers are there."""
    position = next(index for index, one in enumerate(plan.desks) if one.number == desk.number)
    whole = (at.starts_at, at.ends_at)
    there = _stretches(desk.available, at, f"desks.{position}.available") if desk.available else (whole,)
    within = ((max(start, at.starts_at), min(end, at.ends_at)) for start, end in _joined(there))
    away = (
        *_stretches(plan.breaks, at, "breaks"),
        *_stretches(desk.unavailable, at, f"desks.{position}.unavailable"),
    )
    return tuple(_without(within, away))


def _stretches(spans: Sequence[Span], at: Evening, field: str) -> tuple[Stretch, ...]:
    return tuple(
        (
            instant(datetime.combine(at.day, span.starts_at), at.zone, f"{field}.{number}.starts_at"),
            instant(datetime.combine(at.day, span.ends_at), at.zone, f"{field}.{number}.ends_at"),
        )
        for number, span in enumerate(spans)
    )


def _joined(stretches: Iterable[Stretch], pause: timedelta = timedelta()) -> tuple[Stretch, ...]:
    """Stretches that overlap, touch, or have at most a pause between them, made one; earliest first."""
    joined: list[Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1] + pause:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _without(stretches: Iterable[Stretch], away: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left of stretches once others are taken out of them."""
    gaps = _joined(away)
    for start, end in stretches:
        begins = start
        for gone, back in gaps:
            if gone >= end or back <= begins:
                continue
            if gone > begins:
                yield begins, gone
            begins = back
        if begins < end:
            yield begins, end


def _meet(some: Iterable[Stretch], others: Sequence[Stretch]) -> bool:
    return any(one[0] < other[1] and other[0] < one[1] for one in some for other in others)


def _reason(slot: Slot, desk: Desk | None, plan: SlotPlan, at: Evening, taken: Iterable[Slot]) -> Reason:
    if desk is None:
        return "teachers_not_planned"
    if slot.ends_at - slot.starts_at != timedelta(minutes=plan.appointment_minutes):
        return "other_length"
    if not any(start <= slot.starts_at and slot.ends_at <= end for start, end in _hours(desk, plan, at)):
        return "outside_times"
    neighbours = (one for one in taken if one.number != slot.number and set(one.staff_ids) & set(slot.staff_ids))
    buffer = timedelta(minutes=plan.buffer_minutes)
    if _meet([(slot.starts_at - buffer, slot.ends_at + buffer)], [(one.starts_at, one.ends_at) for one in neighbours]):
        return "too_close"
    if (slot.room, slot.video_link) != (desk.room, desk.video_link):
        return "other_room"
    return "between_others"
