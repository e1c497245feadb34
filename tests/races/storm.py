"""A storm: every parent of a school wants appointments in the same minute, more of them than there are.

Each looks which slots of two of its child's teachers are free and books one with each in one go; if somebody was
faster it looks again, and in the end takes one alone. Who goes without found its teachers' slots all taken.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from random import Random

from school_events.bookings import slot_places
from school_events.bookings.appointments.errors import AppointmentClash, SlotTaken
from school_events.bookings.places import PlaceItem
from school_events.core.dynamodb import Key, get_many
from school_events.core.errors import TryAgain
from school_events.events.evenings.store import find_plan
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.races import checker
from tests.races.acts import WHEN_HOLDS_END, books_slots, luck
from tests.races.running import settle
from tests.races.scenes import Family
from tests.support import evening_world
from tests.support.booked_world import UNASKED
from tests.support.contexts import SCHOOL, a_context, next_id
from tests.support.people import contact_told, group_told, link_told, pupil_told, staff_told, tell

AT_ONCE = 48
"""So many parents ask at the same time; the others wait for a thread."""

_TOLD_AT_ONCE = 50
_TEACHERS_OF_A_CHILD = 4
_TRIES = 12
_TIMES = ("16:00", "19:00")
_MINUTES = 5


@dataclass(frozen=True)
class Storm:
    """An evening and who wants appointments at it.

    Args:
        event_id: the evening.
        families: each family with the desks of its child's teachers.
        slots: by desk where its slots are kept. A query for them would look at those of all desks here: an embedded
            AWS is slow at that, so they are read one by one.
    """

    event_id: str
    families: Sequence[tuple[Family, tuple[int, ...]]]
    slots: Mapping[int, Sequence[Key[PlaceItem]]]

    def free(self, desk: int) -> list[PlaceItem]:
        """The slots of a desk that nobody has, as last seen."""
        found = get_many(self.slots[desk])
        return [item for key in self.slots[desk] if (item := found.get(key)) is not None and item.state == "free"]


@dataclass(frozen=True)
class Told:
    """What came of a storm.

    Args:
        appointments: how many were had.
        without: how many families have none.
        asked_again: how often somebody was too late and looked again.
        faults: what the tables say is wrong.
    """

    appointments: int
    without: int
    asked_again: int
    faults: list[str]


def brew(parents: int, teachers: int) -> Storm:
    """A school's families, their teachers, and a published evening of three hours in fives of minutes."""
    crew = [next_id("teacher") for _ in range(teachers)]
    families = [Family(parents=(next_id("parent"),), children=(next_id("child"),)) for _ in range(parents)]
    tell(*(staff_told(one) for one in crew))
    with ThreadPoolExecutor(8) as tellers:
        list(tellers.map(_tell, batched(families, _TOLD_AT_ONCE, strict=False)))
    taught = [_teachers_of(number, teachers) for number in range(parents)]
    for desk, teacher in enumerate(crew):
        class_of = [family.children[0] for family, by in zip(families, taught, strict=True) if desk in by]
        tell(group_told(next_id("group"), class_of, (teacher,)))
    event = evening_world.an_evening(crew, minutes=_MINUTES, times=_TIMES, invited=families[0].children)
    for some in batched(families[1:], _TOLD_AT_ONCE, strict=False):
        audience = Audience.model_validate({"pupils": [family.children[0] for family in some]})
        invitations.invite(a_context(), UNASKED, event.id, audience)
    plan = find_plan(SCHOOL, event.id)
    assert plan is not None
    desks = {crew.index(desk.staff_ids[0]): desk.number for desk in plan.desks}
    wanting = [(one, tuple(desks[by] for by in of)) for one, of in zip(families, taught, strict=True)]
    return Storm(event.id, wanting, {desk: _slots(event.id, desk) for desk in desks.values()})


def _slots(event_id: str, desk: int) -> list[Key[PlaceItem]]:
    return [Key(PlaceItem, item.pk, item.sk) for item in slot_places.slots_of_desk(a_context(), event_id, desk)]


def _teachers_of(number: int, teachers: int) -> tuple[int, ...]:
    return tuple((number * 7 + step * 13) % teachers for step in range(_TEACHERS_OF_A_CHILD))


def _tell(families: Sequence[Family]) -> None:
    tell(
        *(contact_told(family.parent) for family in families),
        *(pupil_told(family.children[0]) for family in families),
        *(link_told(family.parent, family.children[0]) for family in families),
    )


def break_out(storm: Storm, seed: int) -> Told:
    """Let everybody book, then read the tables."""
    chance = luck(seed)
    seeds = [chance.getrandbits(64) for _ in storm.families]
    with ThreadPoolExecutor(AT_ONCE) as parents:
        asked = list(parents.map(partial(_wants, storm), storm.families, seeds))
    faults = settle()
    tables = checker.read_tables()
    had = {one["pupil_id"] for one in tables.events[storm.event_id].live}
    free = {desk: storm.free(desk) for desk in storm.slots}
    faults += checker.faults_of_tables(tables, WHEN_HOLDS_END)
    without = [(family, desks) for family, desks in storm.families if family.children[0] not in had]
    faults += [
        f"{family.parent} went without though a teacher is free"
        for family, desks in without
        if any(free[desk] for desk in desks)
    ]
    return Told(len(tables.events[storm.event_id].live), len(without), sum(asked), faults)


def _wants(storm: Storm, who: tuple[Family, tuple[int, ...]], seed: int) -> int:
    """A parent asks until the appointments are had or there are none; says how often it was too late."""
    (family, desks), chance = who, luck(seed)
    for tries in range(_TRIES):
        # Two together at first; in the end whoever is free will do.
        asked = chance.sample(desks, 2) if tries < _TRIES // 2 else chance.sample(desks, len(desks))
        wanted = _pick(storm, asked, chance, most=2 if tries < _TRIES // 2 else 1)
        if not wanted and tries >= _TRIES // 2:
            return tries
        if wanted and _booked(storm.event_id, family, wanted, chance):
            return tries
    return _TRIES


def _pick(storm: Storm, desks: Sequence[int], chance: Random, *, most: int) -> list[int]:
    """Free slots, one at a desk, no two at one time."""
    picked: dict[datetime, int] = {}
    for desk in desks:
        slots = [one for one in storm.free(desk) if one.slot.starts_at not in picked]
        if slots and len(picked) < most:
            slot = chance.choice(slots).slot
            picked[slot.starts_at] = slot.number
    return list(picked.values())


def _booked(event_id: str, family: Family, slots: Sequence[int], chance: Random) -> bool:
    """Book them all or none; whether nobody was faster."""
    try:
        books_slots(event_id, family.parent, *((family.children[0], slot) for slot in slots)).call(chance)
    except (SlotTaken, AppointmentClash, TryAgain):
        return False
    return True
