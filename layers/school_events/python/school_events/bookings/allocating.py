"""The allocator: only it moves the places that somebody gave back, to whoever waits for them, or to anybody.

Nobody waiting, a returned place is free at once. Otherwise it stays returned, and due, until :func:`settle` has looked
at all turns and all places of its pool together: whoever walks in claims free places only, so nobody gets ahead of the
list meanwhile. It may be called at any time by anybody at once: each offer is a transaction in which the turn still
waits, its places are nobody's and can be booked, and a contact with an open link is there to take them.

No wake-up is lost. Turns are read before places; a turn is there before its family settles, and a place is returned
before whoever gave it back does: of the two, the later one sees both. Whatever is killed in between is due.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from school_events.bookings import places
from school_events.bookings.capacity import rules as of_capacity
from school_events.bookings.capacity.service import has_surplus, is_followed
from school_events.bookings.model import Place, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import SLOTS, is_extra
from school_events.bookings.waiting import ending, rules, store
from school_events.bookings.waiting.closing import closing_of
from school_events.bookings.waiting.family import who_may_take
from school_events.bookings.waiting.model import Offer, WaitingEntry, WaitingState
from school_events.bookings.waiting.store import WaitingEntryItem
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, wait_or_give_up
from school_events.core.errors import NotFound, StaleVersion
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from school_events.people import access

MOST_AT_ONCE = 100
"""So many turns are dealt with in one go, so that no family waits for its answer until all others have theirs."""


@dataclass(frozen=True)
class _Next:
    """What is to be offered to whom.

    Args:
        offers: to be made now: a turn, its places, and a contact who may take them.
        kept: the numbers of all places that are for somebody who waits, be it later.
    """

    offers: Sequence[tuple[WaitingEntry, tuple[int, ...], str]]
    kept: frozenset[int]


def move_on(ctx: Context, place: Place) -> None:
    """Move a returned place on, if nobody is to have it before others; else it stays returned: :func:`settle` is due.

    Doing it again changes nothing.
    """
    school_id, event_id, pool = ctx.school_id, place.event_id, place.pool
    if is_extra(pool):
        places.retire(school_id, place)
    elif pool == SLOTS:
        return  # A slot is free at once (0028).
    elif not (store.anybody_waits(school_id, event_id, pool) or has_surplus(ctx, event_id, pool)):
        places.free(school_id, place)


def settle(ctx: Context, event_id: str, pool: str) -> None:
    """Offer the places of a pool that nobody has to whoever waits for them, in order; what is left over is free.

    Where there are more than :data:`MOST_AT_ONCE` to be dealt with, places stay returned, and due, for the others.

    Places beyond the event's capacity are offered to nobody and stay returned until ``capacity`` retires them; once
    nothing follows the event any more they are retired here. Doing it again changes nothing.

    Raises:
        NotFound: there is no such event.
        TryAgain: too much moves; what is not settled is due.
    """
    attempt = 0
    while not _settle(ctx, event_id, pool):
        attempt += 1
        wait_or_give_up(ctx, attempt)


def _settle(ctx: Context, event_id: str, pool: str) -> bool:
    """One look at all of it; whether nothing has moved meanwhile."""
    turns = store.live_items(ctx.school_id, event_id, pool)
    seen = list(places.places_of(ctx.school_id, event_id, pool))
    # After the places: who lowers the capacity later finds those that are returned by now.
    event = events.find_event(ctx.school_id, event_id)
    returned = [item for item in seen if item.state == PlaceState.RETURNED.value]
    if pool == SLOTS or is_extra(pool):
        return _move_all_on(ctx, pool, returned)
    closes_at = closing_of(ctx, event, pool)
    if closes_at is None:
        surplus = _surplus(event, seen)
        if not is_followed(ctx, event, pool):
            _retire(ctx, returned[:surplus])
        return _move_all_on(ctx, pool, returned[surplus:])
    spare, beyond = _spare(ctx, event, seen)
    following = _next_offers(ctx, [item.record for item in turns], spare)
    if following is None:
        return False
    for entry, numbers, contact_id in following.offers:
        until = rules.offer_until(ctx.now, event.offer_hours, closes_at)
        if not _offer(ctx, entry, contact_id, Offer(numbers=numbers, made_at=ctx.now, until=until)):
            return False
    _look_again_at_the_end(ctx, turns, closes_at)
    kept = beyond | following.kept
    return _move_all_on(ctx, pool, [item for item in returned if int(item.number) not in kept])


def _surplus(event: SchoolEvent, seen: Iterable[PlaceItem]) -> int:
    return of_capacity.surplus((PlaceState(item.state) for item in seen), event.capacity)


def _spare(ctx: Context, event: SchoolEvent, seen: Sequence[PlaceItem]) -> tuple[list[int], frozenset[int]]:
    """The places of a pool that can be offered, returned ones first, and those that are beyond the capacity."""
    in_turn = [
        int(item.number)
        for state in (PlaceState.RETURNED, PlaceState.FREE)
        for item in seen
        if item.state == state.value and places.gate_is_open(item, ctx.now)
    ]
    kept = max(0, len(in_turn) - _surplus(event, seen))
    return in_turn[:kept], frozenset(in_turn[kept:])


def _next_offers(ctx: Context, entries: Iterable[WaitingEntry], spare: Sequence[int]) -> _Next | None:
    """What is to be offered; turns that nobody can take any more end on the way. None if one of those has moved."""
    left, at_once = list(entries), MOST_AT_ONCE
    takers: dict[str, str | None] = {}
    while True:
        following = rules.next_offers(left, spare)
        offers = following[:at_once]
        takers |= {entry.id: who_may_take(ctx, entry) for entry, _ in offers if entry.id not in takers}
        gone = [entry for entry, _ in offers if takers[entry.id] is None]
        if not gone:
            made = [(entry, numbers, takers[entry.id] or "") for entry, numbers in offers]
            return _Next(made, frozenset(number for _, numbers in following for number in numbers))
        if not all(ending.end(ctx, entry, WaitingState.LAPSED) for entry in gone):
            return None
        left, at_once = [one for one in left if one not in gone], at_once - len(gone)


def _offer(ctx: Context, entry: WaitingEntry, contact_id: str, offer: Offer) -> bool:
    """Keep places for a turn; whether it was done, and neither turn nor places nor links have moved."""
    offered = entry.model_copy(update={"state": WaitingState.OFFERED, "offer": offer})
    transaction = Transaction(ctx)
    store.replace(transaction, ctx.school_id, entry, offered, stamp(ctx, "waiting.offered"), due_at=offer.until)
    store.take_places(transaction, ctx, entry, offer.numbers)
    for pupil_id in entry.pupil_ids:
        access.check_on_roll(transaction, ctx, pupil_id)
        access.check_link(transaction, ctx, contact_id, pupil_id)
    ending.tell_family(transaction, ctx, entry, "changed")
    try:
        transaction.commit()
    except (Refused, StaleVersion, NotFound):
        return False
    return True


def _look_again_at_the_end(ctx: Context, turns: Iterable[WaitingEntryItem], closes_at: datetime) -> None:
    """Whoever waits on is looked at when booking ends; whoever was offered something has changed since.

    Who is to be looked at now for another reason still is: a child may have left, and perhaps nothing is given back.
    """
    for item in turns:
        if item.record.state is WaitingState.WAITING and not store.is_woken(ctx, item):
            store.look_at(ctx.school_id, item, closes_at)


def _move_all_on(ctx: Context, pool: str, returned: Iterable[PlaceItem]) -> bool:
    if is_extra(pool):
        _retire(ctx, returned)
        return True
    for item in returned:
        places.free(ctx.school_id, places.to_place(item))
    return True


def _retire(ctx: Context, returned: Iterable[PlaceItem]) -> None:
    for item in returned:
        places.retire(ctx.school_id, places.to_place(item))
