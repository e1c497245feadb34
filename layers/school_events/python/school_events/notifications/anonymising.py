"""Inboxes, feeds and devices: a contact who is anonymised loses all, one who stays what names the child (H2)."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from school_events.core import clock, feed
from school_events.core.context import Actor, Context
from school_events.invitations.model import event_and_pupil
from school_events.notifications import push, store


def forget_person(ctx: Context, person: Actor, until: datetime) -> None:
    """Delete what a person was told, their feed, and their devices; doing it again changes nothing.

    Args:
        ctx: the moment.
        person: who.
        until: only what is not newer (UTC): they may be back as somebody new.

    Raises:
        TryAgain: too busy, or the push service did not answer.
    """
    entries = [one.id for one in store.entries(ctx.school_id, person) if one.created_at <= until]
    store.delete_entries(ctx, person, entries)
    store.delete_rows(ctx, store.rows_until(ctx.school_id, person, feed.position(until, "~")))
    for device in store.devices(ctx.school_id, person):
        if device.seen_at <= until:
            if device.endpoint is not None:
                push.close_endpoint(device.endpoint)
            store.forget_device(ctx.school_id, person, device)


type Nobodys = Callable[[Iterable[str]], Collection[str]]
"""Which of bookings are nobody's any more, by id."""


def forget_child(ctx: Context, person: Actor, pupil_id: str, before: datetime, nobodys: Nobodys) -> None:
    """Delete what a person was told of a child, and let their apps forget it too; doing it again changes nothing.

    The feed's row that says that the child is gone stays until it vanishes by itself: it is what makes apps forget.

    Args:
        ctx: the moment.
        person: somebody who stays, as another child of theirs does.
        pupil_id: the child.
        before: only what is older (UTC).
        nobodys: the child's own bookings are such by now: a parent's rows would say whose they were.
    """
    entries = store.entries(ctx.school_id, person)
    theirs = [one.id for one in entries if one.pupil_id == pupil_id and one.created_at < before]
    store.delete_entries(ctx, person, theirs, tell=True)
    rows = store.rows_until(ctx.school_id, person, clock.to_text(before))
    childs = nobodys(one.thing_id for one in rows if one.thing == "booking")
    store.delete_rows(ctx, [one for one in rows if one.thing_id in childs or _names(one, pupil_id)])


def _names(row: feed.FeedRow, pupil_id: str) -> bool:
    if row.thing == "invitation":
        return event_and_pupil(row.thing_id)[1] == pupil_id
    return row.thing == "child" and row.thing_id == pupil_id
