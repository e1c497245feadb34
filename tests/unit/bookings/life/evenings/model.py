"""A plain model of a day with two parents' evenings: who meets whom when, and why a wish is refused (B7, D4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations

from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.terms.rules import TooLateToCancel
from school_events.core.errors import AlreadyBooked, Invalid, NotFound, WrongState
from tests.unit.bookings.life.evenings import plans
from tests.unit.bookings.life.evenings.plans import Crew, Key, Plan, Slot
from tests.unit.bookings.life.model import Refusal


@dataclass(frozen=True)
class Wanted:
    """What a family asks for: a child's appointment with somebody, from a minute on."""

    child: str
    crew: Crew
    minute: int

    @property
    def key(self) -> Key:
        """The slot."""
        return self.crew, self.minute


@dataclass(eq=False)
class Had:
    """An appointment that was booked.

    Args:
        id: as the product named it.
        evening: at which of the evenings.
        by: the contact who booked, and comes.
        wanted: whom about which child, and when.
        minutes: how long.
        buffer: how much the evening kept between two when it was booked.
        is_live: whether it was not given up.
    """

    id: str
    evening: int
    by: str
    wanted: Wanted
    minutes: int
    buffer: int
    is_live: bool = True


@dataclass
class Evening:
    """One of the evenings.

    Args:
        plan: as it was set last.
        slots: those there are.
        status: of the event.
    """

    plan: Plan
    slots: dict[Key, Slot]
    status: str = "published"


@dataclass
class Day:
    """Everything of the day.

    Args:
        evenings: both, at the same time.
        classes: of each evening, who teaches each of the classes in which all the children are.
        links: open ones, as (contact, child).
        minute: how late it is, counted from the beginning of the evenings.
        closes_at: the minute in which booking ends.
        had: all appointments that were ever booked.
    """

    evenings: list[Evening]
    classes: list[list[Sequence[str]]]
    links: set[tuple[str, str]]
    minute: int
    closes_at: int
    had: list[Had] = field(default_factory=list)

    @property
    def live(self) -> list[Had]:
        """The appointments that somebody has."""
        return [one for one in self.had if one.is_live]

    def choices(self, evening: int) -> list[frozenset[Crew]]:
        """Whom a family may meet about any child."""
        return plans.desks_for(self.evenings[evening].plan, self.classes[evening])

    def refusal_of_planning(self, evening: int, plan: Plan) -> Refusal | None:
        """Why a plan is not set, if it is not."""
        if self.evenings[evening].status not in {"published", "closed"}:
            return WrongState
        return None if plans.makes_sense(plan) else Invalid

    def plan(self, evening: int, plan: Plan) -> None:
        """What nobody has follows the plan."""
        here = self.evenings[evening]
        here.plan = plan
        here.slots = plans.arranged(plan, here.slots, is_open=here.status == "published")

    def refusal_of_booking(self, evening: int, contact: str, asked: Sequence[Wanted]) -> Refusal | None:
        """Why a family does not get what it asks for, if it does not: the first that is found."""
        here = self.evenings[evening]
        if len(set(asked)) < len(asked):
            return Invalid
        if any((contact, one.child) not in self.links for one in asked):
            return NotFound
        if here.status != "published" or self.minute >= self.closes_at:
            return WrongState
        if not self._is_sensible(evening, asked):
            return Invalid
        return self._refusal_of_wanting(evening, contact, asked)

    def _refusal_of_wanting(self, evening: int, contact: str, asked: Sequence[Wanted]) -> Refusal | None:
        """What keeps a family from a wish that makes sense by itself."""
        here, family = self.evenings[evening], self._family(contact, asked)
        slots = [here.slots.get(one.key) for one in asked]
        if not self._meets_nobody_twice(evening, asked, family):
            return AlreadyBooked
        if any(slot is None or slot.booking_id is not None for slot in slots) or self._has_begun(asked):
            return SlotTaken
        if any(self._clashes(evening, contact, one, other) for one in asked for other in family):
            return AppointmentClash
        if here.plan.most is not None and len(self._at(evening, family)) + len(asked) > here.plan.most:
            return FamilyLimit
        return None if all(slot is not None and slot.bookable for slot in slots) else SlotTaken

    def _has_begun(self, asked: Iterable[Wanted]) -> bool:
        return any(one.minute <= self.minute for one in asked)

    def _family(self, contact: str, asked: Iterable[Wanted]) -> list[Had]:
        """The appointments of the children whom a contact may see, whoever made them."""
        children = {child for one, child in self.links if one == contact} | {one.child for one in asked}
        return [one for one in self.live if one.wanted.child in children]

    def _at(self, evening: int, had: Iterable[Had]) -> list[Had]:
        return [one for one in had if one.evening == evening]

    def _is_sensible(self, evening: int, asked: Sequence[Wanted]) -> bool:
        here, choices = self.evenings[evening], self.choices(evening)
        length = {one: here.slots[one.key].minutes if one.key in here.slots else here.plan.minutes for one in asked}
        if any(not any(one.crew in choice for choice in choices) for one in asked):
            return False
        for one, other in combinations(asked, 2):
            if _too_close(one.minute, length[one], other.minute, length[other], here.plan.buffer):
                return False
        return all(_all_met([one.crew for one in some], choices) for some in _by_child(asked))

    def _meets_nobody_twice(self, evening: int, asked: Sequence[Wanted], family: Iterable[Had]) -> bool:
        choices = self.choices(evening)
        offered = {crew for choice in choices for crew in choice}
        for some in _by_child(asked):
            met = [one.wanted.crew for one in self._at(evening, family) if one.wanted.child == some[0].child]
            wanted = [one.crew for one in some]
            if set(met) & set(wanted) or not _all_met([*wanted, *(crew for crew in met if crew in offered)], choices):
                return False
        return True

    def _clashes(self, evening: int, contact: str, one: Wanted, other: Had) -> bool:
        if one.child != other.wanted.child and contact != other.by:
            return False
        here = self.evenings[evening]
        buffer = max(here.plan.buffer, other.buffer)
        return _too_close(one.minute, here.slots[one.key].minutes, other.wanted.minute, other.minutes, buffer)

    def book(self, evening: int, contact: str, asked: Sequence[Wanted], ids: Sequence[str]) -> None:
        """The family has what it asked for."""
        here = self.evenings[evening]
        for one, booking_id in zip(asked, ids, strict=True):
            slot = here.slots[one.key]
            self.had.append(Had(booking_id, evening, contact, one, slot.minutes, here.plan.buffer))
            here.slots[one.key] = replace(slot, booking_id=booking_id)

    def may_cancel(self, contact: str, one: Had) -> bool:
        """Whether an appointment is a contact's to give up: their own, or left to them by who lost the child's link."""
        child = one.wanted.child
        return (contact, child) in self.links and (contact == one.by or (one.by, child) not in self.links)

    def refusal_of_cancelling(self, contact: str, one: Had) -> Refusal | None:
        """Why an appointment is not given up, if it is not."""
        if not self.may_cancel(contact, one):
            return NotFound
        if not one.is_live or self.evenings[one.evening].status == "cancelled":
            return WrongState
        return TooLateToCancel if self.minute >= one.wanted.minute else None

    def end(self, one: Had) -> None:
        """It is given up: its slot is as it was, and nobody's."""
        one.is_live = False
        slots = self.evenings[one.evening].slots
        slots[one.wanted.key] = replace(slots[one.wanted.key], booking_id=None)

    def shut(self, evening: int, status: str) -> None:
        """Nobody books any more."""
        here = self.evenings[evening]
        here.status = status
        here.slots = {key: replace(slot, bookable=False) for key, slot in here.slots.items()}

    def call_off(self) -> None:
        """What does not take place is nobody's appointment."""
        for one in self.live:
            if self.evenings[one.evening].status == "cancelled":
                self.end(one)


def _too_close(one: int, minutes: int, other: int, of_other: int, buffer: int) -> bool:
    """Whether nobody can be at both."""
    busy = set(range(one, one + minutes + buffer)), set(range(other, other + of_other + buffer))
    return other in busy[0] or one in busy[1]


def _by_child(asked: Iterable[Wanted]) -> list[list[Wanted]]:
    children: dict[str, list[Wanted]] = {}
    for one in asked:
        children.setdefault(one.child, []).append(one)
    return list(children.values())


def _all_met(crews: Sequence[Crew], choices: Sequence[frozenset[Crew]]) -> bool:
    """Whether each can be met as one of a choice of its own; all ways are tried."""
    return len(set(crews)) == len(crews) and any(
        all(crew in choice for crew, choice in zip(crews, order, strict=True))
        for order in permutations(choices, len(crews))
    )
