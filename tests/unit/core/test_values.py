"""Money, identifiers and instants keep their promises."""

import re
import time
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from school_events.core import clock
from school_events.core.ids import PortalId, new_id
from school_events.core.money import NOTHING, Money, pounds

PENCE = st.integers(-40_000_000, 40_000_000)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001


@given(PENCE, PENCE)
def test_money_adds_and_subtracts_to_the_penny(some: int, more: int) -> None:
    assert pounds(some) + pounds(more) == pounds(some + more)
    assert pounds(some) - pounds(more) == pounds(some - more)
    assert pounds(some) + NOTHING == pounds(some)


@pytest.mark.parametrize("amount", [12.5, 12.0, "12", True, Decimal(12), None])
def test_money_is_whole_pence_and_nothing_else(amount: Any) -> None:
    with pytest.raises(ValidationError):
        Money(amount=amount)


@pytest.mark.parametrize("other", [{"currency": "eur"}, {"currency": "GBP"}, {"pence": 1}])
def test_money_is_pounds_sterling_with_no_further_fields(other: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": 1} | other)


def test_money_has_a_bound_and_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        pounds(100_000_000) + pounds(1)
    with pytest.raises(ValidationError):
        pounds(1).amount = 2  # type: ignore[misc]


def test_ids_tell_what_they_name_and_never_repeat() -> None:
    ids = [new_id("booking") for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert all(re.fullmatch(r"booking_[0-9a-z]{26}", one) for one in ids)


def test_ids_sort_by_birth(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    earlier = new_id("booking")
    monkeypatch.setattr(time, "time_ns", lambda: now + 2_000_000)
    assert earlier < new_id("booking")


@pytest.mark.parametrize("text", ["", "a#b", "a/b", "a b", "a" * 65, "é", "a\n", 7])
def test_an_id_of_the_portal_can_never_break_a_key(text: Any) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PortalId).validate_python(text)


@given(INSTANTS)
def test_instants_are_kept_in_utc_to_the_millisecond(instant: datetime) -> None:
    text = clock.to_text(instant)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert timedelta(0) <= instant.astimezone(UTC) - clock.from_text(text) < timedelta(milliseconds=1)


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    if one.astimezone(UTC) <= other.astimezone(UTC):
        assert clock.to_text(one) <= clock.to_text(other)


def test_the_hour_that_comes_twice_in_october_is_two_hours() -> None:
    first = datetime(2026, 10, 25, 1, 30, tzinfo=clock.LONDON, fold=0)
    second = first.replace(fold=1)
    assert clock.to_text(first) == "2026-10-25T00:30:00.000Z"
    assert clock.to_text(second) == "2026-10-25T01:30:00.000Z"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.to_text(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        clock.from_text("2026-01-01T00:00:00")


def test_an_instant_with_another_offset_is_read_as_the_same_instant() -> None:
    assert clock.from_text("2026-06-01T10:00:00+01:00") == datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert clock.to_text(datetime(2026, 6, 1, 9, tzinfo=timezone(timedelta(hours=1)))) == "2026-06-01T08:00:00.000Z"


def test_now_is_in_utc() -> None:
    assert clock.utc_now().utcoffset() == timedelta(0)
