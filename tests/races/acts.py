"""What somebody who races does, and what comes of it; who hears nothing asks again, as an app does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from threading import local

import pytest

from functions.housekeeping import handler as housekeeping
from school_events.bookings import cancelling, chores, service, store
from school_events.bookings.capacity.service import follow
from school_events.bookings.closing import close_booking
from school_events.bookings.service import Booked
from school_events.bookings.waiting import service as waiting
from school_events.bookings.waiting.accepting import accept
from school_events.bookings.ways import Wish
from school_events.core import clock
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import is_busy
from school_events.core.errors import SchoolEventsError, TryAgain
from school_events.core.requests import request
from school_events.events import lifecycle
from school_events.events import service as event_service
from school_events.events import store as events
from school_events.events.api import EventChanges
from tests.races.faults import Fate, Killed
from tests.races.wire import Wire
from tests.support.contexts import ADMIN, NOW, SCHOOL, a_context, next_id

PATIENCE = timedelta(seconds=20)
"""How long a busy write is tried again, by the wall clock; on AWS it is the function's time."""

WHEN_HOLDS_END = NOW + timedelta(minutes=20)
WHEN_OFFERS_END = NOW + timedelta(hours=25)
_MOST_TRIES = 12
_clock = local()


class Unanswered(Exception):
    """Somebody asked again and again and never got an answer."""


@dataclass(frozen=True)
class Act:
    """Something that somebody does.

    Args:
        name: what it is called.
        call: does it, with chance of its own.
        key: the ``Idempotency-Key`` it is asked with, if any.
    """

    name: str
    call: Callable[[Random], object]
    key: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of an act.

    Args:
        act: which.
        answer: what was answered, or the kind of a refusal; None if who asked gave up before there was an answer.
        struck: how many faults struck its writes.
    """

    act: Act
    answer: object
    struck: int = 0


def perform(act: Act, wire: Wire, chance: Random, fate: Fate | None) -> Outcome:
    """Do an act until there is an answer; some who were cut off give up.

    Raises:
        Unanswered: there never was one.
        Exception: something that no caller should see.
    """
    for _ in range(_MOST_TRIES):
        try:
            with wire.fated(fate):
                return Outcome(act, act.call(chance), _struck(fate))
        except Killed:
            if chance.random() < 0.3:
                return Outcome(act, None, _struck(fate))
        except TryAgain:
            continue
        except SchoolEventsError as refusal:
            return Outcome(act, type(refusal), _struck(fate))
        except Exception as error:
            if not is_busy(error):
                raise
    raise Unanswered(act.name)


def _struck(fate: Fate | None) -> int:
    return 0 if fate is None else fate.struck


def luck(seed: int) -> Random:
    """Chance that repeats."""
    return Random(seed)  # noqa: S311 - not for secrets


def moment(actor: Actor, chance: Random, now: datetime = NOW) -> Context:
    """A moment of somebody."""
    ctx = a_context(actor=actor, now=now, deadline=datetime.now(UTC) + PATIENCE)
    return replace(ctx, random=chance)


def books(event_id: str, parent: str, *children: str, key: str = "") -> Act:
    """A parent books children, all or none."""
    return _books("book", event_id, parent, [Wish(child) for child in children], key)


def books_slots(event_id: str, parent: str, *wanted: tuple[str, int]) -> Act:
    """A parent books appointments about children, all or none: each a child and the number of a slot."""
    return _books("book slots", event_id, parent, [Wish(child, slot=slot) for child, slot in wanted])


def books_sessions(event_id: str, parent: str, *wanted: tuple[str, str]) -> Act:
    """A parent books children for sessions, all or none: each a child and a session."""
    return _books("book", event_id, parent, [Wish(child, session_id=session_id) for child, session_id in wanted])


def _books(name: str, event_id: str, parent: str, wishes: Sequence[Wish], key: str = "") -> Act:
    asked = request(key or next_id("key"), f"{event_id} {wishes}")

    def call(chance: Random) -> Booked:
        return service.book(moment(Actor("contact", parent), chance), parent, event_id, wishes, asked)

    return Act(name, call, asked.key or "")


def resizes(event_id: str, capacity: int) -> Act:
    """The school says how many places there are to be."""

    def does(ctx: Context) -> object:
        version = events.find_event(SCHOOL, event_id).version
        return event_service.change(ctx, event_id, version, EventChanges(capacity=capacity), follow)

    return _by_school("change capacity", does)


def cancels(booking_id: str, parent: str) -> Act:
    """A parent gives a booking up."""
    asked = cancelling.Asked(request=request(next_id("key"), booking_id))

    def call(chance: Random) -> object:
        ctx = moment(Actor("contact", parent), chance)
        return cancelling.cancel(ctx, store.find_booking(SCHOOL, booking_id), asked)

    return Act("cancel", call, asked.request.key or "")


def closes(event_id: str) -> Act:
    """The school ends booking."""
    return _by_school("close", lambda ctx: lifecycle.close(ctx, event_id, close_booking))


def calls_off(event_id: str) -> Act:
    """The school cancels the event."""
    return _by_school("call off", lambda ctx: lifecycle.cancel(ctx, event_id, close_booking))


def lets_holds_go() -> Act:
    """Housekeeping lets the holds go whose time is over."""
    return _chore("let holds go", lambda now, context: chores.let_due_holds_go(now, context, _always), WHEN_HOLDS_END)


def ends_bookings() -> Act:
    """Housekeeping ends the bookings of events that were cancelled."""
    return _chore("end bookings", lambda now, context: chores.call_events_off(now, context, _always))


def moves_on() -> Act:
    """Housekeeping moves on what was given back, and looks after those who wait."""
    return _chore("move places on", _move_on)


def lets_offers_expire() -> Act:
    """A day later, housekeeping takes back what was offered and not accepted."""
    return _chore("let offers expire", _move_on, WHEN_OFFERS_END)


def _move_on(now: datetime, context_for: chores.ContextOf) -> int:
    followed = chores.let_places_follow(now, context_for, _always)
    moved = chores.move_returned_places_on(now, context_for, _always)
    return followed + moved + chores.look_after_turns(now, context_for, _always)


def _always() -> bool:
    return True


def _chore(name: str, does: Callable[[datetime, chores.ContextOf], object], now: datetime = NOW) -> Act:
    def call(chance: Random) -> object:
        return does(now, lambda school_id: moment(Actor("system", "housekeeping"), chance, now))

    return Act(name, call)


def joins(event_id: str, parent: str, *children: str) -> Act:
    """A parent's children wait together for places of an event that is full."""
    asked = request(next_id("key"), f"{event_id} {children}")
    wishes = [Wish(child) for child in children]

    def call(chance: Random) -> object:
        ctx = moment(Actor("contact", parent), chance)
        return waiting.join(ctx, parent, event_id, wishes, together=True, request=asked)

    return Act("join", call, asked.key or "")


def leaves(ref: str, parent: str) -> Act:
    """A parent gives a turn up."""
    return Act("leave", lambda chance: waiting.leave(moment(Actor("contact", parent), chance), ref))


def declines(ref: str, parent: str) -> Act:
    """A parent declines an offer."""
    return Act("decline", lambda chance: waiting.decline(moment(Actor("contact", parent), chance), ref))


def accepts(ref: str, parent: str, *children: str) -> Act:
    """A parent accepts an offer for all the children it was made for."""
    asked = request(next_id("key"), f"{ref} {children}")
    wishes = [Wish(child) for child in children]

    def call(chance: Random) -> Booked:
        return accept(moment(Actor("contact", parent), chance), parent, ref, wishes, asked)

    return Act("accept", call, asked.key or "")


def _by_school(name: str, does: Callable[[Context], object]) -> Act:
    return Act(name, lambda chance: does(moment(ADMIN, chance)))


class _LambdaContext:
    """What Lambda says about itself to a function that has all the time it wants."""

    aws_request_id = "request-1"
    function_name = "housekeeping"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-2:000000000000:function:housekeeping"

    def get_remaining_time_in_millis(self) -> int:
        """Ten years."""
        return 315_576_000_000


def keep_house(now: datetime) -> int:
    """What is done every minute, at a moment; says how much there was."""
    _clock.now = now
    try:
        return sum(housekeeping.lambda_handler({}, _LambdaContext()).values())
    finally:
        _clock.now = None


def own_clocks(patch: pytest.MonkeyPatch) -> None:
    """Let each thread be at the moment it is told."""
    patch.setattr(clock, "utc_now", lambda: getattr(_clock, "now", None) or NOW)
