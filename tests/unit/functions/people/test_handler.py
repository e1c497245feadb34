"""What administrators read about people, and who may not."""

from collections.abc import Mapping
from typing import Any

import pytest
import time_machine

from functions.people.handler import api, lambda_handler
from school_events.people.rules import Thing
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import (
    PortalMessage,
    a_small_school,
    contact_told,
    group_removed,
    group_told,
    link_told,
    portal_message,
    pupil_told,
    staff_told,
    tell,
)
from tests.support.portal_queue import a_snapshot_lacks
from tests.support.tables import everything, rows

pytestmark = pytest.mark.usefixtures("tables")

SCHOOL = "/v1/schools/{school_id}"
ROUTES = {
    f"GET {SCHOOL}/pupils": {},
    f"GET {SCHOOL}/pupils/{{pupil_id}}": {"pupil_id": "pupil-1"},
    f"GET {SCHOOL}/contacts/{{contact_id}}": {"contact_id": "contact-1"},
    f"GET {SCHOOL}/staff": {},
    f"GET {SCHOOL}/teaching-groups": {},
    f"GET {SCHOOL}/snapshots": {},
    f"GET {SCHOOL}/snapshots/{{snapshot_id}}": {"snapshot_id": "2026-11-22T03:00:00.000Z~snapshot-1"},
}


def _get(route: str, parameters: Mapping[str, str] | None = None, **others: Any) -> dict[str, Any]:
    return lambda_handler(http_event(f"GET {SCHOOL}{route}", parameters, **others), LambdaContext())


def _found(**query: str) -> list[str]:
    answer = _get("/pupils", query=query)
    assert answer["statusCode"] == 200, answer
    return [one["id"] for one in json_of(answer)["items"]]


def _some_pupils() -> None:
    a_small_school()
    tell(
        pupil_told("pupil-2", "Zoë", "Ångström", "Reception", registration_group="RA"),
        pupil_told("pupil-3", "Ben", "Angus", "Year 8", registration_group="8B"),
        pupil_told("pupil-4", "Ana", "Young", "Year 9", registration_group=None),
        portal_message("PupilLeft", {"pupil_id": "pupil-4", "left_on": "2026-10-23"}, version=2),
        pupil_told("pupil-5", "Gone", "Gone"),
        portal_message("PupilRemoved", {"pupil_id": "pupil-5"}, version=2),
    )


def test_the_table_below_holds_every_route() -> None:
    assert set(ROUTES) == set(api.rules)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("roles", "person"), [(("parent",), "contact-1"), (("staff",), "staff-1"), (("finance",), "staff-1")]
)
def test_only_administrators_read_about_people(route: str, roles: tuple[str, ...], person: str) -> None:
    a_small_school()
    answer = lambda_handler(http_event(route, ROUTES[route], roles=roles, person=person), LambdaContext())
    assert answer["statusCode"] == 403


@pytest.mark.parametrize("route", ROUTES)
def test_another_schools_administrator_finds_no_school(route: str) -> None:
    a_small_school()
    answer = lambda_handler(
        http_event(route, ROUTES[route] | {"school_id": "school-1"}, school_id="school-2"), LambdaContext()
    )
    assert answer["statusCode"] == 404


def test_pupils_are_listed_by_name_with_leavers_and_without_characteristics() -> None:
    _some_pupils()
    answer = _get("/pupils")
    items = json_of(answer)["items"]
    assert [one["id"] for one in items] == ["pupil-2", "pupil-3", "pupil-1", "pupil-4"]
    assert items[3]["state"] == "left"
    assert items[3]["left_on"] == "2026-10-23"
    assert "characteristics" not in items[0]
    assert rows("Audit") == []


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"name": "ang"}, ["pupil-2", "pupil-3"]),
        ({"name": "ÅNGS"}, ["pupil-2"]),
        ({"name": "Angus, b"}, ["pupil-3"]),
        ({"name": "O’Con"}, ["pupil-1"]),
        ({"name": "nobody"}, []),
        ({"year": "Year 8"}, ["pupil-3", "pupil-1"]),
        ({"year": "reception"}, ["pupil-2"]),
        ({"form": "8b"}, ["pupil-3", "pupil-1"]),
        ({"form": "8B", "name": "a", "year": "8"}, ["pupil-3"]),
    ],
)
def test_pupils_are_found_by_name_year_and_form(query: dict[str, str], ids: list[str]) -> None:
    _some_pupils()
    assert _found(**query) == ids


def test_pages_follow_each_other_without_gap_or_overlap_and_their_cursors_name_nobody() -> None:
    _some_pupils()
    seen: list[str] = []
    query = {"limit": "1"}
    while True:
        page = json_of(_get("/pupils", query=query))
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {"limit": "1", "cursor": page["next_cursor"]}
    assert seen == ["pupil-2", "pupil-3", "pupil-1", "pupil-4"]


def test_a_cursor_of_another_list_or_of_somebody_gone_is_refused() -> None:
    _some_pupils()
    cursor = json_of(_get("/pupils", query={"limit": "1"}))["next_cursor"]
    assert _get("/staff", query={"cursor": cursor})["statusCode"] == 422
    assert _get("/pupils", query={"cursor": f"{cursor}x"})["statusCode"] == 422
    tell(portal_message("PupilRemoved", {"pupil_id": "pupil-2"}, version=2))
    assert _get("/pupils", query={"cursor": cursor})["statusCode"] == 422


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"year": "Year 77"}, "year"),
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"name": "x" * 101}, "name"),
    ],
)
def test_a_nonsense_question_is_refused_naming_the_parameter(query: dict[str, str], field: str) -> None:
    a_small_school()
    answer = _get("/pupils", query=query)
    assert answer["statusCode"] == 422
    assert [one["field"] for one in json_of(answer)["errors"]] == [field]


def test_a_pupil_is_shown_with_characteristics_and_contacts_and_the_reading_is_audited_by_alias() -> None:
    a_small_school()
    tell(pupil_told(version=2, characteristics={"sen": {"status": "K", "starts_on": "2025-11-03"}}))
    shown = json_of(_get("/pupils/{pupil_id}", {"pupil_id": "pupil-1"}))
    assert shown["characteristics"]["sen"] == {"status": "K", "starts_on": "2025-11-03"}
    assert shown["characteristics"]["pupil_premium"] is None
    assert [(one["contact_id"], one["relationship"]) for one in shown["links"]] == [("contact-1", "mother")]
    (line,) = rows("Audit")
    assert line["action"]["S"] == "pupil.read"
    assert line["actor"]["S"].startswith("alias_")
    assert line["subject"]["S"].startswith("alias_")
    assert "pupil-1" not in str(line)


def test_a_contact_is_shown_with_their_children_and_the_reading_is_audited() -> None:
    a_small_school()
    tell(link_told(restricted=True, version=2))
    shown = json_of(_get("/contacts/{contact_id}", {"contact_id": "contact-1"}))
    assert (shown["last_name"], shown["email"]) == ("O'Connor", "niamh@family.test")
    assert [(one["pupil_id"], one["restricted"]) for one in shown["links"]] == [("pupil-1", True)]
    assert [line["action"]["S"] for line in rows("Audit")] == ["contact.read"]


@pytest.mark.parametrize(
    ("route", "parameter"), [("/pupils/{pupil_id}", "pupil_id"), ("/contacts/{contact_id}", "contact_id")]
)
def test_who_is_not_there_is_not_found_and_leaves_no_trace(route: str, parameter: str) -> None:
    a_small_school()
    before = everything()
    answer = _get(route, {parameter: "nobody"})
    assert answer["statusCode"] == 404
    assert everything() == before


def test_links_to_who_is_gone_are_shown_to_nobody() -> None:
    a_small_school()
    tell(
        contact_told("contact-2"),
        link_told("contact-2"),
        link_told("contact-3"),
        portal_message("ContactRemoved", {"contact_id": "contact-2"}, version=2),
        pupil_told("pupil-2"),
        link_told("contact-1", "pupil-2"),
        portal_message("PupilRemoved", {"pupil_id": "pupil-2"}, version=2),
    )
    pupil = json_of(_get("/pupils/{pupil_id}", {"pupil_id": "pupil-1"}))
    assert [one["contact_id"] for one in pupil["links"]] == ["contact-1"]
    contact = json_of(_get("/contacts/{contact_id}", {"contact_id": "contact-1"}))
    assert [one["pupil_id"] for one in contact["links"]] == ["pupil-1"]


@pytest.mark.parametrize(
    ("route", "parameter", "gone"),
    [
        ("/pupils/{pupil_id}", "pupil_id", portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2)),
        (
            "/contacts/{contact_id}",
            "contact_id",
            portal_message("ContactRemoved", {"contact_id": "contact-1", "merged_into": "contact-2"}, version=2),
        ),
    ],
)
def test_who_was_removed_answers_like_who_never_was(route: str, parameter: str, gone: PortalMessage) -> None:
    a_small_school()
    tell(gone)
    who = f"{parameter.removesuffix('_id')}-1"
    there, never = (_get(route, {parameter: one}) for one in (who, "never-was"))
    assert (there["statusCode"], json_of(there)) == (404, json_of(never))


def test_the_lists_hold_people_only_never_links_or_what_is_gone() -> None:
    _some_pupils()
    tell(
        staff_told("staff-9"),
        portal_message("StaffRemoved", {"staff_id": "staff-9"}, version=2),
        portal_message("LinkRemoved", {"contact_id": "contact-1", "pupil_id": "pupil-1"}, version=2),
        portal_message("PupilLeft", {"pupil_id": "pupil-6", "left_on": "2026-10-23"}),
    )
    assert _found() == ["pupil-2", "pupil-3", "pupil-1", "pupil-4"]
    assert [one["id"] for one in json_of(_get("/staff"))["items"]] == ["staff-1", "staff-admin"]


def test_a_cursor_of_a_member_of_staff_who_is_gone_is_refused() -> None:
    a_small_school()
    cursor = json_of(_get("/staff", query={"limit": "1"}))["next_cursor"]
    tell(portal_message("StaffRemoved", {"staff_id": "staff-1"}, version=2))
    assert _get("/staff", query={"cursor": cursor})["statusCode"] == 422


@pytest.mark.parametrize(("moment", "state"), [("2026-11-30T23:59:59+00:00", "current"), ("2026-12-01", "left")])
def test_who_is_about_to_leave_is_on_roll_to_the_end_of_their_last_day(moment: str, state: str) -> None:
    a_small_school()
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-30"}, version=2))
    with time_machine.travel(moment, tick=False):
        (listed,) = json_of(_get("/pupils"))["items"]
        shown = json_of(_get("/pupils/{pupil_id}", {"pupil_id": "pupil-1"}))
    assert [(one["state"], one["left_on"]) for one in (listed, shown)] == [(state, "2026-11-30")] * 2


def test_who_and_what_a_snapshot_lacks_is_shown_as_missing() -> None:
    a_small_school()
    a_snapshot_lacks(Thing("link", ("contact-1", "pupil-1")))
    a_snapshot_lacks(Thing("staff", ("staff-1",)))
    (link,) = json_of(_get("/pupils/{pupil_id}", {"pupil_id": "pupil-1"}))["links"]
    assert link["missing"]
    staff = json_of(_get("/staff"))["items"]
    assert {one["id"]: one["missing"] for one in staff} == {"staff-1": True, "staff-admin": False}


def test_teaching_groups_are_listed_by_name_page_by_page() -> None:
    a_small_school()
    tell(
        group_told("group-1", ("pupil-2", "pupil-1"), name="9a/Fr", subject="French", year_group="Y9"),
        group_told("group-2", (), (), name="8X/Ma1", subject=None, year_group=None),
        group_told("group-3", name="8x/Ma2"),
        group_removed("group-3"),
        group_told("group-4", name="10b/Fr"),
    )
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while not pages or cursor:
        page = json_of(_get("/teaching-groups", query={"limit": "1"} | cursor))
        pages += page["items"]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
    assert [one["name"] for one in pages] == ["10b/Fr", "8X/Ma1", "9a/Fr"]
    assert pages[1:] == [
        {"id": "group-2", "name": "8X/Ma1", "subject": None, "year_group": None, "staff_ids": [], "pupil_ids": []},
        {
            "id": "group-1",
            "name": "9a/Fr",
            "subject": "French",
            "year_group": "9",
            "staff_ids": ["staff-1"],
            "pupil_ids": ["pupil-1", "pupil-2"],
        },
    ]
    assert [one["id"] for one in json_of(_get("/teaching-groups", query={"name": "8x/m"}))["items"]] == ["group-2"]
    assert _get("/teaching-groups", query={"cursor": "x"})["statusCode"] == 422


def test_staff_are_listed_by_name() -> None:
    a_small_school()
    items = json_of(_get("/staff"))["items"]
    assert [(one["id"], one["role"], one["app_roles"]) for one in items] == [
        ("staff-1", "Teacher", ["staff"]),
        ("staff-admin", "Teacher", ["school_admin"]),
    ]
    assert [one["id"] for one in json_of(_get("/staff", query={"name": "mar"}))["items"]] == ["staff-admin"]


def test_an_administrator_removed_by_the_portal_is_out_at_the_next_request() -> None:
    a_small_school()
    assert _get("/pupils")["statusCode"] == 200
    tell(portal_message("StaffRemoved", {"staff_id": "staff-admin"}, version=2))
    assert _get("/pupils")["statusCode"] == 404
