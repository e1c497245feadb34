"""A leaver whose time is up, and their parent, are forgotten in every table, each function under its role (H1, H2)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import dead_letters, http_client
from local.deployed import local_stage_settings
from local.stage import LocalStage
from local.waiting import wait_for
from tests.e2e.small_school import PATIENCE_SECONDS, SmallSchool

STAFF, PARENT = "stf-1:school_admin+finance", "parent-of-leaver:parent"
PRICE = 1250
TAUGHT_LEAVER = {"all": [{"teaching_groups": ["grp-1"]}, {"taught_by": ["stf-1"]}, {"pupils": ["leaver"]}]}


@pytest.fixture
def school(stage: LocalStage) -> SmallSchool:
    """A school with a leaver and their parent, and with another child who stays."""
    school = SmallSchool(stage, f"small-{time.time_ns()}")
    school.publish(school.announced(), school.admin())
    school.publish(
        school.pupil("leaver"), school.contact("parent-of-leaver"), school.link("parent-of-leaver", "leaver")
    )
    school.publish(school.pupil("stays"), school.contact("con-2"), school.link("con-2", "stays"))
    school.publish(school.group("grp-1", "leaver", "stays"))
    return school


def test_the_nightly_run_forgets_a_leaver_and_their_parent_wherever_they_are_and_nobody_else(
    school: SmallSchool,
) -> None:
    trip = _published_trip(school)
    phone = {"platform": "android", "token": f"phone-{school.id}"}
    school.ask(PARENT, "PUT", "/me/devices/phone-1", phone)
    payment = _paid_booking(school, trip)
    school.stage.wait_until_empty("notifications", PATIENCE_SECONDS)
    before = _totals(school, trip)
    assert before["payments", "charge"] == (1, PRICE)
    assert before["participation", "confirmed"] == (1, None)
    school.publish(
        school.says("PupilLeft", {"pupil_id": "leaver", "left_on": "2019-07-19"}, version=2),
        school.says("PupilLeft", {"pupil_id": "stays", "left_on": "2026-07-17"}, version=2),
    )
    assert {"leaver", "parent-of-leaver"} <= _named(school, "events", "bookings", "payments", "inbox")

    _run_by_night(school)

    wait_for("the leaver to be forgotten", lambda: school.read("/pupils/leaver") is None, PATIENCE_SECONDS)
    school.stage.wait_until_quiet(PATIENCE_SECONDS)
    assert school.read("/contacts/parent-of-leaver") is None
    assert _named(school, "events", "bookings", "payments", "inbox") == set()
    assert _left_of(school, "people") == {"state": {"anonymised"}, "details": set()}
    school.publish(school.group("grp-1", "leaver", "stays"))
    assert [group["pupil_ids"] for group in school.read("/teaching-groups")["items"]] == [["stays"]]
    assert dead_letters.counts(school.stage)["anonymise"] == 0

    # What adds up still does, and who stays is untouched.
    assert _totals(school, trip) == before
    assert school.ask(STAFF, "GET", f"/payments/{payment}")["state"] == "paid"
    assert school.read("/pupils/stays")["left_on"] == "2026-07-17"
    assert school.read("/contacts/con-2")["last_name"] == "Khan"


def test_another_night_changes_nothing(school: SmallSchool) -> None:
    school.publish(school.says("PupilLeft", {"pupil_id": "leaver", "left_on": "2019-07-19"}, version=2))
    _run_by_night(school)
    wait_for("the leaver to be forgotten", lambda: school.read("/pupils/leaver") is None, PATIENCE_SECONDS)
    school.stage.wait_until_quiet(PATIENCE_SECONDS)
    forgotten = _items(school, "people")

    _run_by_night(school)

    school.stage.wait_until_quiet(PATIENCE_SECONDS)
    assert _items(school, "people") == forgotten


def _run_by_night(school: SmallSchool) -> None:
    """What the schedule does at two, now."""
    function = school.stage.function_name("retention")
    answer = school.stage.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    assert "FunctionError" not in answer


def _published_trip(school: SmallSchool) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    day = (now + timedelta(days=60)).date()
    account = school.ask(STAFF, "POST", "/school/stripe-account")
    http_client.call("POST", account["onboarding_url"], form={"action": "complete"})
    assert school.ask(STAFF, "GET", "/school/stripe-account")["ready"]
    window = {"opens_at": now - timedelta(days=1), "closes_at": now + timedelta(days=30)}
    trip = {
        "kind": "trip",
        "title": "Museum",
        "takes_place": {"starts_at": f"{day}T08:30", "ends_at": f"{day}T17:00"},
        "capacity": 3,
        "price": {"amount": PRICE, "currency": "gbp"},
        "booking_window": {name: at.isoformat().replace("+00:00", "Z") for name, at in window.items()},
    }
    trip_id = str(school.ask(STAFF, "POST", "/events", trip, expect=201)["id"])
    school.ask(STAFF, "POST", f"/events/{trip_id}/publish")
    invited = school.ask(STAFF, "POST", f"/events/{trip_id}/invitations", {"audience": TAUGHT_LEAVER})
    assert invited["invited"] == 1
    return trip_id


def _paid_booking(school: SmallSchool, trip: str) -> str:
    wish = {"event_id": trip, "items": [{"pupil_id": "leaver"}]}
    booked = school.ask(PARENT, "POST", "/bookings", wish, expect=201)
    booking = f"/bookings/{booked['booking_ids'][0]}"
    page = school.ask(PARENT, "POST", f"{booking}/checkout")["checkout_url"]
    assert http_client.call("POST", page, form={"action": "pay"}).status == 303
    is_confirmed = lambda: school.ask(PARENT, "GET", booking)["state"] == "confirmed"  # noqa: E731
    wait_for("the payment", is_confirmed, PATIENCE_SECONDS)
    return str(booked["payment_id"])


def _totals(school: SmallSchool, trip: str) -> dict[tuple[str, str], tuple[int, int | None]]:
    """What the reports add up to, by report and label: lines, and their pence where they have any."""
    return {
        (report, total["label"]): (total["rows"], total["amount"] and total["amount"]["amount"])
        for report in ("payments", "participation")
        for total in school.read(f"/reports/{report}?event_id={trip}")["totals"]
    }


def _items(school: SmallSchool, *tables: str) -> list[dict[str, Any]]:
    """Everything that tables hold of the school."""
    settings = local_stage_settings()
    pages = (
        page
        for table in tables
        for page in school.stage.client("dynamodb")
        .get_paginator("scan")
        .paginate(
            TableName=settings.physical(table),
            FilterExpression="begins_with(pk, :school)",
            ExpressionAttributeValues={":school": {"S": f"SCH#{school.id}"}},
            ConsistentRead=True,
        )
    )
    return sorted((item for page in pages for item in page["Items"]), key=str)


def _named(school: SmallSchool, *tables: str) -> set[str]:
    """Whom the tables still name."""
    held = str(_items(school, *tables))
    return {name for name in ("leaver", "parent-of-leaver", "Zara", "Noor") if name in held}


def _left_of(school: SmallSchool, table: str) -> dict[str, set[str]]:
    """What a table still holds of the leaver and their parent, link included."""
    theirs = [item for item in _items(school, table) if "leaver" in str(item)]
    details = {name for item in theirs for name in ("record", "alias", "due_pk") if name in item}
    return {"state": {item["state"]["S"] for item in theirs if "state" in item}, "details": details}
