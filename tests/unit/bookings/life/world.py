"""The product under test, behind the acts that a life is made of; and the moment each life begins at."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.housekeeping.handler import lambda_handler as run_housekeeping
from school_events.bookings import places
from school_events.bookings.capacity.service import follow
from school_events.bookings.closing import close_booking
from school_events.core import clock
from school_events.core.context import Context
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events import store as event_store
from school_events.events.api import EventChanges, NewEvent
from school_events.events.model import SchoolEvent
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.support.booked_world import UNASKED, a_school_with_families
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, is_read, watched
from tests.support.http_events import LambdaContext
from tests.support.people import contact_told, link_told, pupil_told, tell
from tests.support.rewind import bookmark
from tests.support.shop import Shop
from tests.unit.bookings.life.queueing import Queueing

PRICE = 1251
CLOSES_AT, STARTS_AT, OVER_AT = (NOW + timedelta(hours=hours) for hours in (30, 31, 33))
CHILDREN = {1: (1, 2), 2: (1, 2), 3: (3,), 4: (4,), 5: (5, 6)}
"""By the number of the contact, the numbers of their children."""

LINKS = [(f"contact-{contact}", f"pupil-{child}") for contact, children in CHILDREN.items() for child in children]
PUPILS = sorted({pupil for _, pupil in LINKS})
_POLICY = ((datetime(2026, 11, 24, tzinfo=UTC), 50),)
_FREE_MEALS = {"free_school_meals": {"eligible": True, "starts_on": "2026-09-01"}}
REMISSION = {"remissions": [{"applies_to": "free_school_meals", "percent": 100}]}
_TIME_ENOUGH = 60_000


@dataclass(frozen=True)
class Variant:
    """What an event is like.

    Args:
        capacity: its places.
        price: in pence.
        remitted: the children who pay nothing.
        policy: whether who cancels on the first day has half of it back.
    """

    capacity: int
    price: int = 0
    remitted: frozenset[str] = frozenset()
    policy: bool = False

    def price_of(self, pupil: str) -> int:
        """What a child's place costs, in pence."""
        return 0 if pupil in self.remitted else self.price


CROWDED = Variant(1)
FREE = Variant(3)
PAID = Variant(3, PRICE, policy=True)
MIXED = Variant(4, PRICE, frozenset({"pupil-2", "pupil-6"}))


@dataclass(frozen=True)
class Start:
    """The moment a life begins: an event nobody has heard of yet.

    Args:
        shop: the school's Stripe.
        variant: what the event is like.
        event_id: which it is.
        rewind: goes back to this moment.
    """

    shop: Shop
    variant: Variant
    event_id: str
    rewind: Callable[[], None]

    def model(self) -> Queueing:
        """What is so at that moment."""
        return Queueing(
            capacity=self.variant.capacity,
            prices={pupil: self.variant.price_of(pupil) for pupil in PUPILS},
            links=set(LINKS),
            on_roll=set(PUPILS),
            closes_at=CLOSES_AT,
            starts_at=STARTS_AT,
            over_at=OVER_AT,
            policy=_POLICY if self.variant.policy else (),
            now=NOW,
        )

    def event(self) -> SchoolEvent:
        """The event as it is now."""
        return event_store.find_event(SCHOOL, self.event_id)


def start(shop: Shop, variant: Variant) -> Start:
    """A school with five families, and the draft of an event; housekeeping has nothing left to do."""
    a_school_with_five_families(variant)
    made = events.create(a_context(), UNASKED, NewEvent.model_validate(_asked(variant)))
    return Start(shop, variant, made.id, bookmark(shop))


def a_school_with_five_families(variant: Variant) -> None:
    """The families; housekeeping has nothing left to do."""
    a_school_with_families()
    tell(
        contact_told("contact-5"),
        *(pupil_told(pupil, f"Name{pupil[-1]}", characteristics=_FREE_MEALS, version=2) for pupil in variant.remitted),
        *(pupil_told(pupil, f"Name{pupil[-1]}") for pupil in ("pupil-5", "pupil-6") if pupil not in variant.remitted),
        link_told("contact-5", "pupil-5"),
        link_told("contact-5", "pupil-6"),
    )
    housekeeping(NOW)


def _asked(variant: Variant) -> dict[str, Any]:
    return {
        "kind": "trip",
        "title": "Science Museum",
        "takes_place": {"starts_at": f"{STARTS_AT:%Y-%m-%dT%H:%M}", "ends_at": f"{OVER_AT:%Y-%m-%dT%H:%M}"},
        "capacity": variant.capacity,
        "price": {"amount": variant.price},
        "charging": REMISSION if variant.remitted else None,
        "cancellation": [{"until": "2026-11-23", "refund_percent": 50}] if variant.policy else [],
        "booking_window": {"opens_at": NOW.isoformat(), "closes_at": CLOSES_AT.isoformat()},
    }


class _Writes(Calls):
    """The calls that leave something behind."""

    def make[A](self, name: str, call: Callable[[], A]) -> A:
        return call() if is_read(name) else super().make(name, call)


def killed(before: int) -> AbstractContextManager[Calls]:
    """Inside the block the process is gone before one of its writes, counted from 0, and after the one before that."""
    return watched(_Writes(before))


def killed_once[R](act: Callable[[], R], before: int | None) -> R:
    """Do something whose process is gone before one of its writes, counted from 0, if any; then do it again."""
    if before is None:
        return act()
    with suppress(Killed), killed(before):
        return act()
    return act()


def as_admin(now: datetime) -> Context:
    """A moment of the school's administrator."""
    return a_context(now=now)


def publish(event_id: str, now: datetime) -> None:
    """Make it known."""
    lifecycle.publish(as_admin(now), event_id, places.make_places)


def invite(event_id: str, pupils: Iterable[str], now: datetime) -> None:
    """Invite children to it."""
    invitations.invite(as_admin(now), UNASKED, event_id, Audience.model_validate({"pupils": tuple(pupils)}))


def close(event_id: str, now: datetime) -> None:
    """End booking."""
    lifecycle.close(as_admin(now), event_id, close_booking)


def cancel_event(event_id: str, now: datetime) -> None:
    """Say that it does not take place."""
    lifecycle.cancel(as_admin(now), event_id, close_booking)


def complete(event_id: str, now: datetime) -> None:
    """Say that it is over."""
    lifecycle.complete(as_admin(now), event_id)


def resize(event_id: str, capacity: int, now: datetime) -> None:
    """Change the number of places, of whatever version there is."""
    version = event_store.find_event(SCHOOL, event_id).version
    events.change(as_admin(now), event_id, version, EventChanges(capacity=capacity), follow)


def housekeeping(now: datetime) -> None:
    """What is due in a minute: the function of that name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "utc_now", lambda: now)
        run_housekeeping({}, LambdaContext(remaining_ms=_TIME_ENOUGH))
