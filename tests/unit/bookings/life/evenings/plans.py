"""A plain model of the slots of parents' evenings, minute by minute: what a plan makes around what families have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

type Crew = tuple[str, ...]
"""Who sits at a desk."""

type Key = tuple[Crew, int]
"""A slot: whose, and from which minute of the evening on."""

HOUR = 60


@dataclass(frozen=True)
class Desk:
    """Where somebody sits.

    Args:
        crew: who.
        room: where; two who share nobody cannot be there at once.
        hours: from which minute of the evening to which they are there.
    """

    crew: Crew
    room: str
    hours: tuple[int, int] = (0, HOUR)

    def is_there(self, minute: int) -> bool:
        """Whether they are there in a minute."""
        return self.hours[0] <= minute < self.hours[1]


@dataclass(frozen=True)
class Plan:
    """How slots are to be made: so long, with so much between two, so many for a family at most, and at which desks."""

    minutes: int
    buffer: int
    most: int | None
    desks: tuple[Desk, ...]

    def desk_of(self, crew: Crew) -> Desk | None:
        """Where somebody sits, if they do."""
        return next((desk for desk in self.desks if desk.crew == crew), None)


@dataclass(frozen=True)
class Slot:
    """An appointment to be had: how long, where, who has it, and whether it may be booked if nobody has."""

    minutes: int
    room: str
    booking_id: str | None = None
    bookable: bool = True


type Slots = Mapping[Key, Slot]


def makes_sense(plan: Plan) -> bool:
    """Whether each desk has an appointment, and nobody has to share a room with somebody else."""
    made = {crew for crew, _ in grid(plan, {})}
    pairs = ((one, other) for one in plan.desks for other in plan.desks if one != other)
    crowded = any(
        one.room == other.room
        and not set(one.crew) & set(other.crew)
        and any(one.is_there(minute) and other.is_there(minute) for minute in range(HOUR))
        for one, other in pairs
    )
    return not crowded and made == {desk.crew for desk in plan.desks}


def grid(plan: Plan, taken: Slots) -> dict[Key, Slot]:
    """The slots of a plan, around what somebody has; those who sit together come first."""
    slots = dict(taken)
    for desk in sorted(plan.desks, key=lambda one: -len(one.crew)):
        engaged = _engaged(desk, plan.buffer, slots)
        minute = 0
        while minute < HOUR:
            wanted = range(minute, minute + plan.minutes)
            if all(desk.is_there(one) and one not in engaged for one in wanted):
                slots[desk.crew, minute] = Slot(plan.minutes, desk.room)
                minute += plan.minutes + plan.buffer
            else:
                minute += 1
    return slots


def _engaged(desk: Desk, buffer: int, slots: Slots) -> set[int]:
    """In which minutes who sits at a desk is elsewhere, or on the way, or somebody else is in the room."""
    minutes: set[int] = set()
    for (crew, start), slot in slots.items():
        if set(crew) & set(desk.crew):
            minutes |= set(range(start - buffer, start + slot.minutes + buffer))
        elif slot.room == desk.room:
            minutes |= set(range(start, start + slot.minutes))
    return minutes


def arranged(plan: Plan, slots: Slots, *, is_open: bool) -> dict[Key, Slot]:
    """What becomes of slots under a plan: what somebody has stays, the rest is made anew."""
    taken = {key: slot for key, slot in slots.items() if slot.booking_id is not None}
    planned = grid(plan, {})
    after = grid(plan, taken)
    for key, slot in taken.items():
        may = _is_as_planned(planned.get(key), slot) or _fits(key, slot, plan, taken)
        after[key] = replace(slot, bookable=may)
    return {key: replace(slot, bookable=slot.bookable and is_open) for key, slot in after.items()}


def _is_as_planned(planned: Slot | None, slot: Slot) -> bool:
    return planned is not None and (planned.minutes, planned.room) == (slot.minutes, slot.room)


def _fits(key: Key, slot: Slot, plan: Plan, taken: Slots) -> bool:
    """Whether a slot that somebody has could be of the plan, but for its minute."""
    crew, start = key
    desk = plan.desk_of(crew)
    if desk is None or (plan.minutes, desk.room) != (slot.minutes, slot.room):
        return False
    others = {other: one for other, one in taken.items() if other != key}
    engaged = _engaged(replace(desk, room="nowhere"), plan.buffer, others)
    return all(desk.is_there(one) and one not in engaged for one in range(start, start + slot.minutes))


def desks_for(plan: Plan, classes: Iterable[Sequence[str]]) -> list[frozenset[Crew]]:
    """Whom a child's family may meet: one of each, for each class, by who teaches it."""
    found = []
    for teachers in classes:
        own = [desk.crew for desk in plan.desks if set(desk.crew) <= set(teachers)]
        most = max(map(len, own), default=0)
        found.append(frozenset(crew for crew in own if len(crew) == most))
    return [one for one in found if one]
