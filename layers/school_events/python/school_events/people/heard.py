"""From what was heard of a thing to the item that keeps it, and back."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, cast

from school_events.core.change import Change
from school_events.core.dynamodb import Key, school_key
from school_events.core.inventory import Record
from school_events.people import store
from school_events.people.model import (
    ContactDetails,
    DataCategory,
    GroupDetails,
    Link,
    LinkDetails,
    PupilDetails,
    StaffDetails,
)
from school_events.people.rules import NOTHING_HEARD, Heard, RemovedBy, Thing, ThingKind
from school_events.people.store import (
    CalendarItem,
    ContactItem,
    GroupItem,
    HeardItem,
    LinkItem,
    PupilItem,
    SchoolItem,
    StaffItem,
)

_KEYS: Mapping[ThingKind, Callable[..., Key[Any]]] = {
    "school": lambda school_id, _: store.school_key_of(school_id),
    "calendar": store.calendar_key,
    "pupil": store.pupil_key,
    "contact": store.contact_key,
    "link": store.link_key,
    "staff": store.staff_key,
    "teaching_group": store.group_key,
}
_LISTINGS: Mapping[ThingKind, str] = {
    "pupil": "PUPILS",
    "contact": "CONTACTS",
    "staff": "STAFF",
    "link": "LINKS",
    "calendar": "CALENDARS",
    "teaching_group": "TEACHING_GROUPS",
}
_KINDS: Mapping[type[HeardItem], ThingKind] = {
    SchoolItem: "school",
    PupilItem: "pupil",
    ContactItem: "contact",
    StaffItem: "staff",
    GroupItem: "teaching_group",
}
_ACCESS_NEEDS_PRESENCE: frozenset[ThingKind] = frozenset({"link", "staff"})


def key_of(school_id: str, thing: Thing) -> Key[HeardItem]:
    """Where a thing is kept."""
    return _KEYS[thing.kind](school_id, *thing.ids)


def thing_of(item: HeardItem) -> Thing:
    """What an item is about."""
    if isinstance(item, LinkItem):
        return Thing("link", (store.id_of(item), item.sk.removeprefix("LINK#")))
    if isinstance(item, CalendarItem):
        return Thing("calendar", (item.sk.removeprefix("CALENDAR#"),))
    return Thing(_KINDS[type(item)], (store.id_of(item),))


def heard_of(item: HeardItem | None) -> Heard:
    """What an item keeps of what was said."""
    if item is None:
        return NOTHING_HEARD
    return Heard(
        told=item.told or "",
        details=_details(item),
        withheld=tuple(cast("list[DataCategory]", (item.withheld or "").split())),
        left=item.left or "",
        left_on=date.fromisoformat(item.left_on) if item.left_on else None,
        removed=item.removed or "",
        removed_by=cast("RemovedBy | None", item.removed_by),
        merged_into=item.merged_into if isinstance(item, ContactItem) else None,
        missing_since=item.missing_since,
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
        withheld=" ".join(heard.withheld) or None,
        left=heard.left or None,
        left_on=heard.left_on.isoformat() if heard.left_on else None,
        removed=heard.removed or None,
        removed_by=heard.removed_by,
        missing_since=heard.missing_since,
        state=_standing(thing, heard),
        change=change,
        record=heard.details,
    )
    _list(item, school_id, thing, heard)
    if isinstance(item, ContactItem):
        item.merged_into = heard.merged_into
    if isinstance(item, LinkItem):
        _tie(item, school_id, thing, heard.details)
    return item


def _standing(thing: Thing, heard: Heard) -> str:
    """A link or a member of staff that a snapshot lacks gives no access while it does (A2, A8)."""
    is_missing = heard.missing_since is not None and heard.state == "current"
    return "missing" if is_missing and thing.kind in _ACCESS_NEEDS_PRESENCE else heard.state


def _details(item: HeardItem) -> Record | None:
    if isinstance(item, LinkItem):
        return store.to_link(item)
    record: Record | None = getattr(item, "record", None)
    return record


def _list(item: HeardItem, school_id: str, thing: Thing, heard: Heard) -> None:
    if thing.kind == "school":
        return
    ids = "#".join(thing.ids)
    if heard.details is None:
        item.listing_pk, item.listing_sk = school_key(school_id, store.GONE), f"{thing.kind}#{ids}"
        return
    item.listing_pk, item.listing_sk = school_key(school_id, _LISTINGS[thing.kind]), ids
    if isinstance(heard.details, (PupilDetails, ContactDetails, StaffDetails)):
        item.listing_sk = store.listing_position(heard.details.last_name, heard.details.first_name, ids)
    if isinstance(heard.details, GroupDetails):
        item.listing_sk = store.listing_position(heard.details.name, None, ids)


def _tie(item: LinkItem, school_id: str, thing: Thing, link: Record | None) -> None:
    contact_id, pupil_id = thing.ids
    item.pupil_pk = school_key(school_id, "PUPIL", pupil_id)
    item.pupil_sk = f"LINK#{contact_id}"
    if isinstance(link, Link):
        item.restricted = link.restricted
        item.ends_on = link.ends_on.isoformat() if link.ends_on else None
        item.record = LinkDetails(**{name: getattr(link, name) for name in LinkDetails.model_fields})
