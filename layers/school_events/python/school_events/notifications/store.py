"""The Inbox table's entries and devices; the change feed's rows are built by ``core.feed``, read by ``sync``."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import batched
from typing import Annotated

from pydantic import BaseModel
from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from school_events.core import feed
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import (
    Document,
    InstantAttribute,
    Key,
    Refused,
    Transaction,
    delete_if,
    get_many,
    school_key,
)
from school_events.core.errors import TryAgain
from school_events.core.feed import InboxTableItem
from school_events.core.requests import Request, remember
from school_events.notifications.model import DEVICE, TOLD, WHOM, Device, InboxEntry
from school_events.notifications.rules import LIFE

_MOST_KEYS = 100
_MOST_AT_ONCE = 45
"""Two actions each, and perhaps the answer kept under the request's key, in a transaction of at most 100."""


class EntryItem(InboxTableItem, discriminator="inbox_entry"):
    """An entry of an inbox; ``read_at`` and ``others`` stand beside the record, since they change."""

    pk: Annotated[UnicodeAttribute, WHOM]
    record = Document(InboxEntry)
    read_at: Annotated[InstantAttribute, TOLD] = InstantAttribute(null=True)
    others: Annotated[UnicodeSetAttribute, TOLD] = UnicodeSetAttribute(null=True)


class DeviceItem(InboxTableItem, discriminator="device"):
    """A device; ``endpoint`` stands beside the record, since its removal depends on it."""

    pk: Annotated[UnicodeAttribute, WHOM]
    record = Document(Device)
    endpoint: Annotated[UnicodeAttribute, DEVICE] = UnicodeAttribute(null=True)


def entry_key(school_id: str, person: Actor, entry_id: str) -> Key[EntryItem]:
    """Names an entry of a person's inbox."""
    return Key(EntryItem, _inbox(school_id, person), f"ENTRY#{entry_id}")


def device_key(school_id: str, person: Actor, device_id: str) -> Key[DeviceItem]:
    """Names a device of a person."""
    return Key(DeviceItem, _devices(school_id, person), f"DEVICE#{device_id}")


def add_entry(ctx: Context, person: Actor, entry: InboxEntry) -> bool:
    """Put an entry into a person's inbox and its row into their feed, together, unless it is there already.

    Returns:
        Whether it is new.
    """
    key = entry_key(ctx.school_id, person, entry.id)
    transaction = Transaction(ctx)
    transaction.create(EntryItem(key.pk, key.sk, record=entry, expires_at=int((ctx.now + LIFE).timestamp())))
    transaction.put(_row(ctx, person, entry.id, "created"))
    try:
        transaction.commit()
    except Refused:
        return False
    return True


def name_too(ctx: Context, person: Actor, entry_id: str, thing_id: str) -> None:
    """Name another thing in an entry of a person's inbox, with its row in their feed, unless it is named there.

    Whoever has read the entry has not read of that.
    """
    transaction = Transaction(ctx)
    transaction.update(
        entry_key(ctx.school_id, person, entry_id),
        [EntryItem.others.add({thing_id}), EntryItem.read_at.remove()],
        EntryItem.pk.exists() & ~EntryItem.others.contains(thing_id),
    )
    transaction.put(_row(ctx, person, entry_id, "changed"))
    with suppress(Refused):
        transaction.commit()


def show(ctx: Context, person: Actor, thing: str, thing_id: str) -> None:
    """Put a row into a person's feed: their next refresh shows them a thing as it is now. Twice does no harm."""
    feed.row(ctx, person.kind, person.id, thing=thing, thing_id=thing_id, what="changed").save()


def entries(
    school_id: str, person: Actor, *, before: str | None = None, up_to: str | None = None, unread: bool = False
) -> Iterator[InboxEntry]:
    """A person's inbox, newest first, read strongly.

    Args:
        school_id: the school.
        person: whose.
        before: only what is older than the entry of this id.
        up_to: only the entry of this id and what is older.
        unread: only what has not been read.
    """
    position = None
    if before is not None:
        position = EntryItem.sk < f"ENTRY#{before}"
    elif up_to is not None:
        position = EntryItem.sk <= f"ENTRY#{up_to}"
    found = EntryItem.query(
        _inbox(school_id, person),
        position,
        EntryItem.read_at.does_not_exist() if unread else None,
        consistent_read=True,
        scan_index_forward=False,
    )
    return (_to_entry(item) for item in found)


def find_entries(school_id: str, person: Actor, ids: Iterable[str]) -> dict[str, InboxEntry]:
    """Those of a person's entries that exist, by id, read strongly."""
    found: dict[str, InboxEntry] = {}
    for some in batched(sorted(set(ids)), _MOST_KEYS, strict=False):
        keys = [entry_key(school_id, person, one) for one in some]
        items = get_many(keys)
        found |= {item.record.id: _to_entry(item) for item in map(items.get, keys) if item is not None}
    return found


def mark_read(ctx: Context, ids: Iterable[str], request: Request, answer: BaseModel) -> None:
    """Note that the acting person has read entries of theirs, each with a row in their feed.

    Args:
        ctx: the moment.
        ids: existing entries of the acting person.
        request: what was asked.
        answer: kept under the request's key, with the last of the writes.

    Raises:
        TryAgain: an entry vanished meanwhile, or the table was too busy.
    """
    chunks = list(batched(sorted(set(ids)), _MOST_AT_ONCE, strict=False)) or [()]
    for number, some in enumerate(chunks, start=1):
        transaction = Transaction(ctx)
        for one in some:
            _add_reading(transaction, ctx, one)
        if number == len(chunks):
            remember(ctx, transaction, request, answer)
        if len(transaction):
            transaction.commit()


def devices(school_id: str, person: Actor) -> list[Device]:
    """A person's devices, read strongly."""
    found = DeviceItem.query(_devices(school_id, person), consistent_read=True)
    return [_to_device(item) for item in found]


def find_device(school_id: str, person: Actor, device_id: str) -> Device | None:
    """A person's device, read strongly."""
    key = device_key(school_id, person, device_id)
    item = get_many([key]).get(key)
    return None if item is None else _to_device(item)


def keep_device(school_id: str, person: Actor, device: Device) -> None:
    """Write a device, over what was there under its id."""
    key = device_key(school_id, person, device.id)
    expires_at = int((device.seen_at + LIFE).timestamp())
    record = device.model_copy(update={"endpoint": None})
    DeviceItem(key.pk, key.sk, record=record, endpoint=device.endpoint, expires_at=expires_at).save()


def forget_device(school_id: str, person: Actor, device: Device) -> None:
    """Remove a device, unless it has registered anew with another endpoint meanwhile."""
    key = device_key(school_id, person, device.id)
    same = DeviceItem.endpoint.does_not_exist() if device.endpoint is None else DeviceItem.endpoint == device.endpoint
    delete_if(key, same)


def delete_entries(ctx: Context, person: Actor, ids: Iterable[str], *, tell: bool = False) -> None:
    """Delete entries of a person's inbox; with ``tell``, each with a row in their feed that says so."""
    for some in batched(ids, _MOST_AT_ONCE, strict=False):
        transaction = Transaction(ctx)
        for one in some:
            transaction.delete(entry_key(ctx.school_id, person, one))
            if tell:
                transaction.put(_row(ctx, person, one, "removed"))
        transaction.commit()


def rows_until(school_id: str, person: Actor, position: str) -> list[feed.FeedRow]:
    """The rows of a person's feed before a position (``feed.position``), read strongly."""
    partition = feed.partition(school_id, person.kind, person.id)
    return list(feed.FeedRow.query(partition, feed.FeedRow.sk < position, consistent_read=True))


def delete_rows(ctx: Context, rows: Iterable[feed.FeedRow]) -> None:
    """Delete rows of feeds."""
    for some in batched(rows, _MOST_KEYS, strict=False):
        transaction = Transaction(ctx)
        for row in some:
            transaction.delete(Key(feed.FeedRow, row.pk, row.sk))
        transaction.commit()


def _add_reading(transaction: Transaction, ctx: Context, entry_id: str) -> None:
    transaction.update(
        entry_key(ctx.school_id, ctx.actor, entry_id),
        [EntryItem.read_at.set(EntryItem.read_at | ctx.now)],
        EntryItem.pk.exists(),
        refusal=TryAgain(),
    )
    transaction.put(_row(ctx, ctx.actor, entry_id, "changed"))


def _row(ctx: Context, person: Actor, entry_id: str, what: str) -> feed.FeedRow:
    return feed.row(ctx, person.kind, person.id, thing="inbox_entry", thing_id=entry_id, what=what)


def _to_entry(item: EntryItem) -> InboxEntry:
    return item.record.model_copy(update={"read_at": item.read_at, "others": tuple(sorted(item.others or ()))})


def _to_device(item: DeviceItem) -> Device:
    return item.record.model_copy(update={"endpoint": item.endpoint})


def _inbox(school_id: str, person: Actor) -> str:
    return school_key(school_id, "INBOX", person.kind, person.id)


def _devices(school_id: str, person: Actor) -> str:
    return school_key(school_id, "DEVICES", person.kind, person.id)
