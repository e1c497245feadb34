"""Waiting for a place: joining the list, giving a turn up, declining an offer, what becomes of turns by time (D5)."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from school_events.bookings import allocating, looking, places
from school_events.bookings.rules import already_booked, pool_for, require_distinct
from school_events.bookings.waiting import ending, store
from school_events.bookings.waiting.api import JoinedView, TurnView
from school_events.bookings.waiting.closing import closing_of
from school_events.bookings.waiting.family import require_own, who_may_take
from school_events.bookings.waiting.model import LIVE_TURNS, Offer, WaitingEntry, WaitingState
from school_events.bookings.waiting.store import WaitingEntryItem
from school_events.bookings.ways import Wish
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Conflict, Invalid, StaleVersion, TryAgain, WrongState
from school_events.core.requests import AnsweredMeanwhile, Request, earlier_answer, find_earlier_answer, remember
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from school_events.people import access


class PlacesAreFree(Conflict):
    """Nobody waits for what can be booked."""

    slug = "places-are-free"
    title = "There are free places: book them"


def join(
    ctx: Context, contact_id: str, event_id: str, wishes: Sequence[Wish], *, together: bool, request: Request
) -> JoinedView:
    """Take a turn on the waiting list of an event that is full: one for each child, or one for all of them together.

    Args:
        ctx: the moment; the actor may be the contact, or a school's administrator on the contact's behalf.
        contact_id: on whose account.
        event_id: which event.
        wishes: one per child, or per child and session, at most ten.
        together: whether they come together or not at all.
        request: what is asked, for answering the same request alike.

    Raises:
        NotFound: no such event for this contact, or a child that is not theirs.
        WrongState: the event is not open for booking, or has appointments.
        Invalid: a child twice, or children together for different sessions.
        AlreadyBooked: a child has a place, or waits already.
        PlacesAreFree: there are enough for all of them.
        TryAgain: too busy.
    """
    require_distinct([(wish.pupil_id, wish.part) for wish in wishes])
    found = looking.look(ctx, contact_id, event_id, wishes, request)
    if ctx.actor.kind == "contact":
        looking.require_open_links(ctx, contact_id, wishes, found)
    request_key = request.item_key(ctx)
    earlier = earlier_answer(ctx, request, found.get(request_key) if request_key else None, JoinedView)
    if earlier is not None:
        return earlier
    event = looking.checked_event(ctx, contact_id, event_id, wishes, found)
    _require_waitable(ctx, event, wishes)
    entries = [_new_entry(ctx, contact_id, event, some) for some in _turns(wishes, together=together)]
    answer = JoinedView(waiting_ids=[entry.ref for entry in entries])
    transaction = Transaction(ctx)
    remember(ctx, transaction, request, answer)
    # Turns are in the order of the wishes, whether there is one for each child or one for all.
    refusals = map(already_booked, itertools.count())
    for entry in entries:
        theirs = list(itertools.islice(refusals, len(entry.pupil_ids)))
        store.create(transaction, ctx.school_id, entry, stamp(ctx, "waiting.joined"), theirs)
        ending.tell_family(transaction, ctx, entry, "created")
    for pupil_id in sorted({wish.pupil_id for wish in wishes}):
        access.check_link(transaction, ctx, contact_id, pupil_id)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return _answered_meanwhile(ctx, request)
    for entry in entries:
        with contextlib.suppress(TryAgain):
            look_after(ctx, entry)
    return answer


def leave(ctx: Context, ref: str) -> TurnView:
    """Give a turn up, also one that was offered something; asked again, it is given up already.

    Raises:
        NotFound: there is no such turn of the caller's.
        WrongState: it is over.
        TryAgain: too busy.
    """
    return _give_up(ctx, ref, frozenset({WaitingState.WAITING, WaitingState.OFFERED}))


def decline(ctx: Context, ref: str) -> TurnView:
    """Decline the places offered to a turn, which is over then; asked again, it is declined already.

    Raises:
        NotFound: there is no such turn of the caller's.
        WrongState: nothing is offered to it.
        TryAgain: too busy.
    """
    return _give_up(ctx, ref, frozenset({WaitingState.OFFERED}))


def look_after(ctx: Context, entry: WaitingEntry) -> None:
    """Do with a turn what is due: end it if booking or its offer is over, or see whether there is a place for it.

    Doing it again changes nothing.

    Raises:
        TryAgain: too busy; it stays due.
    """
    item = store.find_item(ctx.school_id, entry.ref)
    if item is None or item.record.state not in LIVE_TURNS:
        return
    entry = item.record
    closes_at = closing_of(ctx, events.find_event(ctx.school_id, entry.event_id), entry.pool)
    if closes_at is None:
        # What was kept for it is returned, and due; nobody is to be offered it.
        ending.end(ctx, entry, WaitingState.OVER)
        return
    outcome = _outcome(ctx, entry)
    if outcome is not None:
        ending.end(ctx, entry, outcome)
    elif entry.offer is not None:
        _keep(ctx, item, entry.offer, closes_at)
        return
    else:
        store.look_at(ctx.school_id, item, closes_at)
    allocating.settle(ctx, entry.event_id, entry.pool)


def _keep(ctx: Context, item: WaitingEntryItem, offer: Offer, closes_at: datetime) -> None:
    """Let an offer stand to its end, which is sooner now if its session was moved to an earlier time."""
    if offer.until <= closes_at:
        store.look_at(ctx.school_id, item, offer.until)
        return
    sooner = item.record.model_copy(update={"offer": offer.model_copy(update={"until": closes_at})})
    transaction = Transaction(ctx)
    change = stamp(ctx, "waiting.offer_ends_sooner")
    store.replace(transaction, ctx.school_id, item.record, sooner, change, due_at=closes_at)
    ending.tell_family(transaction, ctx, item.record, "changed")
    with contextlib.suppress(StaleVersion):
        transaction.commit()


def _outcome(ctx: Context, entry: WaitingEntry) -> WaitingState | None:
    """How a turn ends, if it is to end now by itself although booking is open."""
    if entry.state is WaitingState.OFFERED and not entry.is_offered(ctx.now):
        return WaitingState.EXPIRED
    return WaitingState.LAPSED if who_may_take(ctx, entry) is None else None


def _give_up(ctx: Context, ref: str, from_states: frozenset[WaitingState]) -> TurnView:
    entry = store.find_entry(ctx.school_id, ref)
    require_own(ctx, entry)
    if entry.state in {WaitingState.LEFT, WaitingState.DECLINED}:
        return TurnView(id=ref, state=entry.state)
    if entry.state not in from_states:
        raise WrongState(f"This turn is {entry.state}")
    outcome = WaitingState.LEFT if entry.state is WaitingState.WAITING else WaitingState.DECLINED
    if not ending.end(ctx, entry, outcome, by_family=True):
        raise TryAgain
    with contextlib.suppress(TryAgain):
        allocating.settle(ctx, entry.event_id, entry.pool)
    return TurnView(id=ref, state=outcome)


def _turns(wishes: Sequence[Wish], *, together: bool) -> list[list[Wish]]:
    if not together:
        return [[wish] for wish in wishes]
    for position, wish in enumerate(wishes):
        if wish.part != wishes[0].part:
            raise Invalid.of(f"items.{position}.session_id", "must be the same for all: they come together")
    return [list(wishes)]


def _require_waitable(ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> None:
    if event.kind == "parents_evening":
        raise WrongState("A parents' evening has appointments, and no waiting list")
    wanted = Counter(pool_for(wish.session_id) for wish in wishes)
    if all(len(places.free_places(ctx, event.id, pool)) >= count for pool, count in wanted.items()):
        raise PlacesAreFree


def _new_entry(ctx: Context, contact_id: str, event: SchoolEvent, wishes: Sequence[Wish]) -> WaitingEntry:
    return WaitingEntry(
        id=ctx.new_id("waiting"),
        event_id=event.id,
        pool=pool_for(wishes[0].session_id),
        pupil_ids=tuple(wish.pupil_id for wish in wishes),
        joined_by=contact_id,
        joined_at=ctx.now,
        state=WaitingState.WAITING,
    )


def _answered_meanwhile(ctx: Context, request: Request) -> JoinedView:
    answer = find_earlier_answer(ctx, request, JoinedView)
    if answer is None:
        raise TryAgain
    return answer
