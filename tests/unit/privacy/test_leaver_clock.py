"""When a leaver is forgotten: the worked examples of H1, at the very millisecond, whatever is done in between."""

from datetime import UTC, date, datetime, timedelta

import pytest

from school_events.core import due
from school_events.people.leavers import LEAVER, anonymise_on, midnight
from school_events.people.rules import Thing
from school_events.people.store import find_pupils
from school_events.privacy.store import due_things, read_thing
from tests.support.contexts import SCHOOL
from tests.support.people import contact_told, link_told, pupil_told, school_told, tell
from tests.unit.privacy.leaving import look_at, pupil_left, pupil_removed

MOMENT = timedelta(milliseconds=1)
PUPIL = Thing("pupil", ("pupil-1",))

EXAMPLES = [
    ("2024-07-19", "09-01", "2026-09-01"),
    ("2024-08-31", "09-01", "2026-09-01"),
    ("2024-09-01", "09-01", "2027-09-01"),
    ("2025-02-28", "09-01", "2027-09-01"),
    ("2024-02-29", "09-01", "2026-09-01"),
    ("2024-07-31", "08-01", "2026-08-01"),
    ("2024-08-01", "08-01", "2027-08-01"),
    ("2024-12-31", "01-01", "2027-01-01"),
    ("2024-02-29", "03-01", "2026-03-01"),
    ("2023-02-28", "02-28", "2026-02-28"),
]
"""Last day on roll, the start of the school's academic year, the day on which they are forgotten."""


@pytest.fixture
def school(tables: None) -> None:
    """A mother of one child."""
    tell(school_told(), pupil_told(), contact_told(), link_told())


def is_here() -> bool:
    """Whether the child is visible to the school."""
    return bool(find_pupils(SCHOOL, ["pupil-1"]))


def due_at() -> str | None:
    """When the child is next to be looked at, as its index key says."""
    _, item = read_thing(SCHOOL, PUPIL)
    return None if item is None else item.due_sk


def found(now: datetime) -> list[Thing]:
    """What a retention run finds."""
    return [thing for _, thing in due_things(now)]


@pytest.mark.parametrize(("left_on", "start", "gone_on"), EXAMPLES)
def test_a_leaver_is_visible_for_two_full_academic_years_more(left_on: str, start: str, gone_on: str) -> None:
    assert anonymise_on(date.fromisoformat(left_on), start) == date.fromisoformat(gone_on)


@pytest.mark.parametrize(("left_on", "start", "gone_on"), EXAMPLES[:6])
def test_they_go_at_midnight_in_london_and_not_a_moment_sooner(
    school: None, left_on: str, start: str, gone_on: str
) -> None:
    tell(school_told(academic_year_start=start, version=2), pupil_left("pupil-1", left_on))
    at = midnight(date.fromisoformat(gone_on))
    assert found(at - MOMENT) == []
    look_at("pupil", "pupil-1", now=at - MOMENT)
    assert is_here()
    assert found(at) == [PUPIL]
    look_at("pupil", "pupil-1", now=at)
    assert not is_here()
    assert found(at + MOMENT) == []


def test_midnight_is_londons_in_summer_and_in_winter() -> None:
    assert midnight(date(2026, 9, 1)) == datetime(2026, 8, 31, 23, tzinfo=UTC)
    assert midnight(date(2027, 1, 1)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_coming_back_stops_the_clock(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-07-19"))
    tell(pupil_told(version=3))
    assert due_at() is None
    look_at("pupil", "pupil-1", now=datetime(2030, 1, 1, tzinfo=UTC))
    assert is_here()


def test_leaving_again_starts_it_anew(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-07-19"), together=False)
    tell(pupil_told(version=3), pupil_left("pupil-1", "2027-07-19", version=4), together=False)
    look_at("pupil", "pupil-1", now=datetime(2027, 9, 2, tzinfo=UTC))
    assert is_here()
    look_at("pupil", "pupil-1", now=datetime(2029, 9, 2, tzinfo=UTC))
    assert not is_here()


def test_a_leaving_day_put_right_moves_the_date(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-08-31"))
    tell(pupil_left("pupil-1", "2024-09-01", version=3))
    at = midnight(date(2027, 9, 1))
    assert found(at - MOMENT) == []
    assert found(at) == [PUPIL]


def test_a_key_that_says_too_soon_is_only_set_right(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-07-19"))
    tell(school_told(academic_year_start="01-15", version=2))
    old, new = midnight(date(2026, 9, 1)), midnight(date(2027, 1, 15))
    look_at("pupil", "pupil-1", now=old)
    assert is_here()
    assert due_at() == due.due_key(LEAVER, new, "SCH#school-1#PUPIL#pupil-1|PUPIL")[1]


def test_an_earlier_academic_year_counts_at_the_next_look(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-07-31"))
    tell(school_told(academic_year_start="08-01", version=2))
    look_at("pupil", "pupil-1", now=midnight(date(2026, 8, 1)))
    assert not is_here()


def test_who_was_removed_at_the_source_stays_for_thirty_days(school: None) -> None:
    tell(pupil_removed("pupil-1", occurred_at="2026-12-01T08:00:00Z"))
    at = datetime(2026, 12, 31, 8, tzinfo=UTC)
    assert found(at - MOMENT) == []
    assert found(at) == [PUPIL]


def test_a_late_message_never_brings_them_back(school: None) -> None:
    tell(pupil_left("pupil-1", "2024-07-19", version=2))
    look_at("pupil", "pupil-1", now=midnight(date(2026, 9, 1)))
    earlier = {"occurred_at": "2026-08-01T08:00:00Z"}
    for message_type, detail in (pupil_told(version=1), pupil_told(version=2), pupil_left("pupil-1", version=2)):
        tell((message_type, detail | earlier))
        _, after = read_thing(SCHOOL, PUPIL)
        assert not is_here()
        assert after is not None
        assert after.state == "anonymised"
        assert after.due_sk is None
