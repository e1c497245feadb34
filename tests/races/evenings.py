"""Races for the appointments of parents' evenings: slots, teachers' time, children's time, parents' time."""

from random import Random

from school_events.bookings.service import Booked
from tests.races.acts import Act, books_slots, cancels, luck
from tests.races.kind import Kind
from tests.races.scenes import Stage, a_family
from tests.support import evening_world
from tests.support.contexts import next_id
from tests.support.people import group_told, staff_told, tell

_TIMES = ("17:00", "17:10", "17:20", "17:30", "17:40", "17:50")

type Wanted = tuple[str, str]
"""A teacher (``t0``) and a time."""


def evening(families: int, teachers: int, *, most: int | None = None, buffer: int = 0, parents: int = 1) -> Stage:
    """An evening at which every family, each with two children, may meet every teacher about each of them.

    What the slots are called is among the stage's others: ``t0 17:00``.
    """
    there = tuple(a_family(parents=parents, children=2) for _ in range(families))
    children = [child for family in there for child in family.children]
    crew = [next_id("teacher") for _ in range(teachers)]
    tell(*(staff_told(one) for one in crew), *(group_told(next_id("group"), children, (one,)) for one in crew))
    event = evening_world.an_evening(crew, most=most, buffer=buffer, invited=children)
    slots = {
        f"t{number} {clock}": str(evening_world.slot(event, teacher, clock))
        for number, teacher in enumerate(crew)
        for clock in _TIMES
    }
    return Stage(event_id=event.id, families=there, others=slots)


def _wants(stage: Stage, parent: str, *wanted: tuple[str, str]) -> Act:
    """A parent books appointments: children and slots."""
    return books_slots(stage.event_id, parent, *((child, int(stage.others[slot])) for child, slot in wanted))


def _one_slot(stage: Stage, _: Random) -> list[Act]:
    """Every family wants the same teacher at the same time, some with another appointment beside."""
    return [
        _wants(stage, one.parent, (one.children[0], "t0 17:00"), *[(one.children[1], "t1 17:10")][: number % 2])
        for number, one in enumerate(stage.families)
    ]


def _twice_at_one_time(stage: Stage, _: Random) -> list[Act]:
    """Two parents, three telephones: child, sibling and parents would each be at two desks at once."""
    ((mother, father), (first, second)) = stage.families[0].parents, stage.families[0].children
    return [
        _wants(stage, mother, (first, "t0 17:00"), (second, "t1 17:10")),
        _wants(stage, father, (first, "t1 17:00")),
        _wants(stage, mother, (second, "t1 17:00")),
        _wants(stage, father, (second, "t0 17:10")),
    ]


def _at_the_limit(stage: Stage, _: Random) -> list[Act]:
    """Both parents book until a family has as many as it may have."""
    ((mother, father), (first, second)) = stage.families[0].parents, stage.families[0].children
    return [
        _wants(stage, mother, (first, "t0 17:00")),
        _wants(stage, father, (second, "t0 17:20")),
        _wants(stage, mother, (first, "t1 17:30"), (second, "t1 17:50")),
        _wants(stage, father, (first, "t1 17:10")),
    ]


def _given_back(stage: Stage, _: Random) -> list[Act]:
    """Who has a slot gives it back and books it anew, while others want it."""
    holder, *others = stage.families
    give_up = cancels(stage.booking_ids[0], holder.parent)
    again = [_wants(stage, one.parent, (one.children[0], "t0 17:00")) for one in (holder, *others)]
    return [give_up, give_up, *again]


def _with_one_booked() -> Stage:
    stage = evening(3, 2)
    holder = stage.families[0]
    booked = _wants(stage, holder.parent, (holder.children[0], "t0 17:00")).call(luck(1))
    assert isinstance(booked, Booked)
    return stage.model_copy(update={"booking_ids": tuple(booked.booking_ids)})


EVENINGS: tuple[Kind, ...] = (
    Kind("one teacher's slot", 8, lambda: evening(4, 2), _one_slot),
    Kind("at two desks at once", 8, lambda: evening(1, 2, parents=2), _twice_at_one_time),
    Kind("a family's limit", 6, lambda: evening(1, 2, parents=2, most=2), _at_the_limit),
    Kind("a slot given back", 6, _with_one_booked, _given_back),
)
