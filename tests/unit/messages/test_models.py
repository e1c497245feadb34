"""What the message models accept, drop and refuse."""

import json
import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

import school_events.messages
from local.schemas import SCHEMAS
from school_events.messages import PORTAL_MESSAGES, SCHOOL_EVENT_MESSAGES
from school_events.messages.portal import LinkChanged, PupilChanged, StaffChanged, TermCalendarUpdated

PERSONAL_WORDS = (
    "name",
    "email",
    "phone",
    "sen",
    "free_school_meals",
    "pupil_premium",
    "relationship",
    "characteristics",
)


def detail_of(side: str, message_type: str) -> dict[str, Any]:
    """A fresh copy of the detail of a golden sample."""
    name = message_type if "." in message_type else f"{message_type}.v1"
    path = SCHEMAS / "samples" / side / f"{name}.json"
    detail: dict[str, Any] = json.loads(path.read_text())["detail"]
    return detail


def test_unknown_portal_fields_are_dropped_and_their_names_can_be_counted() -> None:
    detail = detail_of("portal", "PupilChanged")
    detail["pupil"]["date_of_birth"] = "2013-05-04"
    detail["pupil"]["characteristics"]["ethnicity"] = "WBRI"
    detail["batch"] = 7
    message = PupilChanged.read(detail)
    assert message.unknown_fields(detail) == ("batch", "pupil.characteristics.ethnicity", "pupil.date_of_birth")
    assert "2013-05-04" not in message.model_dump_json()


def test_unknown_fields_inside_a_list_are_counted_once_by_name() -> None:
    detail = detail_of("portal", "TermCalendarUpdated")
    for term in detail["calendar"]["terms"]:
        term["week_count"] = 14
    assert TermCalendarUpdated.read(detail).unknown_fields(detail) == ("calendar.terms.week_count",)


def test_unknown_fields_in_our_own_messages_are_refused() -> None:
    for message_type, model in SCHOOL_EVENT_MESSAGES.items():
        detail = detail_of("school_events", message_type)
        with pytest.raises(ValidationError, match="pupil_name"):
            model.read({**detail, "pupil_name": "Ann"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), "3"),
        (("version",), 0),
        (("version",), True),
        (("occurred_at",), 1789374600),
        (("occurred_at",), "2026-09-14T08:30:00"),
        (("school_id",), "two words"),
        (("message_id",), "msg\n"),
        (("pupil", "first_name"), 12),
        (("pupil", "year_group"), 7),
        (("pupil", "characteristics", "sen", "status"), "S"),
        (("pupil", "characteristics", "free_school_meals", "eligible"), "yes"),
        (("pupil", "characteristics", "free_school_meals", "starts_on"), 19_000),
        (("pupil", "characteristics", "free_school_meals", "starts_on"), "02/09/2024"),
    ],
)
def test_a_value_of_the_wrong_type_or_form_is_refused(path: tuple[str, ...], value: object) -> None:
    detail = detail_of("portal", "PupilChanged")
    place = detail
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(ValidationError):
        PupilChanged.read(detail)


def test_a_link_that_does_not_say_whether_it_is_restricted_is_refused() -> None:
    detail = detail_of("portal", "LinkChanged")
    del detail["link"]["restricted"]
    with pytest.raises(ValidationError, match="restricted"):
        LinkChanged.read(detail)


@pytest.mark.parametrize("responsibility", [True, False, None])
def test_parental_responsibility_keeps_unknown_apart_from_no(responsibility: bool | None) -> None:
    detail = detail_of("portal", "LinkChanged")
    detail["link"]["parental_responsibility"] = responsibility
    assert LinkChanged.read(detail).link.parental_responsibility is responsibility


def test_a_role_that_does_not_exist_is_refused() -> None:
    detail = detail_of("portal", "StaffChanged")
    detail["staff"]["app_roles"] = ["support"]
    with pytest.raises(ValidationError):
        StaffChanged.read(detail)


def test_our_own_messages_have_no_field_for_personal_data() -> None:
    for path in sorted((SCHEMAS / "school_events").glob("*.json")):
        fields = set(json.loads(path.read_text())["properties"])
        assert fields.isdisjoint(PERSONAL_WORDS), path.name


def test_messages_are_frozen() -> None:
    message = PupilChanged.read(detail_of("portal", "PupilChanged"))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(message, "version", 4)  # noqa: B010 (mypy knows that it is read-only)


def test_reading_leaves_the_detail_as_it_was() -> None:
    detail = detail_of("portal", "PupilChanged")
    before = deepcopy(detail)
    PupilChanged.read(detail)
    assert detail == before


def test_there_is_a_model_for_every_type_the_design_names() -> None:
    assert set(PORTAL_MESSAGES) >= {"SchoolUpdated", "PupilChanged", "LinkRemoved", "SnapshotAvailable"}
    assert len(PORTAL_MESSAGES) == 16
    assert len(SCHOOL_EVENT_MESSAGES) == 13


def test_a_function_that_needs_one_side_does_not_load_the_other() -> None:
    script = (
        "import sys; from school_events.messages import PORTAL_MESSAGES;"
        "sys.exit(any(name.startswith('school_events.messages.school_events') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0  # noqa: S603


def test_a_name_the_registry_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="NO_MESSAGES"):
        _ = school_events.messages.NO_MESSAGES
