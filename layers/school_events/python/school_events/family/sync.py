"""What changed of the caller's own things since a cursor (F3): rows say which, what they are now is read strongly.

Nothing new costs one read. What a row speaks of and the caller may no longer see, or that is gone, is ``removed``.
"""

from collections.abc import Iterable, Iterator

from school_events.bookings.waiting.reading import own_turns
from school_events.core import cursors
from school_events.core.context import Context
from school_events.family import changes, reading, working
from school_events.family.api import ChangeView, Refresh
from school_events.family.changes import created
from school_events.invitations.store import invitations_of_pupils
from school_events.notifications import service as notifications
from school_events.notifications import sync as feed
from school_events.notifications.sync import Bookmark

MOST_ENTRIES = 100
"""How much of the inbox an app that starts over is given; the rest is in ``GET /me/inbox``."""


def refresh(ctx: Context, cursor: str | None) -> Refresh:
    """What changed of the caller's own since a cursor; without one, or with one too old, everything.

    Raises:
        Invalid: the cursor is not one of the caller's.
    """
    scope = f"{ctx.school_id}/{ctx.actor.kind}/{ctx.actor.id}/sync"
    bookmark = Bookmark.from_cursor(cursors.open_cursor(cursor, scope)) if cursor else None
    if bookmark is None or bookmark.is_too_old(ctx.now):
        return _start_over(ctx, scope)
    rows, is_last = feed.read_page(ctx.school_id, ctx.actor, bookmark)
    news, after = feed.turn(bookmark, rows, ctx.now, is_last=is_last)
    return Refresh(
        start_over=False,
        changes=changes.of_rows(ctx, news) if news else [],
        cursor=cursors.seal(after.to_cursor(), scope),
        more=not is_last,
    )


def _start_over(ctx: Context, scope: str) -> Refresh:
    """Everything; the feed is read first, so that nothing falls between it and the things."""
    bookmark = feed.first_bookmark(ctx.now)
    recent: list[feed.Row] = []
    is_last = False
    while not is_last:
        rows, is_last = feed.read_page(ctx.school_id, ctx.actor, bookmark)
        news, bookmark = feed.turn(bookmark, rows, ctx.now, is_last=is_last)
        recent += news
    return Refresh(
        start_over=True,
        changes=list(_everything(ctx, recent)),
        cursor=cursors.seal(bookmark.to_cursor(), scope),
        more=False,
    )


def _everything(ctx: Context, recent: Iterable[feed.Row]) -> Iterator[ChangeView]:
    """Everything of the caller's; ``recent`` is what their feed has named in the last minute."""
    pupils = reading.open_pupils(ctx)
    if pupils is None:
        named = [row.thing_id for row in recent if row.thing == "event"]
        yield from (created("event", view) for view in working.all_events(ctx, named))
    elif pupils:
        yield from _of_children(ctx, pupils)
    entries = notifications.inbox(ctx, pupils, before=None, limit=MOST_ENTRIES)
    yield from (created("inbox_entry", view) for view in reading.entry_views(ctx, entries))


def _of_children(ctx: Context, pupils: frozenset[str]) -> Iterator[ChangeView]:
    """Everything there is about the caller's children, and the payments of what the caller booked for them."""
    yield from (created("child", view) for view in reading.children(ctx, pupils))
    invitations = invitations_of_pupils(ctx.school_id, sorted(pupils))
    yield from (created("invitation", view) for view in reading.invitation_views(ctx, invitations, pupils))
    booked = reading.bookings_of(ctx, sorted(pupils))
    yield from (created("booking", view) for view in reading.booking_views(ctx, booked))
    yield from (created("waiting", view) for view in own_turns(ctx))
    paid = reading.payment_views(ctx, reading.payments_of(booked), pupils)
    yield from (created("payment", view) for view in paid)
