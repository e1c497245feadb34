"""Writing what is now known of things, on the condition that it is still what was decided from.

Whoever decides (messages, snapshots, a change of what is authorised, the leaver clock) decides purely, from what was
heard to what matters now; the rest is here and the same for all: the stamp, a newborn's alias, the families' feed
rows, what is due, and the condition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from school_events.core import due, feed
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Refused, Transaction, save_if
from school_events.people import leavers, rules, store
from school_events.people.aliases import PERSON_KINDS, AliasItem, alias_item
from school_events.people.heard import heard_of, item_of
from school_events.people.model import Link, School, SchoolDetails
from school_events.people.rules import Heard, Thing
from school_events.people.store import HeardItem, SchoolItem


@dataclass(frozen=True)
class Write:
    """One thing's new state and what goes with it, decided from a revision (0: no item yet)."""

    item: HeardItem
    decided_from: int
    alias: AliasItem | None = None
    rows: Sequence[feed.FeedRow] = ()


def decide(ctx: Context, school: School | None, thing: Thing, item: HeardItem | None, after: Heard) -> Write | None:
    """What to write of a thing; nothing if the item says so already.

    Args:
        ctx: the moment, for that school.
        school: as it is now; nothing for one that was never announced.
        thing: which.
        item: as it was read, strongly.
        after: what matters of the thing now.
    """
    before = heard_of(item)
    revision = 0 if item is None else int(item.revision)
    different = item is None or _visible(before) != _visible(after)
    change = stamp(ctx, _action(ctx, thing, before, after)) if item is None or different else item.change
    new = item_of(ctx.school_id, thing, after, revision=revision + 1, change=change)
    _set_due(new, item, leavers.due_of(thing, after, school, ctx.now), ctx.now)
    if isinstance(new, SchoolItem):
        new.unsettled = _unsettled(new, item, before, after)
    if item is not None and after == before and _due(new) == _due(item):
        return None
    return Write(
        item=new,
        decided_from=revision,
        alias=_alias(ctx, thing) if _is_newborn(item, before, after) else None,
        rows=_feed_rows(ctx, thing, before, after),
    )


def commit(ctx: Context, writes: Sequence[Write]) -> bool:
    """Write it all, or nothing where something was written in between; says which.

    Args:
        ctx: the moment.
        writes: of different things, not more than about twenty: a transaction has at most 100 actions.
    """
    if not writes:
        return True
    transaction = Transaction(ctx)
    for write in writes:
        add_to(transaction, write)
    if len(transaction) == 1:
        return save_if(writes[0].item, store.still_at(writes[0].decided_from))
    try:
        transaction.commit()
    except Refused:
        return False
    return True


def add_to(transaction: Transaction, write: Write) -> None:
    """Write a thing with what goes with it, in a transaction; refused if something was written in between."""
    transaction.put(write.item, store.still_at(write.decided_from))
    if write.alias is not None:
        transaction.create(write.alias)
    for row in write.rows:
        transaction.put(row)


def _visible(heard: Heard) -> tuple[object, ...]:
    return heard.state, heard.details, heard.left_on, heard.missing_since is None


def _action(ctx: Context, thing: Thing, before: Heard, after: Heard) -> str:
    """What was done to the thing, for the audit log."""
    was_open, is_open = (_is_open(ctx, heard) for heard in (before, after))
    if was_open != is_open:
        verb = "opened" if is_open else "closed"
    elif after.state in {"left", "untold"} and before.left != after.left:
        verb = "left"
    elif before.state == after.state:
        verb = "changed" if (before.missing_since is None) == (after.missing_since is None) else _presence(after)
    elif after.state == "current":
        verb = "created" if before.state == "untold" else "returned"
    else:
        verb = after.state
    return f"{thing.kind}.{verb}"


def _presence(after: Heard) -> str:
    return "missed" if after.missing_since else "found"


def _is_open(ctx: Context, heard: Heard) -> bool:
    if not isinstance(heard.details, Link) or heard.missing_since:
        return False
    return rules.is_open(heard.details, rules.today(ctx.now))


def _is_newborn(item: HeardItem | None, before: Heard, after: Heard) -> bool:
    """Whether this is somebody without an alias: new here, or back after they were anonymised."""
    return item is None or (before.state == "anonymised" and after.state != "anonymised")


def _alias(ctx: Context, thing: Thing) -> AliasItem | None:
    if thing.kind not in PERSON_KINDS:
        return None
    return alias_item(ctx.school_id, thing.kind, thing.ids[0], ctx.new_id("alias"))


def _unsettled(new: SchoolItem, item: HeardItem | None, before: Heard, after: Heard) -> int | None:
    """From which revision on the school's things have to be refitted: what they hold, or when they are due, changed."""
    old, now = before.details, after.details
    if isinstance(old, SchoolDetails) and isinstance(now, SchoolDetails):
        withdrawn = set(old.authorised_categories) - set(now.authorised_categories)
        if withdrawn or old.academic_year_start != now.academic_year_start:
            return int(new.revision)
    pending = item.unsettled if isinstance(item, SchoolItem) else None
    return None if pending is None else int(pending)


def _set_due(new: HeardItem, item: HeardItem | None, wanted: tuple[str, datetime] | None, now: datetime) -> None:
    """Say when the thing is to be looked at again; what is overdue is due at once, and stays so until it is done."""
    if wanted is None:
        return
    kind, at = wanted
    if item is not None and (
        (at <= now and _is_overdue(item, kind, now)) or (kind == leavers.LEAVER and is_last_day_over(item, now))
    ):
        new.due_pk, new.due_sk = item.due_pk, item.due_sk
    elif at > now or kind == leavers.LEAVER:
        new.due_pk, new.due_sk = due.due_key(kind, max(at, now), f"{new.pk}|{new.sk}")


def is_last_day_over(item: HeardItem, now: datetime) -> bool:
    """Whether a pupil is due because their last day, told in advance, is over (UTC), and that was not dealt with."""
    return _is_overdue(item, leavers.LAST_DAY, now)


def _is_overdue(item: HeardItem, kind: str, now: datetime) -> bool:
    is_kind = (item.due_pk or "").startswith(f"DUE#{kind}#")
    return is_kind and item.due_sk is not None and item.due_sk <= due.due_until(now)


def _due(item: HeardItem) -> tuple[str | None, str | None]:
    return item.due_pk, item.due_sk


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
    if thing.kind == "contact" and _is_gone(before) != _is_gone(after):
        return _rows_of_contact(ctx, thing.ids[0], after)
    return []


def _rows_of_contact(ctx: Context, contact_id: str, after: Heard) -> list[feed.FeedRow]:
    """A contact who is gone sees their children no more; who takes over is to look at all there is of them again."""
    day = rules.today(ctx.now)
    _, links = store.contact_with_links(ctx.school_id, contact_id)
    pupils = [link.pupil_id for link in links if rules.is_open(link, day)]
    what = "removed" if _is_gone(after) else "created"
    rows = [_feed_row(ctx, contact_id, pupil_id, what) for pupil_id in pupils]
    if after.merged_into:
        rows += [_feed_row(ctx, after.merged_into, pupil_id, "created") for pupil_id in pupils]
    return rows


def _is_gone(heard: Heard) -> bool:
    return heard.state in {"removed", "anonymised"}


def _feed_row(ctx: Context, contact_id: str, pupil_id: str, what: str) -> feed.FeedRow:
    return feed.row(ctx, "contact", contact_id, thing="child", thing_id=pupil_id, what=what)
