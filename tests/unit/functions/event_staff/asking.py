"""Events with staff, and what tests ask of their timetables and clashes."""

from typing import Any

from tests.support.http_events import json_of
from tests.unit.functions.events.asking import CLUB, EVENT, TRIP, call, made, version_of

SCHOOL_PATH = "/v1/schools/{school_id}"


def trip(starts_at: str, ends_at: str, title: str = "Museum") -> dict[str, Any]:
    """A trip that costs nothing, by the school's clocks."""
    times = {"starts_at": starts_at, "ends_at": ends_at}
    window = {"opens_at": "2026-11-20T00:00:00Z", "closes_at": "2026-12-01T00:00:00Z"}
    return TRIP | {"title": title, "takes_place": times, "price": {"amount": 0}, "booking_window": window}


def club(title: str = "Chess", **meets: str) -> dict[str, Any]:
    """The chess club, Wednesdays 15:30 to 16:30, or like it."""
    return CLUB | {"title": title, "meets": CLUB["meets"] | meets}


def let_work(event_id: str, *staff_ids: str) -> dict[str, Any]:
    """Let these work at an event, and nobody else; answers who does."""
    body = {"staff": [{"staff_id": one, "role": "lead"} for one in staff_ids]}
    answer = call(f"PUT {EVENT}/staff", event_id, body, headers=version_of(event_id))
    assert answer["statusCode"] == 200, answer["body"]
    return {one["staff_id"]: one for one in json_of(answer)["items"]}


def staffed(body: dict[str, Any], *staff_ids: str) -> str:
    """A draft at which these work; ``staff-1`` unless told."""
    event_id = made(body)
    let_work(event_id, *(staff_ids or ("staff-1",)))
    return event_id


def timetable(staff_id: str = "staff-1", first: str = "2027-03-01", last: str = "2027-07-31", **others: Any) -> Any:
    """What a timetable says; as the administrator unless told."""
    query = {"from": first, "to": last} | others.pop("query", {})
    route = f"GET {SCHOOL_PATH}/staff/{{staff_id}}/timetable"
    return call(route, path={"staff_id": staff_id}, query=query, **others)


def clashes(first: str = "2027-03-01", last: str = "2027-05-31", **others: Any) -> Any:
    """What the report of the school's clashes says; to the administrator unless told."""
    query = {"from": first, "to": last} | others.pop("query", {})
    return call(f"GET {SCHOOL_PATH}/staff-clashes", query=query, **others)


def times(entries: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """From when to when entries are."""
    return [(one["starts_at"], one["ends_at"]) for one in entries]


def listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a page."""
    assert answer["statusCode"] == 200, answer["body"]
    items: list[dict[str, Any]] = json_of(answer)["items"]
    return items
