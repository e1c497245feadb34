"""From what was heard of a thing to the item that keeps it, and back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from school_events.core.change import Change
from school_events.core.dynamodb import Key, school_key
from school_events.core.inventory import Record
from school_events.people import store
from school_events.people.model import ContactDetails, Link, LinkDetails, PupilDetails, StaffDetails
from school_events.people.rules import NOTHING_HEARD, Heard, Thing, ThingKind
from school_events.people.store import HeardItem, LinkItem, ListedItem

_KEYS: Mapping[ThingKind, Callable[..., Key[Any]]] = {
    "school": lambda school_id, _: store.school_key_of(school_id),
    "calendar": store.calendar_key,
    "pupil": store.pupil_key,
    "contact": store.contact_key,
    "link": store.link_key,
    "staff": store.staff_key,
}
_LISTS: Mapping[ThingKind, str] = {"pupil": "PUPILS", "contact": "CONTACTS", "staff": "STAFF"}


def key_of(school_id: str, thing: Thing) -> Key[HeardItem]:
    """Where a thing is kept."""
    return _KEYS[thing.kind](school_id, *thing.ids)


def heard_of(item: HeardItem | None) -> Heard:
    """What an item keeps of what was said."""
    if item is None:
        return NOTHING_HEARD
    return Heard(
        told=item.told or "",
        details=_details(item),
        left=item.left or "",
        left_on=date.fromisoformat(item.left_on) if item.left_on else None,
        removed=item.removed or "",
    )


def item_of(school_id: str, thing: Thing, heard: Heard, *, revision: int, change: Change) -> HeardItem:
    """The item that keeps what was heard.

    Args:
        school_id: whose.
        thing: what it is about.
        heard: what to keep.
        revision: counts the writes of this item.
        change: the stamp of the last change of what the thing is.
    """
    key = key_of(school_id, thing)
    item = key.item(
        key.pk,
        key.sk,
        revision=revision,
        told=heard.told or None,
        left=heard.left or None,
        left_on=heard.left_on.isoformat() if heard.left_on else None,
        removed=heard.removed or None,
        state=heard.state,
        change=change,
        record=heard.details,
    )
    if isinstance(item, ListedItem):
        _list(item, school_id, thing, heard.details)
    if isinstance(item, LinkItem) and isinstance(heard.details, Link):
        _open_or_close(item, school_id, thing, heard.details)
    return item


def _details(item: HeardItem) -> Record | None:
    if isinstance(item, LinkItem):
        return store.to_link(item)
    record: Record | None = getattr(item, "record", None)
    return record


def _list(item: ListedItem, school_id: str, thing: Thing, details: Record | None) -> None:
    if isinstance(details, (PupilDetails, ContactDetails, StaffDetails)):
        item.listing_pk = school_key(school_id, _LISTS[thing.kind])
        item.listing_sk = store.listing_position(details.last_name, details.first_name, thing.ids[0])


def _open_or_close(item: LinkItem, school_id: str, thing: Thing, link: Link) -> None:
    contact_id, pupil_id = thing.ids
    item.pupil_pk = school_key(school_id, "PUPIL", pupil_id)
    item.pupil_sk = f"LINK#{contact_id}"
    item.restricted = link.restricted
    item.ends_on = link.ends_on.isoformat() if link.ends_on else None
    item.record = LinkDetails(**{name: getattr(link, name) for name in LinkDetails.model_fields})
