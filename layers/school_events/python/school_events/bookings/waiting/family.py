"""Whose a turn is: who may take what it is offered, and who may give it up."""

from collections.abc import Iterable

from school_events.bookings.waiting.model import WaitingEntry
from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people


def who_may_take(ctx: Context, entry: WaitingEntry) -> str | None:
    """A contact with an open link to all of a turn's children, who are on roll: who joined, if it can be they."""
    pupils = people.find_pupils(ctx.school_id, entry.pupil_ids)
    day = people_rules.today(ctx.now)
    if any(one not in pupils or not pupils[one].is_on_roll(day) for one in entry.pupil_ids):
        return None
    joined_by = _joined_by(ctx, entry)
    if has_open_links(ctx, joined_by, entry.pupil_ids):
        return joined_by
    families = [access.family_of(ctx, pupil_id) for pupil_id in entry.pupil_ids]
    others = sorted(frozenset.intersection(*families) - {joined_by})
    return next((one for one in others if has_open_links(ctx, one, entry.pupil_ids)), None)


def require_own(ctx: Context, entry: WaitingEntry) -> None:
    """The caller may give a turn up: an administrator, or who joined; if their link was cut, the other parent.

    One that nobody can take any more, any parent of one of its children may give up: it can wait by itself then.

    Raises:
        NotFound: it is another's.
    """
    if ctx.actor.kind == "staff" and ctx.has_role("school_admin"):
        return
    theirs = [one for one in entry.pupil_ids if has_open_links(ctx, ctx.actor.id, [one])]
    if len(theirs) == len(entry.pupil_ids):
        joined_by = _joined_by(ctx, entry)
        is_anothers = joined_by != ctx.actor.id and has_open_links(ctx, joined_by, entry.pupil_ids)
    else:
        is_anothers = not theirs or who_may_take(ctx, entry) is not None
    if is_anothers:
        raise NotFound


def require_open_links(ctx: Context, entry: WaitingEntry) -> None:
    """All of a turn's children are the caller's.

    Raises:
        NotFound: one is not.
    """
    if not has_open_links(ctx, ctx.actor.id, entry.pupil_ids):
        raise NotFound


def has_open_links(ctx: Context, contact_id: str, pupil_ids: Iterable[str]) -> bool:
    """Whether children are all a contact's now."""
    try:
        for pupil_id in pupil_ids:
            access.require_open_link(ctx, contact_id, pupil_id)
    except NotFound:
        return False
    return True


def _joined_by(ctx: Context, entry: WaitingEntry) -> str:
    return access.persons_now(ctx.school_id, [entry.joined_by])[entry.joined_by]
