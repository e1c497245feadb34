"""What the door lets in, and what it says of what it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from school_events.people.intake import NeverRight, read, read_envelope
from school_events.people.upkeep import SnapshotMessage
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
)

SAMPLES = Path("events_schemas/samples/portal")


def _changed(message: PortalMessage, thing: str, **changes: Any) -> PortalMessage:
    name, detail = message
    return name, detail | {thing: detail[thing] | changes}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_golden_sample_of_an_accepted_type_is_let_in(sample: Path) -> None:
    received = read_envelope(sample.read_text(), "message-1")
    assert received.school_id == "demo-school"
    assert isinstance(received, SnapshotMessage) or received.dropped == ()


@pytest.mark.parametrize(
    ("message", "label"),
    [
        (_changed(pupil_told(), "pupil", year_group="Year 77"), "invalid: pupil.year_group"),
        (_changed(pupil_told(), "pupil", first_name=" \u200b "), "invalid: pupil.first_name"),
        (_changed(pupil_told(), "pupil", last_name=7), "invalid: pupil.last_name"),
        (_changed(pupil_told(), "pupil", id="a b"), "invalid: pupil.id"),
        (
            _changed(pupil_told(), "pupil", characteristics={"sen": {"status": "Q"}}),
            "invalid: pupil.characteristics.sen.status",
        ),
        (_changed(contact_told(), "contact", phone="n/a"), "invalid: contact.phone"),
        (_changed(contact_told(), "contact", email="none"), "invalid: contact.email"),
        (_changed(link_told(), "link", relationship="???"), "invalid: link.relationship"),
        (_changed(link_told(), "link", restricted="yes"), "invalid: link.restricted"),
        (_changed(staff_told(), "staff", email="none"), "invalid: staff.email"),
        (_changed(school_told(), "school", time_zone="Europe/Nowhere"), "invalid: school.time_zone"),
        (_changed(school_told(), "school", time_zone="../etc/passwd"), "invalid: school.time_zone"),
        (_changed(school_told(), "school", academic_year_start="02-30"), "invalid: school.academic_year_start"),
        (("PupilChanged", {}), "invalid: school_id, message_id, occurred_at, version, pupil"),
        (pupil_told(version=0), "invalid: version"),
        (
            portal_message("PupilRemoved", {"pupil_id": "p"}, occurred_at="9999-12-31T23:59:59-14:00"),
            "invalid: occurred_at",
        ),
        (portal_message("PupilRemoved", {"pupil_id": "p"}, occurred_at="2026-09-01T08:00:00"), "invalid: occurred_at"),
        (portal_message("PupilExpelled", {"pupil_id": "p"}), "unknown-type"),
        (portal_message("SnapshotAvailable", {}), "unknown-type"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_never_be_right_is_refused_with_the_fields_to_blame(message: PortalMessage, label: str) -> None:
    with pytest.raises(NeverRight) as refused:
        read(*message)
    assert refused.value.label == label


@pytest.mark.parametrize(
    ("terms", "half_terms", "year", "label"),
    [
        ([("2026-12-18", "2026-09-01")], [], "2026-27", "invalid: calendar.terms"),
        ([("2026-09-01", "2026-12-18")], [("2026-10-30", "2026-10-26")], "2026-27", "invalid: calendar.half_terms"),
        ([("2026-09-01", "2026-12-18")], [], "2026-28", "invalid: calendar.academic_year"),
    ],
)
def test_a_calendar_that_runs_backwards_is_refused(
    terms: list[tuple[str, str]], half_terms: list[tuple[str, str]], year: str, label: str
) -> None:
    calendar = {
        "academic_year": year,
        "terms": [{"name": "Autumn", "starts_on": first, "ends_on": last} for first, last in terms],
        "half_terms": [{"starts_on": first, "ends_on": last} for first, last in half_terms],
        "inset_days": [],
    }
    with pytest.raises(NeverRight) as refused:
        read(*portal_message("TermCalendarUpdated", {"calendar": calendar}))
    assert refused.value.label == label


@pytest.mark.parametrize(
    ("body", "label"),
    [
        ("", "not-json"),
        ("{", "not-json"),
        ("[" * 100_000, "not-json"),
        ("[]", "not-a-message"),
        ("{}", "not-a-message"),
        (json.dumps({"source": "portal", "detail-type": "PupilChanged", "detail": "text"}), "not-a-message"),
        (json.dumps({"source": "aws.s3", "detail-type": "PupilChanged", "detail": {}}), "unknown-source"),
        (json.dumps({"source": "portal", "detail": {}}), "unknown-type"),
        (
            json.dumps({"source": "portal", "detail-type": "PupilRemoved", "detail": {"pupil_id": "\ud800"}}),
            "invalid: detail",
        ),
    ],
    ids=[
        "empty",
        "cut off",
        "too deep",
        "a list",
        "no detail",
        "text",
        "another source",
        "no type",
        "half a character",
    ],
)
def test_what_is_no_message_at_all_is_refused(body: str, label: str) -> None:
    with pytest.raises(NeverRight) as refused:
        read_envelope(body, "message-1")
    assert refused.value.label == label


def test_unknown_fields_are_left_out_and_told_by_name_only() -> None:
    message = _changed(
        pupil_told(), "pupil", date_of_birth="2014-03-02", address={"line_1": "1 High St"}, ethnicity="WBRI"
    )
    received = read(*message)
    assert received.dropped == ("pupil.address", "pupil.date_of_birth", "pupil.ethnicity")
    assert "2014" not in repr(received)
    assert "High St" not in repr(received)
