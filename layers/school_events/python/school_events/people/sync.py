"""Applying what the Portal says: read what was heard, decide purely, write on the condition that it still stands.

Any order and any repetition of the same messages ends in the same state (A5): ``rules.hear`` forgets the order of
hearing, and every write is conditional on the revision it was decided from, so that nothing decided beside it is
ever overwritten.

What a school has authorised is honoured as it stands when a message is applied. What was withheld then comes back
with the next message or snapshot that carries it, never out of our own keeping.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from school_events.core import feed, logs
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, get_many, save_if, wait_or_give_up
from school_events.people import rules, store, waiting
from school_events.people.aliases import PERSON_KINDS, AliasItem, alias_item
from school_events.people.heard import heard_of, item_of, key_of
from school_events.people.intake import Received
from school_events.people.model import Link, School
from school_events.people.rules import Heard, Statement, Thing
from school_events.people.store import HeardItem

_AT_ONCE = 10


@dataclass(frozen=True)
class _Write:
    """One thing's new state and what goes with it, decided from a revision (0: no item yet)."""

    item: HeardItem
    decided_from: int
    alias: AliasItem | None
    feed: Sequence[feed.FeedRow]


def apply(ctx: Context, messages: Sequence[Received]) -> list[tuple[Received, Exception]]:
    """Apply messages about one school; what waited for its announcement is applied with it.

    The things of a batch are read and written together; when that fails, one by one, so that one that cannot be
    applied keeps no other back.

    Args:
        ctx: the moment, for that school.
        messages: in the order they came.

    Returns:
        The messages that could not be applied now, each with why; trying them again is safe.
    """
    announcing = [one for one in messages if one.statement.thing.kind == "school"]
    others = [one for one in messages if one.statement.thing.kind != "school"]
    failed = _apply_together(ctx, announcing)
    if announcing and not failed:
        try:
            _take_up_what_waits(ctx)
        except Exception as error:  # noqa: BLE001 - the announcement is tried again, and with it what waits
            failed = [(announcing[-1], error)]
    return failed + _apply_together(ctx, others)


def _take_up_what_waits(ctx: Context) -> None:
    """Apply what came before its school; what fails goes on waiting.

    Raises:
        Exception: why the first of those failed.
    """
    errors: list[Exception] = []
    for some in itertools.batched(waiting.everything(ctx.school_id), _AT_ONCE, strict=False):
        failed = {id(message): error for message, error in _apply_together(ctx, [message for _, message in some])}
        waiting.forget(item for item, message in some if id(message) not in failed)
        errors.extend(failed.values())
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
        TryAgain: too busy until the deadline.
    """
    kept: list[waiting.WaitingItem] = []
    by_thing = _by_thing(messages)
    for attempt in itertools.count(1):
        school_key = store.school_key_of(ctx.school_id)
        keys = {thing: key_of(ctx.school_id, thing) for thing in by_thing}
        found = get_many([school_key, *keys.values()])
        school = store.to_school(found.get(school_key))
        if school is None and messages[0].statement.thing.kind != "school":
            if kept:
                return
            # Read again after keeping: an announcement in between has not seen what was kept, or is seen here.
            kept = waiting.keep(ctx, messages)
            logs.count("PortalMessagesWaiting", len(kept))
            continue
        writes = [
            write
            for thing, some in by_thing.items()
            if (write := _decide(ctx, school, thing, found.get(keys[thing]), [one.statement for one in some]))
        ]
        if _commit(ctx, writes):
            waiting.forget(kept)
            return
        wait_or_give_up(ctx, attempt)


def _by_thing(messages: Iterable[Received]) -> dict[Thing, list[Received]]:
    things: dict[Thing, list[Received]] = {}
    for message in messages:
        things.setdefault(message.statement.thing, []).append(message)
    return things


def _decide(
    ctx: Context, school: School | None, thing: Thing, item: HeardItem | None, statements: Sequence[Statement]
) -> _Write | None:
    """What to write of a thing; nothing if all of it was heard before or overtaken."""
    before = heard_of(item)
    after = reduce(rules.hear, (_permitted(statement, school) for statement in statements), before)
    _count_clashes(before, statements)
    if after == before:
        return None
    revision = 0 if item is None else int(item.revision)
    different = item is None or _visible(before) != _visible(after)
    change = stamp(ctx, _action(ctx, thing, before, after)) if item is None or different else item.change
    return _Write(
        item=item_of(ctx.school_id, thing, after, revision=revision + 1, change=change),
        decided_from=revision,
        alias=_alias(ctx, thing) if item is None else None,
        feed=_feed_rows(ctx, thing, before, after),
    )


def _permitted(statement: Statement, school: School | None) -> Statement:
    authorised = () if school is None else school.authorised_categories
    return replace(statement, details=rules.permitted(statement.details, authorised))


def _count_clashes(before: Heard, statements: Sequence[Statement]) -> None:
    clashes = sum(rules.clashes(before, statement) for statement in statements)
    if clashes:
        logs.count("PortalVersionClashes", clashes)


def _visible(heard: Heard) -> tuple[object, ...]:
    return heard.state, heard.details, heard.left_on


def _action(ctx: Context, thing: Thing, before: Heard, after: Heard) -> str:
    """What was done to the thing, for the audit log."""
    was_open, is_open = (_is_open(ctx, heard) for heard in (before, after))
    if was_open != is_open:
        verb = "opened" if is_open else "closed"
    elif after.state in {"left", "untold"} and before.left != after.left:
        verb = "left"
    elif before.state == after.state:
        verb = "changed"
    elif after.state == "current":
        verb = "created" if before.state == "untold" else "returned"
    else:
        verb = after.state
    return f"{thing.kind}.{verb}"


def _is_open(ctx: Context, heard: Heard) -> bool:
    return isinstance(heard.details, Link) and rules.is_open(heard.details, rules.today(ctx.now))


def _alias(ctx: Context, thing: Thing) -> AliasItem | None:
    if thing.kind not in PERSON_KINDS:
        return None
    return alias_item(ctx.school_id, thing.kind, thing.ids[0], ctx.new_id("alias"))


def _feed_rows(ctx: Context, thing: Thing, before: Heard, after: Heard) -> list[feed.FeedRow]:
    """What the families concerned are to see at their next refresh (F3)."""
    if thing.kind == "link":
        was_open, is_open = (_is_open(ctx, heard) for heard in (before, after))
        if was_open == is_open:
            return []
        contact_id, pupil_id = thing.ids
        return [_feed_row(ctx, contact_id, pupil_id, "created" if is_open else "removed")]
    if thing.kind == "pupil" and rules.looks_different_to_families(before.details, after.details):
        what = "removed" if after.details is None else "created" if before.details is None else "changed"
        day = rules.today(ctx.now)
        links = store.links_of_pupil(ctx.school_id, thing.ids[0])
        return [_feed_row(ctx, link.contact_id, link.pupil_id, what) for link in links if rules.is_open(link, day)]
    return []


def _feed_row(ctx: Context, contact_id: str, pupil_id: str, what: str) -> feed.FeedRow:
    return feed.row(ctx, "contact", contact_id, thing="child", thing_id=pupil_id, what=what)


def _commit(ctx: Context, writes: Sequence[_Write]) -> bool:
    """Write it all, or nothing where something was written in between; says which."""
    if not writes:
        return True
    transaction = Transaction(ctx)
    for write in writes:
        transaction.put(write.item, store.still_at(write.decided_from))
        if write.alias is not None:
            transaction.create(write.alias)
        for row in write.feed:
            transaction.put(row)
    if len(transaction) == 1:
        return save_if(writes[0].item, store.still_at(writes[0].decided_from))
    try:
        transaction.commit()
    except Refused:
        return False
    return True
