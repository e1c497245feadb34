"""Who may read an event: admins all, staff what they are allocated to, parents what their children are invited to."""

from collections.abc import Callable

from school_events.core.context import Context
from school_events.core.errors import NotFound
from school_events.events import store
from school_events.events.model import SchoolEvent

IsInvited = Callable[[Context, str], bool]
"""Whether a child of the calling contact is invited to an event, asked of ``invitations``, which sits above."""


def readable_event(ctx: Context, event_id: str, is_invited: IsInvited) -> SchoolEvent:
    """An event the caller may read.

    Raises:
        NotFound: there is none, or it is none of the caller's.
    """
    event = store.find_event(ctx.school_id, event_id)
    if not _may_read(ctx, event_id, is_invited):
        raise NotFound
    return event


def event_for_staff(ctx: Context, event_id: str) -> SchoolEvent:
    """An event the calling administrator, or member of staff allocated to it, may see from the inside.

    Raises:
        NotFound: there is none, or the caller does not work at it.
    """
    return readable_event(ctx, event_id, lambda _ctx, _event_id: False)


def _may_read(ctx: Context, event_id: str, is_invited: IsInvited) -> bool:
    if ctx.has_role("school_admin"):
        return True
    if ctx.actor.kind == "staff":
        return store.is_allocated(ctx.school_id, event_id, ctx.actor.id)
    return is_invited(ctx, event_id)
