"""The door: a message of the Portal becomes one statement about one thing, or is refused for good with its reason.

Only what ``events_schemas/portal`` knows comes in; every other field is dropped and its name counted (A4).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from school_events.core.inventory import Record
from school_events.messages import PORTAL_MESSAGES, PORTAL_SOURCE, Message, portal
from school_events.people import normalisation
from school_events.people.model import (
    Characteristics,
    ContactDetails,
    GroupDetails,
    HalfTerm,
    Link,
    PupilDetails,
    SchoolDetails,
    StaffDetails,
    Term,
    TermCalendar,
)
from school_events.people.normalisation import Nonsense
from school_events.people.rules import Statement, Thing, What, instant_of, order
from school_events.people.upkeep import SnapshotMessage

_MOST_FIELDS = 10
_EARLIEST_LEAVING, _LATEST_LEAVING = date(1990, 1, 1), date(2199, 12, 31)

CLOCKS_APART = timedelta(minutes=5)
"""How far ahead of ours the Portal's clock may be."""

SNAPSHOT = "SnapshotAvailable"
"""The one type that says nothing of a thing itself: it names a file that does."""


class NeverRight(Exception):
    """A message that no repetition makes right.

    Args:
        reason: a slug.
        fields: names of the fields to blame; names of the schema's, never values.
    """

    def __init__(self, reason: str, *fields: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fields = fields[:_MOST_FIELDS]

    @property
    def label(self) -> str:
        """Reason and fields in one line, without personal data: ``invalid: pupil.year_group``."""
        return f"{self.reason}: {', '.join(self.fields)}" if self.fields else self.reason


@dataclass(frozen=True)
class Received:
    """A message that makes sense.

    Args:
        school_id: the school it is about.
        type: its message type.
        detail: what it says, by the schema's fields only.
        statement: what that means.
        dropped: names of the fields that were left out.
        delivery: names the queue message it came in.
    """

    school_id: str
    type: str
    detail: Mapping[str, Any]
    statement: Statement
    dropped: tuple[str, ...] = ()
    delivery: str = ""


def read_envelope(body: str, delivery: str) -> Received | SnapshotMessage:
    """The message in an EventBridge event, as the queue hands it over.

    Args:
        body: the queue message's body.
        delivery: the queue message's id.

    Raises:
        NeverRight: it is no such event, of an unknown type, or its detail is not valid.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise NeverRight("not-json") from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("detail"), dict):
        raise NeverRight("not-a-message")
    if envelope.get("source") != PORTAL_SOURCE:
        raise NeverRight("unknown-source")
    if envelope.get("detail-type") == SNAPSHOT:
        return _snapshot(envelope["detail"])
    return replace(read(str(envelope.get("detail-type")), envelope["detail"]), delivery=delivery)


def check_past(message: Received, now: datetime) -> None:
    """Whether what a message tells has happened yet.

    An instant mangled into the future would outrank every repair under the same version until then.

    Args:
        message: as the door lets it in.
        now: the present instant, UTC; the Portal's clock may be :data:`CLOCKS_APART` ahead of ours.

    Raises:
        NeverRight: it has not.
    """
    if instant_of(message.statement.order) > now + CLOCKS_APART:
        raise NeverRight("invalid", "occurred_at")


def read(message_type: str, detail: Mapping[str, Any]) -> Received:
    """What a message says.

    Args:
        message_type: EventBridge's ``detail-type``.
        detail: the detail as it came.

    Raises:
        NeverRight: the type is not accepted, or the detail is not valid.
    """
    reader = _READERS.get(message_type)
    if reader is None:
        raise _unknown(message_type)
    message = _message(message_type, detail)
    said = message.detail()
    return Received(
        school_id=str(said["school_id"]),
        type=message_type,
        detail=said,
        statement=reader(message),
        dropped=message.unknown_fields(detail),
    )


def _unknown(message_type: str) -> NeverRight:
    """Which of the two it is tells whom to ask: a version (``PupilChanged.v2``) that we do not read yet, or no type."""
    name, _, version = message_type.partition(".")
    return NeverRight("unknown-version" if version and name in PORTAL_MESSAGES else "unknown-type")


def _message(message_type: str, detail: Mapping[str, Any]) -> Message:
    try:
        return PORTAL_MESSAGES[message_type].read(detail)
    except ValidationError as error:
        raise NeverRight("invalid", *_fields(error)) from None
    except (ValueError, RecursionError):
        raise NeverRight("invalid") from None


def _snapshot(detail: Mapping[str, Any]) -> SnapshotMessage:
    message: Any = _message(SNAPSHOT, detail)
    return SnapshotMessage(
        school_id=message.school_id,
        version=message.version,
        message_id=message.message_id,
        occurred_at=message.occurred_at,
        snapshot=message.snapshot.model_dump(),
    )


def _fields(error: ValidationError) -> list[str]:
    names = (".".join(str(part) for part in one["loc"]) or "detail" for one in error.errors(include_input=False))
    return list(dict.fromkeys(names))


def _clean[T](field: str, normalise: Callable[[str], T], value: str) -> T:
    try:
        return normalise(value)
    except Nonsense:
        raise NeverRight("invalid", field) from None


def _clean_or_none[T](field: str, normalise: Callable[[str], T], value: str | None) -> T | None:
    return None if value is None else _clean(field, normalise, value)


def _statement(message: Any, thing: Thing, what: What, details: Record | None, left_on: date | None) -> Statement:
    try:
        occurred_at = message.occurred_at.astimezone(UTC)
    except OverflowError:
        raise NeverRight("invalid", "occurred_at") from None
    return Statement(thing, order(message.version, occurred_at, what), what, details, left_on)


def _told(message: Any, thing: Thing, details: Record) -> Statement:
    return _statement(message, thing, "told", details, None)


def _removed(message: Any, thing: Thing) -> Statement:
    return _statement(message, thing, "removed", None, None)


def _school(message: portal.SchoolUpdated | portal.SchoolUpdatedV2) -> Statement:
    school = message.school
    try:
        ZoneInfo(school.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise NeverRight("invalid", "school.time_zone") from None
    start = school.academic_year_start or "09-01"
    try:
        date.fromisoformat(f"2023-{start}")
    except ValueError:
        raise NeverRight("invalid", "school.academic_year_start") from None
    details = SchoolDetails(
        name=_clean("school.name", normalisation.text, school.name),
        time_zone=school.time_zone,
        nation=school.nation,
        academic_year_start=start,
        authorised_categories=tuple(sorted(set(school.authorised_categories))),
        parents_mfa_exempt=school.parents_mfa_exempt,
    )
    return _told(message, Thing("school", (message.school_id,)), details)


def _calendar(message: portal.TermCalendarUpdated) -> Statement:
    calendar = message.calendar
    for name in ("terms", "half_terms"):
        if any(span.ends_on < span.starts_on for span in getattr(calendar, name)):
            raise NeverRight("invalid", f"calendar.{name}")
    if (int(calendar.academic_year[2:4]) + 1) % 100 != int(calendar.academic_year[5:]):
        raise NeverRight("invalid", "calendar.academic_year")
    details = TermCalendar(
        academic_year=calendar.academic_year,
        terms=tuple(
            Term(
                name=_clean("calendar.terms.name", normalisation.text, term.name),
                starts_on=term.starts_on,
                ends_on=term.ends_on,
            )
            for term in calendar.terms
        ),
        half_terms=tuple(HalfTerm(starts_on=one.starts_on, ends_on=one.ends_on) for one in calendar.half_terms),
        inset_days=tuple(sorted(set(calendar.inset_days))),
    )
    return _told(message, Thing("calendar", (calendar.academic_year,)), details)


def _pupil(message: portal.PupilChanged) -> Statement:
    pupil = message.pupil
    traits = pupil.characteristics
    details = PupilDetails(
        first_name=_clean("pupil.first_name", normalisation.text, pupil.first_name),
        last_name=_clean("pupil.last_name", normalisation.text, pupil.last_name),
        legal_first_name=_clean_or_none("pupil.legal_first_name", normalisation.text, pupil.legal_first_name),
        year_group=_clean("pupil.year_group", normalisation.year_group, pupil.year_group),
        registration_group=_clean_or_none("pupil.registration_group", normalisation.text, pupil.registration_group),
        characteristics=Characteristics() if traits is None else Characteristics.model_validate(traits.model_dump()),
    )
    return _told(message, Thing("pupil", (pupil.id,)), details)


def _pupil_left(message: portal.PupilLeft) -> Statement:
    if not _EARLIEST_LEAVING <= message.left_on <= _LATEST_LEAVING:
        raise NeverRight("invalid", "left_on")
    return _statement(message, Thing("pupil", (message.pupil_id,)), "left", None, message.left_on)


def _contract_ended(message: portal.SchoolContractEnded) -> Statement:
    return _statement(message, Thing("school", (message.school_id,)), "left", None, message.ended_on)


def _contact_removed(message: portal.ContactRemoved) -> Statement:
    if message.merged_into == message.contact_id:
        raise NeverRight("invalid", "merged_into")
    return replace(_removed(message, Thing("contact", (message.contact_id,))), merged_into=message.merged_into)


def _contact(message: portal.ContactChanged) -> Statement:
    contact = message.contact
    details = ContactDetails(
        title=_clean_or_none("contact.title", normalisation.text, contact.title),
        first_name=_clean_or_none("contact.first_name", normalisation.text, contact.first_name),
        last_name=_clean("contact.last_name", normalisation.text, contact.last_name),
        email=_clean_or_none("contact.email", normalisation.email, contact.email),
        phone=_clean_or_none("contact.phone", normalisation.phone, contact.phone),
    )
    return _told(message, Thing("contact", (contact.id,)), details)


def _link(message: portal.LinkChanged) -> Statement:
    link = message.link
    details = Link(
        contact_id=link.contact_id,
        pupil_id=link.pupil_id,
        relationship=_clean("link.relationship", normalisation.relationship, link.relationship),
        priority=link.priority,
        parental_responsibility=link.parental_responsibility,
        restricted=link.restricted,
        ends_on=link.ends_on,
    )
    return _told(message, Thing("link", (link.contact_id, link.pupil_id)), details)


def _staff(message: portal.StaffChanged) -> Statement:
    staff = message.staff
    details = StaffDetails(
        first_name=_clean("staff.first_name", normalisation.text, staff.first_name),
        last_name=_clean("staff.last_name", normalisation.text, staff.last_name),
        email=_clean("staff.email", normalisation.email, staff.email),
        role=_clean("staff.role", normalisation.text, staff.role),
        app_roles=tuple(sorted(set(staff.app_roles or ()))),
    )
    return _told(message, Thing("staff", (staff.id,)), details)


def _group(message: portal.TeachingGroupChanged) -> Statement:
    group = message.teaching_group
    details = GroupDetails(
        name=_clean("teaching_group.name", normalisation.text, group.name),
        subject=_clean_or_none("teaching_group.subject", normalisation.text, group.subject),
        year_group=_clean_or_none("teaching_group.year_group", normalisation.year_group, group.year_group),
        staff_ids=tuple(sorted({one.root for one in group.staff_ids})),
        pupil_ids=tuple(sorted({one.root for one in group.pupil_ids})),
    )
    return _told(message, Thing("teaching_group", (group.id,)), details)


_READERS: Mapping[str, Callable[[Any], Statement]] = {
    "SchoolUpdated": _school,
    "SchoolUpdated.v2": _school,
    "SchoolContractEnded": _contract_ended,
    "TermCalendarUpdated": _calendar,
    "PupilChanged": _pupil,
    "PupilLeft": _pupil_left,
    "PupilRemoved": lambda message: _removed(message, Thing("pupil", (message.pupil_id,))),
    "ContactChanged": _contact,
    "ContactRemoved": _contact_removed,
    "LinkChanged": _link,
    "LinkRemoved": lambda message: _removed(message, Thing("link", (message.contact_id, message.pupil_id))),
    "StaffChanged": _staff,
    "StaffRemoved": lambda message: _removed(message, Thing("staff", (message.staff_id,))),
    "TeachingGroupChanged": _group,
    "TeachingGroupRemoved": lambda message: _removed(message, Thing("teaching_group", (message.teaching_group_id,))),
}
"""The message types that say something of a thing; with ``SNAPSHOT`` all that are accepted now."""
