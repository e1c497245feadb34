"""How far a run got is kept for the next one."""

from datetime import UTC, datetime, timedelta

from school_events.core import clock
from school_events.core.due import sweep
from tests.support.tables import rows

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def nothing(pk: str, end: str) -> list[str]:
    """Finds nothing."""
    return []


def kept() -> list[datetime]:
    """The hours the table holds."""
    return [clock.from_text(row["hour"]["S"]) for row in rows("Bookings")]


def test_a_run_keeps_the_first_hour_that_may_still_hold_something(tables: None) -> None:
    assert list(sweep("HOLD", NOW, nothing)) == []
    assert kept() == [NOW.replace(minute=0)]


def test_each_kind_is_kept_on_its_own(tables: None) -> None:
    list(sweep("HOLD", NOW, nothing))
    list(sweep("WINDOW", NOW + timedelta(hours=3), nothing))
    assert sorted(row["pk"]["S"] for row in rows("Bookings")) == ["DUE#HOLD", "DUE#WINDOW"]


def test_an_hour_that_is_not_over_or_not_empty_is_not_passed(tables: None) -> None:
    list(sweep("HOLD", NOW, nothing))
    partition = "DUE#HOLD#2026-11-23T10#2"
    found = list(sweep("HOLD", NOW + timedelta(hours=5), lambda pk, end: ["thing"] if pk == partition else []))
    assert found == ["thing"]
    assert kept() == [NOW.replace(hour=10, minute=0)]
