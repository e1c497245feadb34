"""The life of a club through the front door, under each function's own role: from plan to archive (B2, B4, B6)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from local import http_client
from local.stage import LocalStage
from local.waiting import wait_for
from school_events.events.school_days import bank_holidays
from tests.e2e.small_school import PATIENCE_SECONDS, SmallSchool

ADMIN, TEACHER, BOOKER, INVITED = "stf-1:school_admin+finance", "stf-2:staff", "con-1:parent", "con-2:parent"
PRICE = 600
WEEK = timedelta(weeks=1)
_AUGUST = 8
_SEPTEMBER = 9


@dataclass(frozen=True)
class Weeks:
    """Two weeks before a bank holiday and five after it, the first of these a half-term."""

    holiday: date

    @property
    def first(self) -> date:
        """The first day of term, and of the club."""
        return self.holiday - 2 * WEEK

    @property
    def last(self) -> date:
        """The last day of both."""
        return self.holiday + 5 * WEEK

    @property
    def meetings(self) -> list[date]:
        """When the club can meet."""
        closed = bank_holidays("ENG", self.first, self.last) | {self.holiday + WEEK}
        return [day for number in range(8) if (day := self.first + number * WEEK) not in closed]

    def calendar(self) -> dict[str, Any]:
        """The term calendar, as the Portal tells it."""
        year = self.first.year if self.first.month >= _SEPTEMBER else self.first.year - 1
        monday = self.holiday + WEEK - timedelta(days=self.holiday.weekday())
        return {
            "academic_year": f"{year}-{(year + 1) % 100:02d}",
            "terms": [{"name": "Term", "starts_on": str(self.first), "ends_on": str(self.last)}],
            "half_terms": [{"starts_on": str(monday), "ends_on": str(monday + timedelta(days=4))}],
            "inset_days": [],
        }


def _weeks() -> Weeks:
    """The weeks around the next bank holiday that is far enough away; none that the summer's end cuts in two."""
    today = datetime.now(UTC).date()
    far = today + timedelta(days=30)
    days = bank_holidays("ENG", far, far + timedelta(days=366))
    return Weeks(min(day for day in days if day >= far and day.month != _AUGUST))


@pytest.fixture
def school(stage: LocalStage) -> SmallSchool:
    """A school with a teacher, a family that will book and one that will only be invited."""
    school = SmallSchool(stage, f"club-{time.time_ns()}")
    teacher = {"id": "stf-2", "first_name": "Ines", "last_name": "Kerr", "email": "t@small.test", "role": "Teacher"}
    school.publish(
        school.announced(),
        school.admin(),
        school.says("StaffChanged", {"staff": {**teacher, "app_roles": ["staff"]}}),
        school.says("TermCalendarUpdated", {"calendar": _weeks().calendar()}),
        *(school.pupil(f"pup-{number}") for number in (1, 2)),
        *(school.contact(f"con-{number}") for number in (1, 2)),
        *(school.link(f"con-{number}", f"pup-{number}") for number in (1, 2)),
    )
    account = school.ask(ADMIN, "POST", "/school/stripe-account")
    http_client.call("POST", account["onboarding_url"], form={"action": "complete"})
    return school


@dataclass
class Club:
    """The club under test, at its latest version."""

    school: SmallSchool
    id: str

    def read(self) -> Any:
        """As the administrator sees it."""
        return self.school.read(f"/events/{self.id}")

    def does(self, method: str, path: str = "", body: object = None) -> Any:
        """What the administrator, who has just read it, does with it."""
        version = self.read()["version"]
        return self.school.ask(ADMIN, method, f"/events/{self.id}{path}", body, version=version)

    def sessions(self) -> dict[str, tuple[str, bool]]:
        """Day and whether it is cancelled, of each session."""
        return {one["id"]: (one["starts_at"][:10], one["cancelled"]) for one in self.read()["sessions"]}

    def told(self, who: str) -> list[str]:
        """What somebody's inbox says of it, the latest first."""
        entries = self.school.ask(who, "GET", "/me/inbox")["items"]
        return [one["kind"] for one in entries if one["event_id"] == self.id]

    def book_and_pay(self) -> str:
        """One family books and pays; the booking, confirmed."""
        wish = {"event_id": self.id, "items": [{"pupil_id": "pup-1"}]}
        booked = self.school.ask(BOOKER, "POST", "/bookings", wish, expect=201)
        booking = f"/bookings/{booked['booking_ids'][0]}"
        page = self.school.ask(BOOKER, "POST", f"{booking}/checkout")
        http_client.call("POST", page["checkout_url"], form={"action": "pay"})
        _wait_for("the confirmation", lambda: self.school.ask(BOOKER, "GET", booking)["state"] == "confirmed")
        return booking


def _club(school: SmallSchool, weeks: Weeks) -> Club:
    now = datetime.now(UTC).replace(microsecond=0)
    window = {"opens_at": now - timedelta(days=1), "closes_at": now + timedelta(days=10)}
    meets = {"weekday": weeks.holiday.isoweekday(), "starts_at": "16:00", "ends_at": "17:00"}
    asked = {
        "kind": "club",
        "title": "Chess",
        "meets": meets | {"first_day": str(weeks.first), "last_day": str(weeks.last)},
        "capacity": 5,
        "price": {"amount": PRICE},
        "booking_window": {name: instant.isoformat() for name, instant in window.items()},
    }
    return Club(school, school.ask(ADMIN, "POST", "/events", asked, expect=201)["id"])


def _days(days: Iterable[date]) -> list[str]:
    return [str(day) for day in days]


def _housekeep(school: SmallSchool) -> None:
    """What the schedule does every minute, now."""
    stage = school.stage
    answer = stage.client("lambda").invoke(FunctionName=stage.function_name("housekeeping"), Payload=b"{}")
    assert "FunctionError" not in answer


def _wait_for(what: str, probe: Callable[[], bool]) -> None:
    wait_for(what, probe, PATIENCE_SECONDS)


def _refunded_in_the_end(school: SmallSchool, payment_id: str) -> int:
    _housekeep(school)
    return int(school.ask(BOOKER, "GET", f"/payments/{payment_id}")["refunded"]["amount"])


def _told_in_the_end(club: Club, who: str, expected: list[str]) -> bool:
    _housekeep(club.school)
    return club.told(who) == expected


def _is_staffed_and_changed(club: Club, weeks: Weeks) -> None:
    """One session moves and one is cancelled; the teacher's timetable and app follow."""
    staff = {"staff": [{"staff_id": "stf-2", "role": "lead"}]}
    assert club.does("PUT", "/staff", staff)["items"][0]["clashes"] == []
    at = {"day": str(weeks.meetings[1] + timedelta(days=1)), "starts_at": "08:00", "ends_at": "08:30"}
    assert club.does("PUT", "/sessions/session_002", at)["staff_clashes"] == []
    club.does("POST", "/sessions/session_001/cancel")
    span = f"from={weeks.first}&to={weeks.last}"
    timetable = club.school.ask(TEACHER, "GET", f"/staff/stf-2/timetable?{span}")["items"]
    assert [(one["starts_at"][:10], one["cancelled"]) for one in timetable] == sorted(club.sessions().values())
    assert [one["cancelled"] for one in timetable].count(True) == 1
    assert [one["id"] for one in club.school.ask(TEACHER, "GET", "/me/sync")["changes"]] == [club.id]


def _is_published_and_booked(club: Club) -> str:
    """Both families are invited, one books and pays; the booking."""
    club.school.ask(ADMIN, "POST", f"/events/{club.id}/publish")
    asked = {"audience": {"pupils": ["pup-1", "pup-2"]}}
    assert club.school.ask(ADMIN, "POST", f"/events/{club.id}/invitations", asked)["invited"] == 2
    _wait_for("both invitations", lambda: club.told(BOOKER) == club.told(INVITED) == ["invited"])
    booking = club.book_and_pay()
    _wait_for("what the payment tells", lambda: len(club.told(BOOKER)) == 3)
    return booking


def _is_changed_and_told_once(club: Club) -> None:
    before = club.told(BOOKER)
    club.does("PATCH", "", {"location": "Library"})
    _wait_for("the change", lambda: _told_in_the_end(club, INVITED, ["changed", "invited"]))
    _housekeep(club.school)
    club.school.stage.wait_until_empty("notifications", PATIENCE_SECONDS)
    assert (club.told(BOOKER), club.told(INVITED)) == (["changed", *before], ["changed", "invited"])


def _is_duplicated(club: Club, weeks: Weeks) -> Club:
    """A draft like it, at the same time: its teacher would have to be at both."""
    event = club.read()
    again = {"meets": event["meets"], "booking_window": event["booking_window"], "with_staff": True}
    copy = Club(club.school, club.school.ask(ADMIN, "POST", f"/events/{club.id}/duplicate", again, expect=201)["id"])
    assert (copy.read()["status"], copy.read()["location"]) == ("draft", "Library")
    assert [day for day, _ in copy.sessions().values()] == _days(weeks.meetings)
    assert _clashes(club.school, weeks) == _days(weeks.meetings[2:])
    return copy


def _is_cancelled_and_refunded(club: Club, booking: str) -> None:
    school = club.school
    school.ask(ADMIN, "POST", f"/events/{club.id}/cancel")
    _housekeep(school)
    _wait_for("the end of the booking", lambda: school.ask(BOOKER, "GET", booking)["state"] == "cancelled")
    payment = school.ask(BOOKER, "GET", booking)["payment_id"]
    _wait_for("the refund", lambda: _refunded_in_the_end(school, payment) == PRICE)
    _wait_for("the cancellation", lambda: _told_in_the_end(club, INVITED, ["cancelled", "changed", "invited"]))


def _clashes(school: SmallSchool, weeks: Weeks) -> list[str]:
    items = school.read(f"/staff-clashes?from={weeks.first}&to={weeks.last}")["items"]
    return [one["starts_at"][:10] for one in items]


def _shown(school: SmallSchool, event_id: str) -> dict[str, Any]:
    """How the teacher's app that starts over is shown an event."""
    changes = school.ask(TEACHER, "GET", "/me/sync")["changes"]
    content = next(one["content"] for one in changes if one["id"] == event_id)
    return {name: content[name] for name in ("status", "archived")}


def test_a_club_is_made_changed_booked_duplicated_cancelled_and_archived(school: SmallSchool) -> None:
    weeks = _weeks()
    club = _club(school, weeks)
    assert [day for day, _ in club.sessions().values()] == _days(weeks.meetings)
    _is_staffed_and_changed(club, weeks)
    booking = _is_published_and_booked(club)
    _is_changed_and_told_once(club)
    copy = _is_duplicated(club, weeks)
    _is_cancelled_and_refunded(club, booking)
    assert _clashes(school, weeks) == []

    assert club.does("DELETE")["archived"]
    assert [one["id"] for one in school.read("/events")["items"]] == [copy.id]
    assert [one["id"] for one in school.read("/events?status=archived")["items"]] == [club.id]
    _wait_for("the archive", lambda: _shown(school, club.id) == {"status": "cancelled", "archived": True})
