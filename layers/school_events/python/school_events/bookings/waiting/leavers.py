"""Who leaves the school waits no longer: their turns, and what is offered to them, go to the next family (H1)."""

from collections.abc import Iterable
from itertools import batched

from school_events.bookings.waiting import store
from school_events.core.context import Context
from school_events.people import rules as people_rules
from school_events.people import store as people

_AT_ONCE = 100
"""So many pupils are read in one go."""


def wake_leavers(ctx: Context, pupil_ids: Iterable[str]) -> None:
    """Have the turns of those pupils who are not on roll (any more) looked after in the next minute.

    Doing it again changes nothing.

    Args:
        ctx: the moment.
        pupil_ids: whom the Portal has said something about.

    Raises:
        TryAgain: one of the turns moves too much.
    """
    day = people_rules.today(ctx.now)
    for some in batched(sorted(set(pupil_ids)), _AT_ONCE, strict=False):
        for pupil_id, pupil in people.find_pupils(ctx.school_id, some).items():
            if pupil.is_on_roll(day):
                continue
            for ref in store.turns_of(ctx.school_id, pupil_id):
                item = store.find_item(ctx.school_id, ref)
                if item is not None:
                    store.wake_turn(ctx, item)
