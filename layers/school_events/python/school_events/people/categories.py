"""Categories of data: what a school has authorised us to hold, and the details cut down to it (A4)."""

from collections.abc import Collection

from school_events.core.inventory import Record
from school_events.people.model import (
    Characteristics,
    ContactDetails,
    DataCategory,
    GroupDetails,
    Link,
    LinkDetails,
    PupilDetails,
    StaffDetails,
)

_OF_PUPILS: tuple[DataCategory, ...] = (
    "pupil_name",
    "year_group",
    "registration_group",
    "sen",
    "free_school_meals",
    "pupil_premium",
)
_OF_CONTACTS: tuple[DataCategory, ...] = ("contact_name", "contact_details")
_OF_GROUPS: tuple[DataCategory, ...] = ("year_group", "staff", "teaching_groups")


def withheld(details: Record | None, authorised: Collection[DataCategory]) -> tuple[DataCategory, ...]:
    """The categories that details of this kind could have, and may not."""
    return tuple(category for category in _of(details) if category not in authorised)


def permitted(details: Record | None, authorised: Collection[DataCategory]) -> Record | None:
    """What may be kept of the details: only the categories the school has authorised (A4).

    What closes a link (``restricted``, ``ends_on``) and what a member of staff may do here are always kept: leaving
    them out would let somebody in.
    """
    if isinstance(details, PupilDetails):
        return _permitted_of_pupil(details, authorised)
    if isinstance(details, ContactDetails):
        return _permitted_of_contact(details, authorised)
    if isinstance(details, Link) and "relationship" not in authorised:
        return details.model_copy(update=dict.fromkeys(LinkDetails.model_fields))
    if isinstance(details, StaffDetails) and "staff" not in authorised:
        return StaffDetails(first_name="", last_name="", app_roles=details.app_roles)
    if isinstance(details, GroupDetails):
        return _permitted_of_group(details, authorised)
    return details


def _of(details: Record | None) -> tuple[DataCategory, ...]:
    if isinstance(details, PupilDetails):
        return _OF_PUPILS
    if isinstance(details, ContactDetails):
        return _OF_CONTACTS
    if isinstance(details, Link):
        return ("relationship",)
    if isinstance(details, GroupDetails):
        return _OF_GROUPS
    return ("staff",) if isinstance(details, StaffDetails) else ()


def _permitted_of_pupil(pupil: PupilDetails, authorised: Collection[DataCategory]) -> PupilDetails:
    kept: dict[str, object] = {}
    if "pupil_name" not in authorised:
        kept |= {"first_name": "", "last_name": "", "legal_first_name": None}
    if "year_group" not in authorised:
        kept["year_group"] = None
    if "registration_group" not in authorised:
        kept["registration_group"] = None
    traits = pupil.characteristics
    meals = "free_school_meals" in authorised
    kept["characteristics"] = Characteristics(
        sen=traits.sen if "sen" in authorised else None,
        free_school_meals=traits.free_school_meals if meals else None,
        fsm_ever6=traits.fsm_ever6 if meals else None,
        pupil_premium=traits.pupil_premium if "pupil_premium" in authorised else None,
    )
    return pupil.model_copy(update=kept)


def _permitted_of_contact(contact: ContactDetails, authorised: Collection[DataCategory]) -> ContactDetails:
    kept: dict[str, object] = {}
    if "contact_name" not in authorised:
        kept |= {"title": None, "first_name": None, "last_name": ""}
    if "contact_details" not in authorised:
        kept |= {"email": None, "phone": None}
    return contact.model_copy(update=kept)


def _permitted_of_group(group: GroupDetails, authorised: Collection[DataCategory]) -> GroupDetails:
    """A group's year is its pupils' year, and who teaches it is about staff: both have categories of their own."""
    if "teaching_groups" not in authorised:
        return GroupDetails(name="")
    kept: dict[str, object] = {}
    if "year_group" not in authorised:
        kept["year_group"] = None
    if "staff" not in authorised:
        kept["staff_ids"] = ()
    return group.model_copy(update=kept)
