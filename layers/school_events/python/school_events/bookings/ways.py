"""How a household comes to its places: each way chooses them, claims them, and adds what else belongs to it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, override

from school_events.bookings import places
from school_events.bookings.answers import UNFILLED, Filled
from school_events.bookings.model import Booking, Place
from school_events.bookings.rules import pool_for, require_enough
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.events.model import SchoolEvent


@dataclass(frozen=True)
class Wish:
    """A child to be booked, with the answers to the event's form.

    Args:
        pupil_id: which child.
        filled: the event's form, filled in.
        session_id: for which session, if the event's places are for single ones.
        slot: at a parents' evening the number of the appointment to be had.
    """

    pupil_id: str
    filled: Filled = UNFILLED
    session_id: str | None = None
    slot: int | None = None

    @property
    def part(self) -> str:
        """What of the event is wished for the child: all of it, a session, or a slot."""
        return self.session_id or (str(self.slot) if self.slot is not None else "")


class Way(Protocol):
    """A way to places; what it looks at only finds the way, what it adds to the transaction decides."""

    @property
    def turn(self) -> str | None:
        """The entry of the waiting list whose turn is given for the places; none, unless they were offered."""

    def choose(self, ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> list[Place]:
        """A place for each wish, in their order, as last seen.

        Raises:
            NoFreePlace: there are not enough.
        """

    def claim(self, transaction: Transaction, ctx: Context, booking: Booking, *, held: bool) -> None:
        """Take the chosen place for a booking, in its transaction.

        The commit raises ``LookAgain`` if another choice may do.
        """

    def complete(self, transaction: Transaction, ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> None:
        """Add what else is to be true of the household's bookings, once for all of them."""


class AnyFree(Way):
    """Any free place of the right pool, picked at random: who books at once seldom meets at the same one."""

    turn = None

    @override
    def choose(self, ctx: Context, event: SchoolEvent, wishes: Sequence[Wish]) -> list[Place]:
        """As :meth:`Way.choose`."""
        pools = [pool_for(wish.session_id) for wish in wishes]
        free = {pool: places.free_places(ctx, event.id, pool) for pool in dict.fromkeys(pools)}
        require_enough(pools, {pool: len(there) for pool, there in free.items()})
        picked = {pool: ctx.random.sample(free[pool], count) for pool, count in Counter(pools).items()}
        return [picked[pool].pop() for pool in pools]

    @override
    def claim(self, transaction: Transaction, ctx: Context, booking: Booking, *, held: bool) -> None:
        """As :meth:`Way.claim`."""
        places.claim(transaction, ctx, booking, held=held)

    @override
    def complete(self, transaction: Transaction, ctx: Context, event: SchoolEvent, bookings: Sequence[Booking]) -> None:
        """Nothing else."""
