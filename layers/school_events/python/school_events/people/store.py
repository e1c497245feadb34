"""The People table: items, their keys, and reading them. Written only by what the Portal says (``sync``)."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition

from school_events.core import settings
from school_events.core.attributes import TECHNICAL, PersonKey, ThingKey, VersionAttribute
from school_events.core.change import Change
from school_events.core.dynamodb import Document, InstantAttribute, Item, Key, get_many, school_key
from school_events.core.errors import NotFound
from school_events.core.indexes import ByPupil, Due, Listing
from school_events.people.model import (
    FAMILY,
    GROUP,
    STAFF,
    TARGETING,
    Contact,
    ContactDetails,
    GroupDetails,
    Link,
    LinkDetails,
    Pupil,
    PupilDetails,
    School,
    SchoolDetails,
    StaffDetails,
    StaffMember,
    TeachingGroup,
    TermCalendar,
)

_MOST_AT_ONCE = 100

GONE = "GONE"
LISTINGS = ("PUPILS", "CONTACTS", "STAFF", "LINKS", "CALENDARS", "TEACHING_GROUPS", GONE)
"""What a school's things are listed under; ``GONE`` holds what was removed, anonymised or not told of yet."""


class PeopleItem(Item):
    """An item of the People table."""

    class Meta:
        table_name = settings.table_name("PEOPLE")

    listing = Listing()
    by_pupil = ByPupil()
    due = Due()


class HeardItem(PeopleItem):
    """A thing the Portal speaks of: what was heard last (``rules.Heard``), and what it now is.

    ``revision`` counts the writes; every write is conditional on the revision it was decided from. Every thing but the
    school itself is in a listing, what is gone too, so that a whole school can be walked by key.
    """

    revision: VersionAttribute = NumberAttribute()
    told: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    withheld: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    left: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    left_on: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    removed: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    removed_by: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute(null=True)
    missing_since: Annotated[InstantAttribute, TECHNICAL] = InstantAttribute(null=True)
    state: Annotated[UnicodeAttribute, TECHNICAL] = UnicodeAttribute()
    change = Document(Change)
    listing_pk: ThingKey = UnicodeAttribute(null=True)
    listing_sk: ThingKey = UnicodeAttribute(null=True)
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)


class SchoolItem(HeardItem, discriminator="school"):
    """A school; ``unsettled`` is the revision whose settings its things have not all been refitted to (``refit``)."""

    unsettled: VersionAttribute = NumberAttribute(null=True)
    record = Document(SchoolDetails, null=True)


class CalendarItem(HeardItem, discriminator="calendar"):
    """An academic year's calendar."""

    record = Document(TermCalendar, null=True)


class ListedItem(HeardItem):
    """A person or a group of people, found by name."""

    pk: PersonKey
    listing_sk: Annotated[UnicodeAttribute, TARGETING]


class PupilItem(ListedItem, discriminator="pupil"):
    """A pupil."""

    left_on: Annotated[UnicodeAttribute, TARGETING]
    state: Annotated[UnicodeAttribute, TARGETING]
    record = Document(PupilDetails, null=True)


class ContactItem(ListedItem, discriminator="contact"):
    """A parent or guardian."""

    state: Annotated[UnicodeAttribute, FAMILY]
    merged_into: PersonKey = UnicodeAttribute(null=True)
    record = Document(ContactDetails, null=True)


class StaffItem(ListedItem, discriminator="staff"):
    """A member of staff."""

    state: Annotated[UnicodeAttribute, STAFF]
    listing_sk: Annotated[UnicodeAttribute, STAFF]
    record = Document(StaffDetails, null=True)


class LinkItem(HeardItem, discriminator="link"):
    """A link, under its contact; what closes it stands alone, for conditions."""

    pk: PersonKey
    sk: PersonKey
    listing_sk: PersonKey
    state: Annotated[UnicodeAttribute, FAMILY]
    pupil_pk: PersonKey = UnicodeAttribute(null=True)
    pupil_sk: PersonKey = UnicodeAttribute(null=True)
    restricted: Annotated[BooleanAttribute, FAMILY] = BooleanAttribute(null=True)
    ends_on: Annotated[UnicodeAttribute, FAMILY] = UnicodeAttribute(null=True)
    record = Document(LinkDetails, null=True)


class GroupItem(ListedItem, discriminator="teaching_group"):
    """A teaching group. All of a school are in one partition, so that they can be read together, strongly."""

    pk: ThingKey
    listing_sk: Annotated[UnicodeAttribute, GROUP]
    record = Document(GroupDetails, null=True)


def school_key_of(school_id: str) -> Key[SchoolItem]:
    """Where a school is."""
    return Key(SchoolItem, school_key(school_id), "SCHOOL")


def calendar_key(school_id: str, academic_year: str) -> Key[CalendarItem]:
    """Where the calendar of an academic year (``2026-27``) is: each year has versions of its own."""
    return Key(CalendarItem, school_key(school_id), f"CALENDAR#{academic_year}")


def pupil_key(school_id: str, pupil_id: str) -> Key[PupilItem]:
    """Where a pupil is."""
    return Key(PupilItem, school_key(school_id, "PUPIL", pupil_id), "PUPIL")


def contact_key(school_id: str, contact_id: str) -> Key[ContactItem]:
    """Where a contact is."""
    return Key(ContactItem, school_key(school_id, "CONTACT", contact_id), "CONTACT")


def staff_key(school_id: str, staff_id: str) -> Key[StaffItem]:
    """Where a member of staff is."""
    return Key(StaffItem, school_key(school_id, "STAFF", staff_id), "STAFF")


def link_key(school_id: str, contact_id: str, pupil_id: str) -> Key[LinkItem]:
    """Where a link is: beside its contact."""
    return Key(LinkItem, school_key(school_id, "CONTACT", contact_id), f"LINK#{pupil_id}")


def group_key(school_id: str, group_id: str) -> Key[GroupItem]:
    """Where a teaching group is."""
    return Key(GroupItem, school_key(school_id, "TEACHING_GROUPS"), f"GROUP#{group_id}")


def id_of(item: Item) -> str:
    """The id of the person or group (of a link: the contact; of a school or calendar: the school) an item is about."""
    if isinstance(item, GroupItem):
        return item.sk.removeprefix("GROUP#")
    return item.pk.rsplit("#", 1)[1]


def link_is_open(today: date) -> Condition:
    """The condition that a link gives access on a local day, for a write that depends on it.

    It says in DynamoDB's words what ``rules.is_open`` says in Python's; a link that is not there fails it.
    """
    ends_later = LinkItem.ends_on.does_not_exist() | (LinkItem.ends_on >= today.isoformat())
    condition: Condition = (LinkItem.state == "current") & (LinkItem.restricted == False) & ends_later  # noqa: E712
    return condition


def pupil_is_on_roll(today: date) -> Condition:
    """The condition that somebody is a pupil on a local day: what ``Pupil.is_on_roll`` says in Python."""
    stays = PupilItem.left_on.does_not_exist() | (PupilItem.left_on >= today.isoformat())
    condition: Condition = PupilItem.record.exists() & stays
    return condition


def still_at(revision: int) -> Condition:
    """The condition that an item is as it was when it was read; revision 0 means that there was none."""
    condition: Condition = HeardItem.revision == revision if revision else Item.pk.does_not_exist()
    return condition


def to_school(item: SchoolItem | None) -> School | None:
    """The school an item holds, if any."""
    if item is None or item.record is None:
        return None
    return School(id=id_of(item), contract_ends_on=_day(item.left_on), **dict(item.record))


def to_pupil(item: PupilItem | None) -> Pupil | None:
    """The pupil an item holds; ``None`` for one who was removed, or never told of."""
    if item is None or item.record is None:
        return None
    return Pupil(id=id_of(item), state=item.state, left_on=_day(item.left_on), **dict(item.record))


def to_contact(item: ContactItem | None) -> Contact | None:
    """The contact an item holds; ``None`` for one who was removed."""
    if item is None or item.record is None:
        return None
    return Contact(id=id_of(item), state=item.state, **dict(item.record))


def to_staff(item: StaffItem | None) -> StaffMember | None:
    """The member of staff an item holds; ``None`` for one who was removed."""
    if item is None or item.record is None:
        return None
    return StaffMember(id=id_of(item), state=item.state, **dict(item.record))


def to_link(item: LinkItem | None) -> Link | None:
    """The link an item holds, open or not; ``None`` for one that was removed."""
    if item is None or item.record is None:
        return None
    return Link(
        contact_id=id_of(item),
        pupil_id=item.sk.removeprefix("LINK#"),
        state=item.state,
        restricted=item.restricted is not False,
        ends_on=_day(item.ends_on),
        **dict(item.record),
    )


def to_group(item: GroupItem | None) -> TeachingGroup | None:
    """The teaching group an item holds; ``None`` for one that was removed."""
    if item is None or item.record is None:
        return None
    return TeachingGroup(id=id_of(item), **dict(item.record))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def find_school(school_id: str) -> School:
    """A school, read strongly.

    Raises:
        NotFound: the Portal has never announced it.
    """
    key = school_key_of(school_id)
    school = to_school(get_many([key]).get(key))
    if school is None:
        raise NotFound
    return school


def find_pupils(school_id: str, ids: Iterable[str]) -> dict[str, Pupil]:
    """Pupils by id, read strongly, leavers included; who is not there is left out."""
    keys = {one: pupil_key(school_id, one) for one in ids}
    found = _find(keys)
    return {one: pupil for one, item in found.items() if (pupil := to_pupil(item))}


def find_contacts(school_id: str, ids: Iterable[str]) -> dict[str, Contact]:
    """Contacts by id, read strongly; who is not there is left out."""
    keys = {one: contact_key(school_id, one) for one in ids}
    found = _find(keys)
    return {one: contact for one, item in found.items() if (contact := to_contact(item))}


def find_staff(school_id: str, ids: Iterable[str]) -> dict[str, StaffMember]:
    """Members of staff by id, read strongly; who is not there is left out."""
    keys = {one: staff_key(school_id, one) for one in ids}
    found = _find(keys)
    return {one: member for one, item in found.items() if (member := to_staff(item))}


def _find[I: Item](keys: dict[str, Key[I]]) -> dict[str, I]:
    names = list(keys)
    items: dict[str, I] = {}
    for start in range(0, len(names), _MOST_AT_ONCE):
        some = names[start : start + _MOST_AT_ONCE]
        found = get_many(keys[one] for one in some)
        items |= {one: item for one in some if (item := found.get(keys[one]))}
    return items


def contact_with_links(school_id: str, contact_id: str) -> tuple[ContactItem | None, tuple[Link, ...]]:
    """A contact's item, removed or not, and every link of theirs: one strong read of one partition."""
    items = list(HeardItem.query(school_key(school_id, "CONTACT", contact_id), consistent_read=True))
    contact = next((item for item in items if isinstance(item, ContactItem)), None)
    links = (to_link(item) for item in items if isinstance(item, LinkItem))
    return contact, tuple(link for link in links if link)


def links_of_pupil(school_id: str, pupil_id: str) -> tuple[Link, ...]:
    """Every link of a pupil, open or not, as the index knows them: a moment behind.

    Whoever gives something away on the strength of it asks ``access.require_open_link`` first.
    """
    items: Iterator[Any] = LinkItem.by_pupil.query(school_key(school_id, "PUPIL", pupil_id))
    return tuple(link for item in items if (link := to_link(item)))


def all_pupils(school_id: str, day: date) -> Iterator[Pupil]:
    """Every pupil on roll on a local day, by name, as the index knows them; leavers are left out."""
    return (pupil for pupil in pupils_by_name(school_id) if pupil.is_on_roll(day))


def things(school_id: str, listing: str) -> Iterator[HeardItem]:
    """Every thing of one listing of a school, as the index knows them: a moment behind.

    Args:
        school_id: whose.
        listing: one of ``LISTINGS``.
    """
    found: Iterator[Any] = HeardItem.listing.query(school_key(school_id, listing))
    return found


def pupils_by_name(school_id: str, prefix: str = "", after: str = "", *, at_once: int | None = None) -> Iterator[Pupil]:
    """Pupils whose folded name (:func:`folded`) starts so, leavers included, in the order of the list.

    Args:
        school_id: whose.
        prefix: the folded beginning of "last name, first name".
        after: a position in the list (:func:`listing_position`); only what comes after it.
        at_once: how many are read in one round trip; as many as fit unless told.
    """
    items: Iterator[Any] = _listed(school_key(school_id, "PUPILS"), PupilItem, prefix, after, at_once)
    return (pupil for item in items if (pupil := to_pupil(item)))


def staff_by_name(school_id: str, prefix: str = "", after: str = "") -> Iterator[StaffMember]:
    """Members of staff, as :func:`pupils_by_name`."""
    items: Iterator[Any] = _listed(school_key(school_id, "STAFF"), StaffItem, prefix, after, None)
    return (member for item in items if (member := to_staff(item)))


def groups_by_name(school_id: str, prefix: str = "", after: str = "") -> Iterator[TeachingGroup]:
    """Teaching groups, as :func:`pupils_by_name`."""
    items: Iterator[Any] = _listed(school_key(school_id, "TEACHING_GROUPS"), GroupItem, prefix, after, None)
    return (group for item in items if (group := to_group(item)))


def _listed(partition: str, item: type[ListedItem], prefix: str, after: str, at_once: int | None) -> Iterator[Any]:
    start = max(prefix, f"{after}\0") if after else prefix or " "
    between = item.listing_sk.between(start, f"{prefix}\U0010ffff")
    found: Iterator[Any] = item.listing.query(partition, between, page_size=at_once)
    return found


def position_of(key: Key[Any]) -> str | None:
    """Where a person stands in the list of their kind; ``None`` for one who is not listed."""
    item = get_many([key]).get(key)
    if not isinstance(item, ListedItem) or item.listing_pk == school_key(_school_of(item), GONE):
        return None
    return item.listing_sk


def _school_of(item: Item) -> str:
    return item.pk.split("#", 2)[1]


def folded(last_name: str, first_name: str | None) -> str:
    """A name as the list sorts and finds it: last name first, without case and accents."""
    letters = unicodedata.normalize("NFKD", f"{last_name} {first_name or ''}".casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.translate({ord("#"): " ", ord("’"): "'"}).split())


def listing_position(last_name: str, first_name: str | None, person_id: str) -> str:
    """Where a person stands in the list of their kind."""
    return f"{folded(last_name, first_name)}#{person_id}"
