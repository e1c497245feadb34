"""Telling people: who is told, an inbox entry each, a push to each device; and people's own inboxes and devices."""

from collections.abc import Iterable, Iterator

from school_events.core import logs
from school_events.core.consequences import Telling
from school_events.core.context import Actor, Context
from school_events.core.errors import Conflict, NotFound
from school_events.notifications import push, rules, store
from school_events.notifications.model import Device, InboxEntry, Platform
from school_events.notifications.push import Pushed
from school_events.people import access


class PushFailed(Exception):
    """A device was not reached, and may be later; everybody's inbox entry is written."""


class TooManyDevices(Conflict):
    """A person has as many devices as one can have."""

    slug = "too-many-devices"
    title = "There are too many devices; remove one first"


def deliver(ctx: Context, telling: Telling) -> None:
    """Tell everybody a telling is for: at most one inbox entry each, at least one push to each device.

    Links are asked here and now, read strongly: whose link was cut since the telling was queued is told nothing (A8).
    Of what is quiet there is no entry and no push: it is only in the next refresh (F3).

    Raises:
        PushFailed: a device was not reached; telling again repeats pushes, never entries.
    """
    outcomes: list[Pushed] = []
    for contact_id in _candidates(ctx, telling):
        if not _is_linked(ctx, contact_id, telling.pupil_id):
            logs.count("RecipientsWithoutLink")
            continue
        person = Actor("contact", contact_id)
        if telling.quiet:
            store.show(ctx, person, telling.thing, telling.thing_id)
            continue
        entry = rules.entry_of(telling, contact_id)
        is_new = store.add_entry(ctx, person, entry)
        logs.count("InboxEntries" if is_new else "InboxEntriesRepeated")
        if not is_new and store.find_entries(ctx.school_id, person, [entry.id])[entry.id].thing_id != entry.thing_id:
            # They were pushed to when they were told of the first of what was done together, or reminded today.
            if rules.names_others(entry):
                store.name_too(ctx, person, entry.id, entry.thing_id)
            continue
        outcomes += _push_to_devices(ctx.school_id, person, entry.id)
    for outcome in Pushed:
        logs.count(f"Pushes_{outcome}", outcomes.count(outcome))
    if Pushed.FAILED in outcomes:
        raise PushFailed


def _candidates(ctx: Context, telling: Telling) -> Iterable[str]:
    """Who may be meant: whoever is named, or has taken over from them since; otherwise the child's family."""
    if telling.contact_id is not None:
        return access.persons_now(ctx.school_id, [telling.contact_id]).values()
    return () if telling.pupil_id is None else sorted(access.family_of(ctx, telling.pupil_id))


def _is_linked(ctx: Context, contact_id: str, pupil_id: str | None) -> bool:
    """Whether a contact may be told now; of what is theirs alone, as long as any child of the school is."""
    if pupil_id is None:
        return bool(access.open_links(ctx, contact_id))
    try:
        access.require_open_link(ctx, contact_id, pupil_id)
    except NotFound:
        return False
    return True


def _push_to_devices(school_id: str, person: Actor, entry_id: str) -> Iterator[Pushed]:
    for device in store.devices(school_id, person):
        if device.endpoint is None:
            continue
        outcome = push.push(device.endpoint, entry_id)
        if outcome is Pushed.DEVICE_GONE:
            store.forget_device(school_id, person, device)
        yield outcome


def inbox(ctx: Context, open_pupils: frozenset[str] | None, *, before: str | None, limit: int) -> list[InboxEntry]:
    """A page of the acting person's inbox, newest first.

    Args:
        ctx: the moment.
        open_pupils: the children they have an open link to; ``None`` for a member of staff.
        before: the last entry they have seen.
        limit: at most this many.
    """
    page: list[InboxEntry] = []
    for entry in store.entries(ctx.school_id, ctx.actor, before=before):
        if rules.may_see(entry, open_pupils):
            page.append(entry)
        if len(page) == limit:
            break
    return page


def register_device(ctx: Context, device_id: str, platform: Platform, token: str) -> Device:
    """Push to a device of the acting person from now on; registering it again changes nothing but its time.

    Raises:
        NotFound: a contact who is gone.
        TooManyDevices: the person has 20 others.
        TryAgain: the push service did not answer.
    """
    if ctx.actor.kind == "contact":
        access.require_contact(ctx, ctx.actor.id)
    others = [one for one in store.devices(ctx.school_id, ctx.actor) if one.id != device_id]
    if len(others) >= rules.MOST_DEVICES:
        raise TooManyDevices
    before = store.find_device(ctx.school_id, ctx.actor, device_id)
    device = Device(id=device_id, platform=platform, endpoint=push.open_endpoint(token), seen_at=ctx.now)
    store.keep_device(ctx.school_id, ctx.actor, device)
    if before is not None and before.endpoint not in {None, device.endpoint}:
        push.close_endpoint(before.endpoint)
    return device


def remove_device(ctx: Context, device_id: str) -> None:
    """Push no more to a device of the acting person; removing what is not there changes nothing."""
    device = store.find_device(ctx.school_id, ctx.actor, device_id)
    if device is None:
        return
    if device.endpoint is not None:
        push.close_endpoint(device.endpoint)
    store.forget_device(ctx.school_id, ctx.actor, device)
