"""Who leaves the school has no claim to a place any more: turns, offers and holds go to the next family (H1)."""

from collections.abc import Iterable
from itertools import batched

from school_events.bookings import settlement
from school_events.bookings import store as bookings
from school_events.bookings.model import BookingState
from school_events.bookings.waiting import store as turns
from school_events.core.context import Context
from school_events.people import rules as people_rules
from school_events.people import store as people

_AT_ONCE = 100
"""So many pupils are read in one go."""


def let_leavers_go(ctx: Context, pupil_ids: Iterable[str]) -> None:
    """Have turns and holds of those pupils who are not on roll (any more) looked after in the next minute.

    A hold goes with all that is to be paid with it, as whenever one is given up. Doing it again changes nothing.

    Args:
        ctx: the moment.
        pupil_ids: whom the Portal has said something about, or whose last day, told in advance, is over.

    Raises:
        TryAgain: something moves too much.
    """
    day = people_rules.today(ctx.now)
    for some in batched(sorted(set(pupil_ids)), _AT_ONCE, strict=False):
        for pupil_id, pupil in people.find_pupils(ctx.school_id, some).items():
            if not pupil.is_on_roll(day):
                _wake_turns(ctx, pupil_id)
                _mark_holds(ctx, pupil_id)


def _wake_turns(ctx: Context, pupil_id: str) -> None:
    for ref in turns.turns_of(ctx.school_id, pupil_id):
        item = turns.find_item(ctx.school_id, ref)
        if item is not None:
            turns.wake_turn(ctx, item)


def _mark_holds(ctx: Context, pupil_id: str) -> None:
    live = bookings.live_bookings_of_pupils(ctx.school_id, [pupil_id])
    held = {one.payment_id for one in live if one.state is BookingState.PENDING and one.payment_id is not None}
    for payment_id in sorted(held):
        settlement.begin_letting_go(ctx, payment_id)
