"""Races while the school changes how many places there are, and for the sessions of a club."""

from random import Random

from tests.races.acts import Act, books, books_sessions, cancels, moves_on, resizes
from tests.races.kind import Kind
from tests.races.scenes import Stage, a_family, an_event
from tests.support import club_world
from tests.support.club_world import FIRST, SECOND
from tests.support.people import portal_message, tell


def _club() -> Stage:
    """A club with one place a session, wanted by three families of two.

    What is made after it costs nothing: a school that has told its terms may not charge for a day in school time.
    """
    tell(portal_message("TermCalendarUpdated", {"calendar": club_world.TERM_CALENDAR}))
    families = tuple(a_family(children=2) for _ in range(3))
    event = club_world.a_club(capacity=1, invited=[child for family in families for child in family.children])
    return Stage(event_id=event.id, families=families, most=2)


def _up_and_down(stage: Stage, chance: Random) -> list[Act]:
    """More places, fewer, more again, while who has one gives it up and others book."""
    holder, *others = stage.families
    sizes = chance.sample(range(1, 5), 2)
    return [
        *(resizes(stage.event_id, size) for size in sizes),
        cancels(stage.booking_ids[0], holder.parent),
        moves_on(),
        *(books(stage.event_id, family.parent, *family.children) for family in others),
    ]


def _down_to_one(stage: Stage, _: Random) -> list[Act]:
    """Fewer places than families have, and everybody gives theirs up, while one wants one."""
    *holders, other = stage.families
    give_ups = [cancels(one, family.parent) for one, family in zip(stage.booking_ids, holders, strict=True)]
    acts = [resizes(stage.event_id, 1), moves_on(), moves_on()]
    return [*acts, *give_ups, books(stage.event_id, other.parent, *other.children)]


def _sessions(stage: Stage, _: Random) -> list[Act]:
    """Some want one session, some want two, all or none; and the school finds a second place."""
    first, second, third = stage.families
    return [
        books_sessions(stage.event_id, first.parent, (first.children[0], FIRST), (first.children[0], SECOND)),
        books_sessions(stage.event_id, second.parent, (second.children[0], SECOND), (second.children[1], FIRST)),
        books_sessions(stage.event_id, third.parent, (third.children[0], FIRST)),
        books_sessions(stage.event_id, third.parent, (third.children[0], FIRST), (third.children[1], SECOND)),
        resizes(stage.event_id, 2),
    ]


CAPACITIES: tuple[Kind, ...] = (
    Kind("more and fewer places", 10, lambda: an_event(4, 2, booked=1, most=4), _up_and_down),
    Kind("fewer than there are families", 6, lambda: an_event(4, 3, booked=3, most=3), _down_to_one),
    Kind("sessions of a club", 8, _club, _sessions),
)
