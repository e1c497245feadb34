"""The school's own way to places: beyond the capacity, on purpose, with a reason, and in the audit log (D1)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import override

from school_events.bookings import places
from school_events.bookings.model import Booking, OverCapacity, Place, PlaceState
from school_events.bookings.rules import Gate, extra_pool, pool_for
from school_events.bookings.ways import Way, Wish
from school_events.core import audit
from school_events.core.audit import UNKNOWN_ALIAS, AuditLine
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import FieldError, Invalid, TryAgain, WrongState
from school_events.events import store as events
from school_events.events.model import SchoolEvent
from school_events.people import aliases

MOST_EXTRA_PLACES = 200
"""So many places beyond its capacity a pool has at most, those that were given back among them."""


@dataclass(frozen=True)
class Extra(Way):
    """A place that is made for the booking, and is nobody's after it. Only if no place is free: else it is not needed.

    Args:
        reason: why, in the school's words.
    """

    reason: str
    turn = None

    @override
    def choose(self, ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> list[Place]:
        """As ``Way.choose``: places there never were.

        Raises:
            Invalid: an appointment cannot be given twice.
            WrongState: there are free places, or there were too many such already.
        """
        if event.kind == "parents_evening":
            raise Invalid.of("over_capacity", "is not for appointments: each is one family's")
        pools = [pool_for(wish.session_id) for wish in wishes]
        picked = {pool: self._beyond(ctx, event, pool, count) for pool, count in Counter(pools).items()}
        return [picked[pool].pop() for pool in pools]

    @override
    def claim(self, transaction: Transaction, ctx: Context, booking: Booking, *, held: bool) -> None:
        """As ``Way.claim``: make the place as one that is had; of two who choose the same number one looks again."""
        item = places.new_place(ctx.school_id, booking.place, Gate(False, ctx.now, ctx.now))
        item.state = (PlaceState.HELD if held else PlaceState.TAKEN).value
        item.booking_id = booking.id
        transaction.create(item, refusal=places.PlaceGone())

    @override
    def complete(self, transaction: Transaction, ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> None:
        """As ``Way.complete``: the event is as it was read, since these places have no gate; and the audit line."""
        events.require_unchanged(transaction, ctx.school_id, event, TryAgain())
        actor = aliases.alias_of(ctx.school_id, ctx.actor.kind, ctx.actor.id) or UNKNOWN_ALIAS
        for booking in bookings:
            audit.append_with(transaction, _line(ctx, actor, booking))

    def _beyond(self, ctx: Context, event: SchoolEvent, pool: str, count: int) -> list[Place]:
        if len(places.free_places(ctx, event.id, pool)) >= count:
            fields = [FieldError("over_capacity", "is not needed")]
            raise WrongState("There are free places", fields=fields)
        beyond = extra_pool(pool)
        made = sum(1 for _ in places.places_of(ctx.school_id, event.id, beyond))
        if made + count > MOST_EXTRA_PLACES:
            raise WrongState(f"At most {MOST_EXTRA_PLACES} places beyond the capacity are made; raise it instead")
        why = OverCapacity(reason=self.reason, decided_by=ctx.actor.id)
        numbers = range(made + 1, made + count + 1)
        return [Place(event_id=event.id, pool=beyond, number=number, beyond=why) for number in numbers]


def _line(ctx: Context, actor: str, booking: Booking) -> AuditLine:
    return AuditLine(
        school_id=ctx.school_id,
        change_id=ctx.new_id("change"),
        action="booking.over_capacity",
        at=ctx.now,
        actor_kind=ctx.actor.kind,
        actor=actor,
        subject_kind="booking",
        subject=booking.id,
        request_id=ctx.request_id,
        origin=ctx.origin,
    )
