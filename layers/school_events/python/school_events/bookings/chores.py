"""What is due every minute; costs what is due (P7).

Gates to shut, places to follow a new capacity, returned places to move on, families to tell, cancelled events to call
off, holds to let go, refunds to make.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import islice

from school_events.bookings import allocating, calling_off, news, places, settlement, slot_places, store
from school_events.bookings.capacity import service as capacity
from school_events.bookings.closing import close_booking
from school_events.bookings.instalments.looking import look_after
from school_events.bookings.model import Booking, Place
from school_events.bookings.waiting import service as waiting
from school_events.bookings.waiting import store as turns
from school_events.core import logs
from school_events.core.context import Context
from school_events.core.shares import MayGoOn
from school_events.events import lifecycle, place_changes
from school_events.events import store as events
from school_events.events.documents import service as documents
from school_events.events.documents import store as document_store
from school_events.events.evenings import store as evenings
from school_events.events.evenings.service import follow_up
from school_events.events.model import SchoolEvent
from school_events.events.news.store import due_news
from school_events.events.news.store import put_off as put_news_off
from school_events.payments import store as payments
from school_events.payments.refunds.bulk import Run
from school_events.payments.stripe_client import NotAsked

STUCK = timedelta(minutes=30)
"""A hold that is over, or a refund that is asked for, so long ago is a person's to look at."""

PUT_OFF = timedelta(minutes=5)
"""When what went wrong is tried again, so that it keeps nothing back that is due after it."""

NOT_YET = timedelta(minutes=2)
"""When what could not be ended yet is looked at again: the next run comes to what else is due first."""

_MOST_PLACES = 2000
"""So many returned places are looked up in one run, to be moved on pool by pool."""

ContextOf = Callable[[str], Context]


def shut_gates(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Finish closing the places of events whose booking was closed; says how many events that concerned."""
    count = 0
    for school_id, event in events.due_events(events.CLOSE_PLACES, now):
        if not may_go_on():
            break
        ctx = context_for(school_id)
        if not _one(lifecycle.finish_closing, ctx, event, close_booking):
            events.put_off(ctx, event, events.CLOSE_PLACES, now + PUT_OFF)
        count += 1
    return count


def call_events_off(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """End the bookings of cancelled events; says how many events that concerned."""
    count = 0
    for school_id, event in events.due_events(events.CALL_OFF, now):
        if not may_go_on():
            break
        ctx = context_for(school_id)
        if not _one(_call_off, ctx, event, may_go_on):
            events.put_off(ctx, event, events.CALL_OFF, now + PUT_OFF)
        count += 1
    return count


def make_due_refunds(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Make every refund that was written down and not made; says how many."""
    return Run(now, context_for, may_go_on, put_off=PUT_OFF, stuck=STUCK).make_all()


def move_returned_places_on(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Give the allocator every place that somebody returned and nobody moved on, because of a crash."""
    pools: dict[tuple[str, str, str], list[Place]] = {}
    for school_id, place in islice(places.returned_places(now), _MOST_PLACES):
        pools.setdefault((school_id, place.event_id, place.pool), []).append(place)
    count = 0
    for (school_id, event_id, pool), returned in pools.items():
        if not may_go_on():
            break
        if not _one(_settle, context_for(school_id), event_id, pool):
            for place in returned:
                places.put_off(school_id, place, now + PUT_OFF)
        count += len(returned)
    return count


def let_places_follow(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Let places follow capacities and sessions that were changed, and end what was booked for cancelled sessions."""
    count = 0
    for school_id, event_id, version in place_changes.due_place_changes(now):
        if not may_go_on():
            break
        ctx = context_for(school_id)
        if not _one(_let_follow, ctx, event_id, version, may_go_on):
            place_changes.put_off(school_id, event_id, version, now + PUT_OFF)
        count += 1
    return count


def look_after_turns(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """End the turns of waiting lists whose offers or whose events' booking are over, and see to those who just joined.

    Says how many turns that concerned.
    """
    count = 0
    for school_id, item in turns.due_items(now):
        if not may_go_on():
            break
        if not _one(waiting.look_after, context_for(school_id), item.record):
            turns.look_at(school_id, item, now + PUT_OFF)
        count += 1
    return count


def tell_news(now: datetime, may_go_on: MayGoOn) -> int:
    """Tell families of what changed at events that concern them; says how many changes that was."""
    count = 0
    for change in due_news(now):
        if not may_go_on():
            break
        if not _one(news.tell, change, may_go_on):
            put_news_off(change, now + PUT_OFF)
        count += 1
    return count


def arrange_due_slots(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Let slots and staff follow the plans of parents' evenings where that broke off; says how many that concerned."""
    count = 0
    for school_id, event_id, plan in evenings.due_plans(now):
        if not may_go_on():
            break
        ctx = context_for(school_id)
        if not _one(follow_up, ctx, event_id, slot_places.arrange):
            evenings.put_off(school_id, event_id, plan, now + PUT_OFF)
        count += 1
    return count


def clear_documents(now: datetime, may_go_on: MayGoOn) -> int:
    """Delete the files of documents that were removed or never confirmed; says how many documents that concerned."""
    count = 0
    for school_id, document in document_store.due_documents(now):
        if not may_go_on():
            break
        if not _one(documents.clear_away, school_id, document):
            document_store.put_off(school_id, document, now + PUT_OFF)
        count += 1
    return count


def let_due_holds_go(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Let every hold go whose time is over; says how many payments that concerned."""
    settled: dict[tuple[str, str], bool] = {}
    for school_id, booking in store.due_holds(now):
        payment_id = booking.payment_id
        if payment_id is None:
            continue
        if (school_id, payment_id) not in settled:
            if not may_go_on():
                break
            settled[school_id, payment_id] = _one(_let_go_if_over, context_for(school_id), booking, payment_id)
        if not settled[school_id, payment_id]:
            store.put_off(school_id, booking.id, now, now + PUT_OFF)
            _count_if_stuck("HoldStuck", booking.hold_until, now)
    return len(settled)


def look_after_unpaid(now: datetime, context_for: ContextOf, may_go_on: MayGoOn) -> int:
    """Remind families of instalments, see to their pages, and end places they stay unpaid for; says how many."""
    count = 0
    for school_id, payment in payments.due_payments(now):
        if not may_go_on():
            break
        if not _one(look_after, context_for(school_id), payment):
            payments.put_payment_off(school_id, payment, now + PUT_OFF)
        count += 1
    return count


def _call_off(ctx: Context, event: SchoolEvent, may_go_on: MayGoOn) -> None:
    """Go on with what is left of an event; what is not ended for want of time stays due."""
    if calling_off.call_off(ctx, event, may_go_on):
        events.has_followed_up(ctx, event)
    elif may_go_on():
        events.put_off(ctx, event, events.CALL_OFF, ctx.now + NOT_YET)


def _settle(ctx: Context, event_id: str, pool: str) -> None:
    """First those go that are too many since the capacity was lowered."""
    if capacity.has_surplus(ctx, event_id, pool):
        capacity.follow(ctx, event_id)
    allocating.settle(ctx, event_id, pool)


def _let_follow(ctx: Context, event_id: str, version: int, may_go_on: MayGoOn) -> None:
    """What is not ended for want of time stays due."""
    capacity.follow(ctx, event_id)
    turns.wake(ctx, event_id)
    if calling_off.call_sessions_off(ctx, event_id, may_go_on):
        place_changes.has_followed(ctx.school_id, event_id, version)
    elif may_go_on():
        place_changes.put_off(ctx.school_id, event_id, version, ctx.now + NOT_YET)


def _let_go_if_over(ctx: Context, booking: Booking, payment_id: str) -> None:
    """Let a hold go, unless its page was opened just now and the index does not know yet that it waits longer."""
    hold_until = store.find_booking(ctx.school_id, booking.id).hold_until
    if hold_until is not None and hold_until <= ctx.now:
        settlement.let_go(ctx, payment_id)


def _count_if_stuck(name: str, since: datetime | None, now: datetime) -> None:
    if since is not None and now - since >= STUCK:
        logs.count(name)


def _one[**P](chore: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    """Do one chore; if it fails it is due again later, and the others are done. Says whether it need not be put off.

    What Stripe was not even asked about stays due: it is the first of the next run, when what kept Stripe busy in vain
    has been put off.
    """
    try:
        chore(*args, **kwargs)
    except NotAsked:
        return True
    except Exception as error:  # noqa: BLE001 - one bad chore never blocks the others
        logs.count("ChoreFailed")
        logs.logger.error("chore failed", error=type(error).__name__)
        return False
    return True
