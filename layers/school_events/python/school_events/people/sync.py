"""Applying what the Portal says: read what was heard, decide purely, write on the condition that it still stands.

Any order and any repetition of the same messages ends in the same state (A5): ``rules.hear`` forgets the order of
hearing, and every write is conditional on the revision it was decided from, so that nothing decided beside it is
ever overwritten.

What a school has authorised is honoured as it stands when a message is applied. What was withheld then comes back
when the Portal tells it again, be it under the same version, never out of our own keeping.
"""

import itertools
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import reduce

from school_events.core import logs
from school_events.core.context import Context
from school_events.core.dynamodb import get_many, wait_or_give_up
from school_events.people import groups, rules, store, waiting, writing
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import NeverRight, Received
from school_events.people.model import School
from school_events.people.rules import Heard, Statement, Thing
from school_events.people.store import HeardItem
from school_events.people.writing import Write

_AT_ONCE = 10


def apply(ctx: Context, messages: Sequence[Received]) -> list[tuple[Received, Exception]]:
    """Apply messages about one school; what waited for its announcement is applied with it.

    A change of what the school authorises leaves the school unsettled until its things are refitted (``refit``).
    The things of a batch are read and written together; when that fails, one by one, so that one that cannot be
    applied keeps no other back. Groups come last: a pupil who comes back with the same batch is let into them.

    Args:
        ctx: the moment, for that school.
        messages: in the order they came.

    Returns:
        The messages that could not be applied, each with why: ``NeverRight`` for good, anything else for now.
    """
    announcing = [one for one in messages if one.statement.thing.kind == "school"]
    others = [one for one in messages if one.statement.thing.kind not in {"school", "teaching_group"}]
    about_groups = [one for one in messages if one.statement.thing.kind == "teaching_group"]
    failed = _apply_together(ctx, announcing)
    if announcing and not failed:
        try:
            _take_up_what_waits(ctx)
        except Exception as error:  # noqa: BLE001 - the announcement is tried again, and with it what waits
            failed = [(announcing[-1], error)]
    return failed + _apply_together(ctx, others) + _apply_together(ctx, about_groups)


def _take_up_what_waits(ctx: Context) -> None:
    """Apply what came before its school; what fails goes on waiting, what is refused until it has waited too long.

    Raises:
        Exception: why the first of those failed.
    """
    errors: list[Exception] = []
    for some in itertools.batched(waiting.everything(ctx.school_id), _AT_ONCE, strict=False):
        failed = {id(message): error for message, error in _apply_together(ctx, [message for _, message in some])}
        waiting.forget(item for item, message in some if id(message) not in failed)
        errors.extend(error for error in failed.values() if not isinstance(error, NeverRight))
    if errors:
        raise errors[0]


def _apply_together(ctx: Context, messages: Sequence[Received]) -> list[tuple[Received, Exception]]:
    if not messages:
        return []
    try:
        _apply(ctx, messages)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not keep the other messages back
        by_thing = _by_thing(messages)
        if len(by_thing) == 1:
            return [(message, error) for message in messages]
        return [failure for some in by_thing.values() for failure in _apply_together(ctx, some)]
    return []


def _apply(ctx: Context, messages: Sequence[Received]) -> None:
    """Write until nothing else was written in between.

    Raises:
        NeverRight: the school's contract has ended.
        TryAgain: too busy until the deadline.
    """
    kept: list[waiting.WaitingItem] = []
    by_thing = _by_thing(messages)
    pupils = rules.pupils_named(message.statement for message in messages)
    for attempt in itertools.count(1):
        forgotten = groups.anonymised_among(ctx.school_id, pupils)
        school_key = store.school_key_of(ctx.school_id)
        keys = {thing: key_of(ctx.school_id, thing) for thing in by_thing}
        found = get_many([school_key, *keys.values()])
        school = store.to_school(found.get(school_key))
        about_school = messages[0].statement.thing.kind == "school"
        if school is not None and school.contract_ends_on and not about_school:
            _check_contract(school.contract_ends_on, rules.today(ctx.now))
        if school is None and not about_school:
            if kept:
                return
            # Read again after keeping: an announcement in between has not seen what was kept, or is seen here.
            kept = waiting.keep(ctx, messages)
            logs.count("PortalMessagesWaiting", len(kept))
            continue
        writes = [
            write
            for thing, some in by_thing.items()
            if (write := _write(ctx, school, thing, found.get(keys[thing]), some, forgotten))
        ]
        if writing.commit(ctx, writes):
            groups.look_again(ctx, pupils, forgotten)
            waiting.forget(kept)
            return
        wait_or_give_up(ctx, attempt)


def _check_contract(ends_on: date, day: date) -> None:
    if day > ends_on:
        raise NeverRight("contract-ended")


def _write(
    ctx: Context,
    school: School | None,
    thing: Thing,
    item: HeardItem | None,
    messages: Sequence[Received],
    forgotten: Collection[str],
) -> Write | None:
    statements = [rules.without_pupils(message.statement, forgotten) for message in messages]
    before = rules.without_pupils(heard_of(item), forgotten)
    return writing.decide(ctx, school, thing, item, _after(before, school, statements))


def _by_thing(messages: Iterable[Received]) -> dict[Thing, list[Received]]:
    things: dict[Thing, list[Received]] = {}
    for message in messages:
        things.setdefault(message.statement.thing, []).append(message)
    return things


def _after(before: Heard, school: School | None, statements: Sequence[Statement]) -> Heard:
    """What matters of a thing after these statements."""
    clashes = sum(rules.clashes(before, statement) for statement in statements)
    if clashes:
        logs.count("PortalVersionClashes", clashes)
    authorised = () if school is None else school.authorised_categories
    return reduce(lambda heard, statement: rules.hear(heard, statement, authorised), statements, before)
