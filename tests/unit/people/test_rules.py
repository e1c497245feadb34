"""Which statement counts, and who has access: decided without a table."""

import itertools
from datetime import UTC, date, datetime
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.people.model import Eligibility, Link, PupilDetails
from school_events.people.rules import (
    NOTHING_HEARD,
    Heard,
    Statement,
    Thing,
    What,
    clashes,
    hear,
    is_open,
    order,
    today,
)

PUPIL = Thing("pupil", ("pupil-1",))


def _at(hour: int) -> datetime:
    return datetime(2026, 9, 1, hour, tzinfo=UTC)


def _said(version: int, what: What = "told", *, hour: int = 8, name: str = "Amelia", left_on: int = 1) -> Statement:
    details = PupilDetails(first_name=name, last_name="O'Connor") if what == "told" else None
    digest = {"told": name, "left": str(left_on), "removed": ""}[what]
    day = date(2027, 7, left_on) if what == "left" else None
    return Statement(PUPIL, order(version, _at(hour), what, digest), what, details, day)


def _all(*statements: Statement) -> Heard:
    return reduce(hear, statements, NOTHING_HEARD)


STATEMENTS = st.builds(
    _said,
    st.integers(1, 3),
    st.sampled_from(("told", "left", "removed")),
    hour=st.integers(8, 9),
    name=st.sampled_from(("Amelia", "Mia")),
    left_on=st.integers(1, 2),
)


@given(st.lists(STATEMENTS, max_size=7), st.data())
def test_the_order_and_number_of_hearings_leave_no_trace(statements: list[Statement], data: st.DataObject) -> None:
    again = data.draw(st.permutations(statements + statements))
    assert _all(*again) == _all(*statements)


@given(st.lists(STATEMENTS, min_size=1, max_size=7))
def test_the_last_statement_decides_what_the_pupil_is(statements: list[Statement]) -> None:
    """The plain model: sort by order, and go by the last one (a leaving needs a pupil to leave)."""
    last = max(statements, key=lambda one: one.order)
    heard = _all(*statements)
    if last.what == "told":
        assert (heard.state, heard.details) == ("current", last.details)
    elif last.what == "removed":
        assert (heard.state, heard.details) == ("removed", None)
    else:
        assert heard.state in {"left", "removed", "untold"}
        assert heard.left_on == last.left_on


def test_a_removal_takes_everything_said_before_along() -> None:
    heard = _all(_said(1), _said(2, "left"), _said(3, "removed"))
    assert (heard.details, heard.left_on, heard.told, heard.left) == (None, None, "", "")


def test_of_one_version_at_one_instant_a_removal_beats_a_leaving_beats_a_change() -> None:
    for some in itertools.permutations([_said(1), _said(1, "left"), _said(1, "removed")]):
        assert _all(*some).state == "removed"
    assert _all(_said(1), _said(1, "left")).state == "left"


def test_of_one_version_the_later_wins_and_the_clash_is_noticed() -> None:
    early, late = _said(1, hour=8, name="Amelia"), _said(1, hour=9, name="Mia")
    assert _all(late, early).details == late.details
    assert clashes(_all(early), late)
    assert clashes(_all(late), early)
    assert not clashes(_all(early), early)
    assert not clashes(_all(early), _said(2))


def test_versions_are_compared_as_numbers() -> None:
    assert _all(_said(10, name="Ten"), _said(9, name="Nine")).details == _said(10, name="Ten").details


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, True),
        ({"restricted": True}, False),
        ({"ends_on": date(2026, 11, 23)}, True),
        ({"ends_on": date(2026, 11, 22)}, False),
        ({"state": "removed"}, False),
        ({"parental_responsibility": False}, True),
    ],
)
def test_a_link_gives_access_until_it_is_restricted_removed_or_past_its_last_day(
    changes: dict[str, object], opens: bool
) -> None:
    link = Link(contact_id="contact-1", pupil_id="pupil-1", restricted=False)
    assert is_open(link.model_copy(update=changes), date(2026, 11, 23)) is opens


def test_the_day_is_the_schools_not_greenwichs() -> None:
    assert today(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert today(datetime(2026, 12, 1, 23, 30, tzinfo=UTC)) == date(2026, 12, 1)


def test_a_characteristic_applies_between_its_days_and_unknown_days_are_open() -> None:
    bounded = Eligibility(eligible=True, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 2))
    assert [bounded.applies_on(date(2026, 9, day)) for day in (1, 2, 3)] == [True, True, False]
    assert Eligibility(eligible=True).applies_on(date(2026, 9, 1))
    assert not Eligibility(eligible=False).applies_on(date(2026, 9, 1))
