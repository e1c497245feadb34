"""Putting right what a snapshot shows to be missing, wrong or extra: each thing by a write of its own condition."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from school_events.core.context import Context
from school_events.core.dynamodb import get_many
from school_events.people import groups, store, sync, upkeep
from school_events.people.changing import change
from school_events.people.heard import heard_of
from school_events.people.intake import Received
from school_events.people.model import School
from school_events.people.rules import (
    Heard,
    Statement,
    Thing,
    absent,
    as_of,
    is_open,
    pupils_named,
    today,
    without_pupils,
)
from school_events.people.snapshots import rules
from school_events.people.snapshots.reader import Contents


def apply_school(ctx: Context, received: Received, taken_at: datetime) -> None:
    """Apply a line about the school itself, with all that an announcement brings along.

    Raises:
        Exception: it could not be applied now.
    """
    key = store.school_key_of(ctx.school_id)
    said = as_of(heard_of(get_many([key]).get(key)), received.statement, taken_at)
    if said is not None:
        failed = sync.apply(ctx, [replace(received, statement=said)])
        if failed:
            raise failed[0][1]
    upkeep.ask_for_refit(ctx.school_id)


def apply_lines(ctx: Context, received: Sequence[Received], contents: Contents, taken_at: datetime) -> None:
    """Apply lines about things of the school, of one stage (``rules.STAGES``).

    Raises:
        Exception: some could not be applied now; the others are.
    """
    pupils = pupils_named(one.statement for one in received)
    forgotten = groups.anonymised_among(ctx.school_id, pupils)
    statements: dict[Thing, list[Statement]] = {}
    for one in received:
        statements.setdefault(one.statement.thing, []).append(without_pupils(one.statement, forgotten))

    def after(school: School, thing: Thing, heard: Heard) -> Heard:
        returns = heard.state == "anonymised" and _may_return(ctx, contents, thing)
        heard = without_pupils(heard, forgotten)
        for statement in statements[thing]:
            heard = rules.after_line(heard, statement, taken_at, school.authorised_categories, may_return=returns)
        return heard

    change(ctx, list(statements), after)
    groups.look_again(ctx, pupils, forgotten)


def apply_absences(ctx: Context, things: Sequence[Thing], taken_at: datetime) -> None:
    """Take note that a snapshot lacks things, or take away those that an earlier one lacked too.

    Raises:
        Exception: some could not be written now; the others are.
    """
    change(ctx, things, lambda _school, _thing, heard: absent(heard, taken_at))


def _may_return(ctx: Context, contents: Contents, thing: Thing) -> bool:
    """Whether somebody we have anonymised may come back because the Portal still has them.

    Not a leaver whose time is over, nor who was only here for such a one: our own clock would take them away again.
    """
    if thing.kind == "link":
        return bool(store.find_pupils(ctx.school_id, [thing.ids[1]]))
    if thing.kind == "contact":
        _, links = store.contact_with_links(ctx.school_id, thing.ids[0])
        pupils = [link.pupil_id for link in links if is_open(link, today(ctx.now))]
        return bool(store.find_pupils(ctx.school_id, pupils))
    return not contents.says_left(thing)
