"""Teaching groups: who teaches whom, as the Portal says (B5, B7).

A group holds ids of pupils, so a pupil who is forgotten is taken out of all of them, and never let in again by a late
message (A5, H2). Two who do not know of each other see to that: whoever forgets a pupil says so first and then looks
through the groups, strongly; whoever writes a group looks for forgotten pupils before and once more after. One of the
two always sees the other.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any

from pynamodb.expressions.operand import Path

from school_events.core.context import Context
from school_events.core.dynamodb import get_many, school_key
from school_events.people import changing, store
from school_events.people.heard import thing_of
from school_events.people.model import TeachingGroup
from school_events.people.rules import without_pupils
from school_events.people.store import GroupItem

_MOST_KEYS = 100


def all_groups(school_id: str) -> Iterator[TeachingGroup]:
    """Every teaching group of a school, by id, read strongly.

    As the Portal says: among its people may be some who have left, and some who have not been told of yet.
    """
    return (group for item in _items(school_id) if (group := store.to_group(item)))


def groups_of(school_id: str, pupil_ids: Iterable[str]) -> list[TeachingGroup]:
    """The teaching groups that any of a few pupils are in, by id, a moment behind.

    All groups of a school are looked through where they are kept, and only these come over the wire: at a school of
    300 groups that is most of what a family's look at its teachers would wait for.
    """
    wanted = frozenset(pupil_ids)
    groups = (store.to_group(item) for item in _items_naming(school_id, wanted))
    return [group for group in groups if group is not None and not wanted.isdisjoint(group.pupil_ids)]


def anonymised_among(school_id: str, pupil_ids: Iterable[str]) -> frozenset[str]:
    """Those of the pupils who are anonymised, read strongly."""
    gone: set[str] = set()
    for some in batched(sorted(set(pupil_ids)), _MOST_KEYS, strict=False):
        keys = {one: store.pupil_key(school_id, one) for one in some}
        found = get_many(keys.values())
        gone |= {one for one, key in keys.items() if (item := found.get(key)) and item.state == "anonymised"}
    return frozenset(gone)


def look_again(ctx: Context, pupils: Collection[str], forgotten: Collection[str]) -> None:
    """After groups were written: take out of all groups who was forgotten meanwhile.

    Args:
        ctx: the moment.
        pupils: whom the groups name.
        forgotten: those of them who were left out, having been forgotten before.

    Raises:
        TryAgain: too busy; whoever wrote does all of it again.
    """
    for pupil_id in sorted(anonymised_among(ctx.school_id, pupils) - set(forgotten)):
        forget_pupil(ctx, pupil_id)


def forget_pupil(ctx: Context, pupil_id: str) -> None:
    """Take a pupil who is anonymised out of every group; one who has come back since stays where they are now.

    Raises:
        TryAgain: too busy; what is done stays done.
    """
    if not anonymised_among(ctx.school_id, [pupil_id]):
        return
    named = [item for item in _items(ctx.school_id) if item.record is not None and pupil_id in item.record.pupil_ids]
    for some in batched(named, changing.AT_ONCE, strict=False):
        things = [thing_of(item) for item in some]
        changing.change(ctx, things, lambda _school, _thing, heard: without_pupils(heard, [pupil_id]))


def _items_naming(school_id: str, pupil_ids: Iterable[str]) -> Iterator[GroupItem]:
    """The items of groups that name any of the pupils: in the JSON text of a group each id stands in quotes."""
    named = [Path("record").contains(f'"{pupil_id}"') for pupil_id in sorted(pupil_ids)]
    if named:
        yield from GroupItem.query(school_key(school_id, "TEACHING_GROUPS"), filter_condition=reduce(or_, named))


def _items(school_id: str) -> Iterator[GroupItem]:
    items: Iterator[Any] = GroupItem.query(school_key(school_id, "TEACHING_GROUPS"), consistent_read=True)
    return items
