"""What administrators read of the Portal's snapshots: how far what we held had drifted, and of what."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from functions.people.handler import lambda_handler
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import (
    PortalMessage,
    a_small_school,
    contact_told,
    pupil_told,
    school_told,
    staff_told,
)
from tests.support.snapshots import FIRST, SECOND, make_bucket, reconcile

ADMIN = staff_told("staff-admin", ("school_admin",), first_name="Ruth", last_name="Marsh")
THERE: tuple[PortalMessage, ...] = (
    school_told(),
    ADMIN,
    staff_told("staff-1"),
    pupil_told(first_name="Distinctive"),
    contact_told(),
    pupil_told("pupil-2"),
)


@pytest.fixture(autouse=True)
def _two_snapshots(tables: None) -> None:
    """The first has a pupil we never heard of and another name of one we did; both lack the link."""
    make_bucket()
    a_small_school()
    first = reconcile([*THERE[:3], pupil_told(first_name="Distinctive"), contact_told(), pupil_told("pupil-2")], FIRST)
    second = reconcile(
        [*THERE[:3], pupil_told(first_name="Distinctive"), contact_told(), pupil_told("pupil-2")], SECOND
    )
    assert first.state == second.state == "finished"


def _get(route: str, parameters: Mapping[str, str] | None = None, **others: Any) -> dict[str, Any]:
    event = http_event(f"GET /v1/schools/{{school_id}}{route}", parameters, **others)
    return lambda_handler(event, LambdaContext())


def test_snapshots_are_listed_the_latest_first_in_pages() -> None:
    first = json_of(_get("/snapshots", query={"limit": "1"}))
    second = json_of(_get("/snapshots", query={"limit": "1", "cursor": first["next_cursor"]}))
    assert [one["taken_at"] for one in first["items"] + second["items"]] == [
        "2026-11-23T03:00:00Z",
        "2026-11-22T03:00:00Z",
    ]
    assert second["next_cursor"] is None
    (earlier,) = second["items"]
    assert (earlier["state"], earlier["reason"], earlier["records"]) == ("finished", None, 6)
    assert earlier["portal_id"] == "snapshot-20261122030000"
    assert earlier["drift"] == {
        "missing": {"pupil": 1},
        "wrong": {"pupil": 1},
        "extra": {"link": 1},
        "removed": {},
        "contradicted": {},
        "invalid": 0,
    }


def test_a_snapshot_is_shown_with_the_things_that_differed_and_no_value_of_theirs() -> None:
    _, earlier = json_of(_get("/snapshots"))["items"]
    answer = _get("/snapshots/{snapshot_id}", {"snapshot_id": earlier["id"]})
    shown = json_of(answer)
    assert (shown["missing"], shown["wrong"], shown["extra"]) == (
        ["pupil#pupil-2"],
        ["pupil#pupil-1"],
        ["link#contact-1#pupil-1"],
    )
    assert shown["wrong_fields"] == {"first_name": 1}
    assert "Distinctive" not in json.dumps(shown)
    assert {name: shown[name] for name in earlier} == earlier


@pytest.mark.parametrize("snapshot_id", ["nothing", "2026-11-22T03:00:00.000Z~another", "~", "%23"])
def test_a_snapshot_that_never_was_is_not_found(snapshot_id: str) -> None:
    assert _get("/snapshots/{snapshot_id}", {"snapshot_id": snapshot_id})["statusCode"] == 404


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = json_of(_get("/staff", query={"limit": "1"}))["next_cursor"]
    assert _get("/snapshots", query={"cursor": cursor})["statusCode"] == 422


def test_another_schools_snapshot_is_not_found() -> None:
    _, earlier = json_of(_get("/snapshots"))["items"]
    answer = _get("/snapshots/{snapshot_id}", {"snapshot_id": earlier["id"]}, school_id="school-2")
    assert answer["statusCode"] == 404
