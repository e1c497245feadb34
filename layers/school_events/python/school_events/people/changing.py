"""Changing many things of a school: read together, decided purely, written together on condition, again if beaten."""

import itertools
from collections.abc import Callable, Sequence

from school_events.core.context import Context
from school_events.core.dynamodb import get_many, wait_or_give_up
from school_events.core.errors import NotFound, TryAgain
from school_events.people import store, writing
from school_events.people.heard import heard_of, key_of
from school_events.people.model import School
from school_events.people.rules import Heard, Thing

AT_ONCE = 16
"""So many things fit into one transaction with their aliases and a few feed rows each."""

type After = Callable[[School, Thing, Heard], Heard]
"""What is to matter of a thing, given the school's settings as they are and what matters of it so far."""


def change(ctx: Context, things: Sequence[Thing], after: After) -> None:
    """Change things together; where that fails, half by half, so that one that cannot be written keeps no other back.

    Args:
        ctx: the moment, for their school.
        things: not more than :data:`AT_ONCE`.
        after: what is to matter of each.

    Raises:
        NotFound: the school has never been announced.
        TryAgain: too busy until the deadline.
        Exception: the first of what else went wrong, after all others were written.
    """
    try:
        _change(ctx, things, after)
    except (NotFound, TryAgain):
        raise
    except Exception:
        if len(things) == 1:
            raise
        middle = len(things) // 2
        errors = [*_errors(ctx, things[:middle], after), *_errors(ctx, things[middle:], after)]
        if errors:
            raise errors[0] from None


def _errors(ctx: Context, things: Sequence[Thing], after: After) -> list[Exception]:
    try:
        change(ctx, things, after)
    except Exception as error:  # noqa: BLE001 - it is raised when the others are written
        return [error]
    return []


def _change(ctx: Context, things: Sequence[Thing], after: After) -> None:
    """The school's settings are read together with its things, and again with them."""
    school_key = store.school_key_of(ctx.school_id)
    keys = {thing: key_of(ctx.school_id, thing) for thing in things}
    for attempt in itertools.count(1):
        found = get_many([school_key, *keys.values()])
        school = store.to_school(found.get(school_key))
        if school is None:
            raise NotFound
        items = {thing: found.get(key) for thing, key in keys.items()}
        writes = [
            write
            for thing, item in items.items()
            if (write := writing.decide(ctx, school, thing, item, after(school, thing, heard_of(item))))
        ]
        if writing.commit(ctx, writes):
            return
        wait_or_give_up(ctx, attempt)
