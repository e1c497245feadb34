"""The kinds of races: who wants what at the same time."""

from random import Random

from tests.races.acts import Act, books, calls_off, cancels, closes, ends_bookings, lets_holds_go
from tests.races.capacities import CAPACITIES
from tests.races.evenings import EVENINGS
from tests.races.kind import Kind
from tests.races.scenes import Family, Stage, an_event
from tests.races.waiting import WAITING

PRICE = 1250


def _each_books(stage: Stage, families: tuple[Family, ...]) -> list[Act]:
    return [books(stage.event_id, family.parent, *family.children) for family in families]


def _all_book(stage: Stage, _: Random) -> list[Act]:
    return _each_books(stage, stage.families)


def _siblings_and_others(stage: Stage, _: Random) -> list[Act]:
    """The first two families want two places together, the others one."""
    together, alone = stage.families[:2], stage.families[2:]
    return [
        *_each_books(stage, together),
        *(books(stage.event_id, family.parent, family.children[0]) for family in alone),
    ]


def _double_click(stage: Stage, _: Random) -> list[Act]:
    """One request three times, and two rivals."""
    first, *rivals = stage.families
    same = books(stage.event_id, first.parent, *first.children)
    return [same, same, same, *_each_books(stage, tuple(rivals))]


def _both_parents(stage: Stage, _: Random) -> list[Act]:
    """Each parent books the children, one of them also only the first child, on another telephone."""
    (family,) = stage.families
    mother, father = family.parents
    return [
        books(stage.event_id, mother, *family.children),
        books(stage.event_id, father, *family.children),
        books(stage.event_id, father, family.children[0]),
    ]


def _give_back_and_book(stage: Stage, _: Random) -> list[Act]:
    """Who has a place gives it up, twice, while others book, and so do they again."""
    holder, *others = stage.families
    give_up = cancels(stage.booking_ids[0], holder.parent)
    return [give_up, give_up, *_each_books(stage, (holder, *others))]


def _holds_end(stage: Stage, _: Random) -> list[Act]:
    """Holds are given up, let go by two housekeepers, and the places wanted by others."""
    first, second, *others = stage.families
    house = lets_holds_go()
    return [cancels(stage.booking_ids[0], first.parent), house, house, *_each_books(stage, (second, *others))]


def _closing(stage: Stage, _: Random) -> list[Act]:
    """Booking ends while families book."""
    return [closes(stage.event_id), *_each_books(stage, stage.families)]


def _calling_off(stage: Stage, _: Random) -> list[Act]:
    """The event is cancelled while families book and give up."""
    holder = stage.families[0]
    acts = [calls_off(stage.event_id), cancels(stage.booking_ids[0], holder.parent), ends_bookings()]
    return [*acts, *_each_books(stage, stage.families[1:])]


PLACES: tuple[Kind, ...] = (
    Kind("the last place", 20, lambda: an_event(4, 1), _all_book, sells_out=True),
    Kind("five for two places", 12, lambda: an_event(5, 2), _all_book, sells_out=True),
    Kind("siblings and others", 12, lambda: an_event(4, 3, children=2), _siblings_and_others),
    Kind("one request three times", 10, lambda: an_event(3, 2), _double_click, sells_out=True),
    Kind("both parents", 10, lambda: an_event(1, 3, parents=2, children=2), _both_parents),
    Kind("given back and booked", 14, lambda: an_event(4, 2, booked=1), _give_back_and_book),
    Kind("holds that end", 12, lambda: an_event(4, 2, price=PRICE, booked=2), _holds_end),
    Kind("booking closed", 5, lambda: an_event(3, 2), _closing),
    Kind("called off", 5, lambda: an_event(3, 3, booked=1), _calling_off),
)

KINDS = (*PLACES, *WAITING, *CAPACITIES, *EVENINGS)

CROWDS: tuple[Kind, ...] = (
    Kind("fifty for the last place", 0, lambda: an_event(50, 1), _all_book, sells_out=True),
    Kind("three hundred for thirty places", 0, lambda: an_event(300, 30), _all_book, sells_out=True),
)
"""Races of very many, each once a run."""
