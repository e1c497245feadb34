"""Accepting an offer: booking the very places that are kept for a turn, which is over with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import override

from school_events.bookings import service
from school_events.bookings.model import Booking, Place
from school_events.bookings.rules import session_of
from school_events.bookings.service import Booked
from school_events.bookings.waiting import ending, store
from school_events.bookings.waiting.family import require_open_links
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.bookings.ways import Way, Wish
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import AlreadyBooked, Invalid, StaleVersion, WrongState
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent

_NOTHING_YET = "Nothing is offered yet: this turn is waiting"
_OVER = "This offer is over"


@dataclass(frozen=True)
class Offered(Way):
    """The way to the places that are kept for a turn of the waiting list.

    Args:
        entry: the turn, as it was read.
    """

    entry: WaitingEntry

    @property
    @override
    def turn(self) -> str:
        """As ``Way.turn``."""
        return self.entry.ref

    @override
    def choose(self, ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> list[Place]:
        """As ``Way.choose``; there is no other choice.

        Raises:
            WrongState: nothing is offered yet, or the offer is over.
        """
        if not self.entry.is_offered(ctx.now):
            raise WrongState(_NOTHING_YET if self.entry.state is WaitingState.WAITING else _OVER)
        by_child = dict(zip(self.entry.pupil_ids, store.places_of(self.entry), strict=True))
        return [by_child[wish.pupil_id] for wish in wishes]

    @override
    def claim(self, transaction: Transaction, ctx: Context, booking: Booking, *, held: bool) -> None:
        """As ``Way.claim``."""
        store.claim(transaction, ctx, booking, self.entry.ref, held=held)

    @override
    def complete(self, transaction: Transaction, ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> None:
        """The turn is over: as it was read, it became these bookings, which have its children's guards."""
        ids = tuple(booking.id for booking in bookings)
        accepted = self.entry.model_copy(update={"state": WaitingState.ACCEPTED, "booking_ids": ids})
        store.replace(transaction, ctx.school_id, self.entry, accepted, stamp(ctx, "waiting.accepted"))
        ending.tell_family(transaction, ctx, self.entry, "changed", by_family=True)


def accept(ctx: Context, contact_id: str, ref: str, wishes: Sequence[Wish], request: Request) -> Booked:
    """Book the places that are offered to a turn, for all of its children.

    Args:
        ctx: the moment; the actor may be the contact, or a school's administrator on the contact's behalf.
        contact_id: on whose account: any contact with open links to the children, not only who joined.
        ref: the turn.
        wishes: one for each of its children, with their answers.
        request: what is asked, for answering the same request alike.

    Raises:
        NotFound: there is no such turn of the contact's.
        WrongState: nothing is offered yet, the offer is over, or booking has closed.
        Invalid: other children than it was made for, or wrong answers.
        TryAgain: too busy.
    """
    entry = store.find_entry(ctx.school_id, ref)
    if ctx.actor.kind == "contact":
        require_open_links(ctx, entry)
    if sorted(wish.pupil_id for wish in wishes) != sorted(entry.pupil_ids):
        raise Invalid.of("items", "must be the children the offer was made for, each once")
    session_id = session_of(Place(event_id=entry.event_id, pool=entry.pool, number=1))
    wished = [replace(wish, session_id=session_id) for wish in wishes]
    try:
        return service.book(ctx, contact_id, entry.event_id, wished, request, way=Offered(entry))
    except (StaleVersion, AlreadyBooked):
        # The turn, which stands where the children's bookings would, was given up or taken since it was read.
        raise WrongState(_OVER) from None
