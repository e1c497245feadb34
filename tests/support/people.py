"""A school's people for a test, told the way the Portal tells them: by messages, through the product's own door."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, get_args

from school_events.core.context import Actor
from school_events.people import sync
from school_events.people.intake import Received, read
from school_events.people.model import AppRole, DataCategory
from tests.support.contexts import NOW, SCHOOL, a_context, next_id

PORTAL = Actor("portal", "portal")
EVERYTHING: tuple[DataCategory, ...] = get_args(DataCategory)

type PortalMessage = tuple[str, dict[str, Any]]
"""A message's type and its detail."""


def portal_message(
    message_type: str,
    content: Mapping[str, Any],
    *,
    version: int = 1,
    school_id: str = SCHOOL,
    occurred_at: str = "2026-09-01T08:00:00Z",
) -> PortalMessage:
    """A message of the Portal.

    Args:
        message_type: EventBridge's ``detail-type``.
        content: what it says besides school, id, time and version.
        version: of the thing it is about.
        school_id: whose.
        occurred_at: when it happened.
    """
    common = {"school_id": school_id, "message_id": next_id("msg"), "occurred_at": occurred_at, "version": version}
    return message_type, common | dict(content)


def school_told(
    *, categories: Iterable[str] = EVERYTHING, parents_mfa_exempt: bool = False, version: int = 1, **others: Any
) -> PortalMessage:
    """``SchoolUpdated.v2``: everything authorised unless told otherwise."""
    school = {
        "name": "St Brigid's School",
        "time_zone": "Europe/London",
        "nation": "ENG",
        "authorised_categories": list(categories),
        "parents_mfa_exempt": parents_mfa_exempt,
    }
    return portal_message("SchoolUpdated.v2", {"school": school | others}, version=version)


def pupil_told(
    pupil_id: str = "pupil-1",
    first_name: str = "Amelia",
    last_name: str = "O'Connor",
    year_group: str = "Year 8",
    *,
    registration_group: str | None = "8B",
    characteristics: Mapping[str, Any] | None = None,
    version: int = 1,
) -> PortalMessage:
    """``PupilChanged``."""
    pupil: dict[str, Any] = {
        "id": pupil_id,
        "first_name": first_name,
        "last_name": last_name,
        "year_group": year_group,
        "registration_group": registration_group,
        "characteristics": dict(characteristics or {}),
    }
    return portal_message("PupilChanged", {"pupil": pupil}, version=version)


def contact_told(
    contact_id: str = "contact-1",
    first_name: str = "Niamh",
    last_name: str = "O'Connor",
    *,
    email: str | None = "niamh@family.test",
    version: int = 1,
) -> PortalMessage:
    """``ContactChanged``."""
    contact = {"id": contact_id, "title": "Ms", "first_name": first_name, "last_name": last_name, "email": email}
    return portal_message("ContactChanged", {"contact": contact}, version=version)


def link_told(
    contact_id: str = "contact-1",
    pupil_id: str = "pupil-1",
    *,
    restricted: bool = False,
    ends_on: date | None = None,
    version: int = 1,
) -> PortalMessage:
    """``LinkChanged``: open unless told otherwise."""
    link = {
        "contact_id": contact_id,
        "pupil_id": pupil_id,
        "relationship": "Mother",
        "priority": 1,
        "parental_responsibility": True,
        "restricted": restricted,
        "ends_on": ends_on.isoformat() if ends_on else None,
    }
    return portal_message("LinkChanged", {"link": link}, version=version)


def link_removed(contact_id: str = "contact-1", pupil_id: str = "pupil-1", *, version: int = 2) -> PortalMessage:
    """``LinkRemoved``."""
    return portal_message("LinkRemoved", {"contact_id": contact_id, "pupil_id": pupil_id}, version=version)


def staff_told(
    staff_id: str = "staff-1",
    app_roles: Iterable[AppRole] = ("staff",),
    *,
    first_name: str = "Zoë",
    last_name: str = "Adeyemi",
    version: int = 1,
) -> PortalMessage:
    """``StaffChanged``."""
    staff = {
        "id": staff_id,
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{staff_id}@school.test",
        "role": "Teacher",
        "app_roles": list(app_roles),
    }
    return portal_message("StaffChanged", {"staff": staff}, version=version)


def group_told(
    group_id: str = "group-1",
    pupils: Iterable[str] = ("pupil-1",),
    staff: Iterable[str] = ("staff-1",),
    *,
    name: str = "8x/Ma1",
    subject: str | None = "Mathematics",
    year_group: str | None = "Year 8",
    version: int = 1,
) -> PortalMessage:
    """``TeachingGroupChanged``."""
    group = {
        "id": group_id,
        "name": name,
        "subject": subject,
        "year_group": year_group,
        "staff_ids": list(staff),
        "pupil_ids": list(pupils),
    }
    return portal_message("TeachingGroupChanged", {"teaching_group": group}, version=version)


def group_removed(group_id: str = "group-1", *, version: int = 2) -> PortalMessage:
    """``TeachingGroupRemoved``."""
    return portal_message("TeachingGroupRemoved", {"teaching_group_id": group_id}, version=version)


def received(message: PortalMessage) -> Received:
    """A message as the door lets it in."""
    return read(*message)


def tell(*messages: PortalMessage, together: bool = True, now: datetime = NOW) -> None:
    """Apply messages of one school, in this order; each must succeed.

    Args:
        messages: what the Portal says.
        together: as one batch, or one by one.
        now: when they are applied, UTC.
    """
    batches = [messages] if together else [(one,) for one in messages]
    for batch in batches:
        ctx = a_context(str(batch[0][1]["school_id"]), actor=PORTAL, now=now)
        failed = sync.apply(ctx, [received(one) for one in batch])
        assert not failed, failed


def a_small_school() -> None:
    """A school with an administrator, a teacher, and one mother of one child: the ids of ``tests.support.contexts``."""
    tell(
        school_told(),
        staff_told("staff-admin", ("school_admin",), first_name="Ruth", last_name="Marsh"),
        staff_told("staff-1"),
        pupil_told(),
        contact_told(),
        link_told(),
    )
