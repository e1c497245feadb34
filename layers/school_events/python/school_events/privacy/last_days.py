"""A pupil whose last day, told in advance, is over: they have no claim to what waits for them any more (H1)."""

from school_events.bookings.leavers import let_leavers_go
from school_events.core.context import Context
from school_events.people import writing
from school_events.people.heard import heard_of
from school_events.people.rules import Thing
from school_events.privacy import store


def look_at(ctx: Context, pupil: Thing) -> None:
    """Have a leaver's turns and holds looked after once their last day is over; from then on the leaver clock runs.

    Doing it again, or too early, changes nothing.

    Raises:
        TryAgain: something moves too much; it is due again.
    """
    school, item = store.read_thing(ctx.school_id, pupil)
    if item is None or not writing.is_last_day_over(item, ctx.now):
        return
    let_leavers_go(ctx, pupil.ids)
    item.due_pk = item.due_sk = None
    write = writing.decide(ctx, school, pupil, item, heard_of(item))
    writing.commit(ctx, [write] if write is not None else [])
