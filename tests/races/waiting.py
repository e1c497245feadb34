"""Races for a waiting list: joins, places given back, offers accepted, declined and expired, walk-ins, capacities."""

from random import Random

from school_events.bookings import cancelling, store
from school_events.bookings.service import Booked
from school_events.bookings.waiting import service
from school_events.bookings.waiting.api import JoinedView
from school_events.bookings.ways import Wish
from school_events.core.context import Actor
from school_events.core.requests import request
from tests.races.acts import (
    Act,
    accepts,
    books,
    calls_off,
    cancels,
    closes,
    declines,
    joins,
    leaves,
    lets_offers_expire,
    luck,
    moment,
    moves_on,
    resizes,
)
from tests.races.kind import Kind
from tests.races.scenes import Family, Stage, an_event
from tests.support.contexts import SCHOOL, next_id


def _queue(*, capacity: int, waiting: int, walking_in: int = 1, children: int = 1) -> Stage:
    """A full event, families who wait one after the other, and others who do not wait.

    Each waits for its first child; who has several, for all of them together.
    """
    stage = an_event(capacity + waiting + walking_in, capacity, children=children, booked=capacity // children)
    holders = capacity // children
    refs = [_joined(stage.event_id, family) for family in stage.families[holders : holders + waiting]]
    return stage.model_copy(update={"waiting_ids": tuple(refs), "most": capacity + 1})


def _joined(event_id: str, family: Family) -> str:
    ctx = moment(Actor("contact", family.parent), luck(1))
    wishes = [Wish(child) for child in family.children]
    asked = request(next_id("key"), "waits")
    joined: JoinedView = service.join(ctx, family.parent, event_id, wishes, together=True, request=asked)
    (ref,) = joined.waiting_ids
    return ref


def _offered(*, waiting: int) -> Stage:
    """A queue of whom the first has been offered the one place."""
    stage = _queue(capacity=1, waiting=waiting)
    ctx = moment(Actor("contact", stage.families[0].parent), luck(1))
    cancelling.cancel(ctx, store.find_booking(SCHOOL, stage.booking_ids[0]))
    moves_on().call(luck(1))
    return stage


def _join_while_given_back(stage: Stage, _: Random) -> list[Act]:
    """Families join at the moment the only place is given back, and somebody walks in."""
    holder, *others, walks_in = stage.families
    return [
        cancels(stage.booking_ids[0], holder.parent),
        *(joins(stage.event_id, one.parent, *one.children) for one in others),
        books(stage.event_id, walks_in.parent, *walks_in.children),
    ]


def _given_back_to_the_queue(stage: Stage, chance: Random) -> list[Act]:
    """Places are given back at once, one who waits leaves, the school finds another place, somebody walks in."""
    holders, waiting, walks_in = stage.families[:2], stage.families[2:-1], stage.families[-1]
    leaver = chance.randrange(len(waiting))
    return [
        *(cancels(one, family.parent) for one, family in zip(stage.booking_ids, holders, strict=True)),
        leaves(stage.waiting_ids[leaver], waiting[leaver].parent),
        resizes(stage.event_id, 3),
        moves_on(),
        books(stage.event_id, walks_in.parent, *walks_in.children),
    ]


def _answers_to_an_offer(stage: Stage, _: Random) -> list[Act]:
    """An offer is accepted twice, declined, and expires, while the next waits and somebody walks in."""
    first, walks_in = stage.families[1], stage.families[-1]
    accept = accepts(stage.waiting_ids[0], first.parent, *first.children)
    return [
        accept,
        accept,
        declines(stage.waiting_ids[0], first.parent),
        lets_offers_expire(),
        books(stage.event_id, walks_in.parent, *walks_in.children),
    ]


def _the_end_of_an_offer(stage: Stage, chance: Random) -> list[Act]:
    """An offer is accepted while booking is closed, or the event cancelled, or there are to be fewer places."""
    first = stage.families[1]
    ends = chance.choice([closes, calls_off])
    return [accepts(stage.waiting_ids[0], first.parent, *first.children), ends(stage.event_id), moves_on()]


def _together(stage: Stage, _: Random) -> list[Act]:
    """Two children wait together for two places that two families give back, one after the other."""
    first, second = stage.families[:2]
    return [cancels(stage.booking_ids[0], first.parent), cancels(stage.booking_ids[1], second.parent), moves_on()]


def _two_and_one() -> Stage:
    """Two places are had by two families; in front waits one with two children together, behind one with one."""
    stage = an_event(4, 2, children=2, booked=0)
    booked = [_booked(stage, one) for one in stage.families[:2]]
    together, alone = stage.families[2:]
    single = Family(parents=alone.parents, children=alone.children[:1])
    refs = (_joined(stage.event_id, together), _joined(stage.event_id, single))
    return stage.model_copy(update={"booking_ids": tuple(booked), "waiting_ids": refs})


def _booked(stage: Stage, family: Family) -> str:
    booked = books(stage.event_id, family.parent, family.children[0]).call(luck(1))
    assert isinstance(booked, Booked)
    return booked.booking_ids[0]


WAITING: tuple[Kind, ...] = (
    Kind("joining a list", 8, lambda: an_event(4, 1, booked=1), _join_while_given_back),
    Kind("given back to those who wait", 10, lambda: _queue(capacity=2, waiting=3), _given_back_to_the_queue),
    Kind("an offer answered", 10, lambda: _offered(waiting=2), _answers_to_an_offer),
    Kind("an offer when booking ends", 5, lambda: _offered(waiting=2), _the_end_of_an_offer),
    Kind("two who wait together", 6, _two_and_one, _together),
)
