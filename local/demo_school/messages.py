"""The demo school as Portal messages, in the order the Portal would send a new school."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Final

from .calendar import ACADEMIC_YEAR, HALF_TERMS, INSET_DAYS, TERMS
from .model import Characteristics, Eligibility, Pupil, TeachingGroup
from .school import DemoSchool

SOURCE: Final = "portal"
OCCURRED_AT: Final = datetime(2026, 9, 1, 5, 0, tzinfo=UTC)
AUTHORISED_CATEGORIES: Final = (
    "pupil_name",
    "year_group",
    "registration_group",
    "sen",
    "free_school_meals",
    "pupil_premium",
    "contact_name",
    "contact_details",
    "relationship",
    "staff",
    "teaching_groups",
)


@dataclass(frozen=True)
class PortalMessage:
    """One message on the portal bus."""

    type: str
    detail: Mapping[str, object]

    def entry(self, bus_name: str) -> dict[str, str]:
        """The message as an entry of EventBridge's PutEvents."""
        detail = json.dumps(self.detail, ensure_ascii=False)
        return {"EventBusName": bus_name, "Source": SOURCE, "DetailType": self.type, "Detail": detail}

    def line(self) -> str:
        """The message as one line of JSON a person can read."""
        shown = {"source": SOURCE, "detail-type": self.type, "detail": self.detail}
        return json.dumps(shown, ensure_ascii=False)


def portal_messages(
    school: DemoSchool, occurred_at: datetime = OCCURRED_AT, version: int = 1
) -> Iterator[PortalMessage]:
    """Every message that tells a new reader about the school: school, calendar, staff, pupils, groups, contacts, links.

    Args:
        school: The school to tell about.
        occurred_at: When it all happened, UTC.
        version: Of every entity; telling the same version again changes nothing.
    """
    instant = occurred_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    for name, key, thing in _things(school):
        envelope = {
            "school_id": school.id,
            "message_id": f"msg-{version}-{key}",
            "occurred_at": instant,
            "version": version,
        }
        yield PortalMessage(name, {**envelope, **thing})


def _things(school: DemoSchool) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Type, unique key and content of each message."""
    yield "SchoolUpdated.v2", "school", {"school": _school(school)}
    yield "TermCalendarUpdated", f"calendar-{ACADEMIC_YEAR}", {"calendar": _calendar()}
    for member in school.staff:
        yield "StaffChanged", member.id, {"staff": {**asdict(member), "app_roles": list(member.app_roles)}}
    for pupil in school.pupils:
        yield "PupilChanged", pupil.id, {"pupil": _pupil(pupil)}
    for group in school.groups:
        yield "TeachingGroupChanged", group.id, {"teaching_group": _group(group)}
    for contact in school.contacts:
        yield "ContactChanged", contact.id, {"contact": asdict(contact)}
    for link in school.links:
        content = {**asdict(link), "ends_on": _day(link.ends_on)}
        yield "LinkChanged", f"{link.contact_id}-{link.pupil_id}", {"link": content}


def _school(school: DemoSchool) -> dict[str, object]:
    return {
        "name": school.name,
        "time_zone": "Europe/London",
        "nation": "ENG",
        "academic_year_start": "09-01",
        "authorised_categories": list(AUTHORISED_CATEGORIES),
        "parents_mfa_exempt": False,
    }


def _calendar() -> dict[str, object]:
    return {
        "academic_year": ACADEMIC_YEAR,
        "terms": [{"name": name, "starts_on": _day(first), "ends_on": _day(last)} for name, first, last in TERMS],
        "half_terms": [{"starts_on": _day(first), "ends_on": _day(last)} for first, last in HALF_TERMS],
        "inset_days": [_day(day) for day in INSET_DAYS],
    }


def _pupil(pupil: Pupil) -> dict[str, object]:
    return {
        "id": pupil.id,
        "legal_first_name": pupil.legal_first_name,
        "first_name": pupil.first_name,
        "last_name": pupil.last_name,
        "year_group": f"Year {pupil.year}",
        "registration_group": pupil.form,
        "characteristics": _characteristics(pupil.characteristics),
    }


def _group(group: TeachingGroup) -> dict[str, object]:
    return {**asdict(group), "staff_ids": list(group.staff_ids), "pupil_ids": list(group.pupil_ids)}


def _characteristics(own: Characteristics) -> dict[str, object]:
    return {
        "sen": {"status": own.sen, "starts_on": _day(own.sen_starts_on)},
        "free_school_meals": _eligibility(own.free_school_meals),
        "fsm_ever6": _eligibility(own.fsm_ever6),
        "pupil_premium": _eligibility(own.pupil_premium),
    }


def _eligibility(own: Eligibility) -> dict[str, object]:
    return {"eligible": own.eligible, "starts_on": _day(own.starts_on)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
