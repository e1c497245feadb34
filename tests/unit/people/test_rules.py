"""Which statement counts, and who has access: decided without a table."""

import itertools
from datetime import UTC, date, datetime
from functools import reduce
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.people.model import Characteristics, DataCategory, Eligibility, Link, PupilDetails, Sen
from school_events.people.rules import (
    NOTHING_HEARD,
    Heard,
    Statement,
    Thing,
    What,
    absent,
    anonymised,
    as_of,
    clashes,
    hear,
    is_open,
    order,
    present,
    refit,
    today,
)

PUPIL = Thing("pupil", ("pupil-1",))
EVERYTHING: tuple[DataCategory, ...] = get_args(DataCategory)


def _at(hour: int) -> datetime:
    return datetime(2026, 9, 1, hour, tzinfo=UTC)


def _said(version: int, what: What = "told", *, hour: int = 8, name: str = "Amelia", left_on: int = 1) -> Statement:
    details = PupilDetails(first_name=name, last_name="O'Connor") if what == "told" else None
    day = date(2027, 7, left_on) if what == "left" else None
    return Statement(PUPIL, order(version, _at(hour), what), what, details, day)


def _all(*statements: Statement, authorised: tuple[DataCategory, ...] = EVERYTHING) -> Heard:
    return reduce(lambda heard, one: hear(heard, one, authorised), statements, NOTHING_HEARD)


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
    last = max(statements, key=lambda one: (one.order, str(one.details), str(one.left_on)))
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


def test_of_one_version_at_one_instant_the_same_content_wins_whichever_came_first() -> None:
    amelia, mia = _said(1, name="Amelia"), _said(1, name="Mia")
    assert _all(amelia, mia) == _all(mia, amelia) == _all(amelia, mia, amelia)
    assert clashes(_all(amelia), mia)


def _with_sen(version: int = 1) -> Statement:
    details = PupilDetails(
        first_name="Amelia", last_name="O'Connor", characteristics=Characteristics(sen=Sen(status="K"))
    )
    return Statement(PUPIL, order(version, _at(8), "told"), "told", details)


WITHOUT_SEN = tuple(category for category in EVERYTHING if category != "sen")


def _sen(heard: Heard) -> Sen | None:
    assert isinstance(heard.details, PupilDetails)
    return heard.details.characteristics.sen


def test_what_is_not_authorised_is_not_kept_and_what_is_withdrawn_goes() -> None:
    heard = _all(_with_sen(), authorised=WITHOUT_SEN)
    assert (_sen(heard), heard.withheld) == (None, ("sen",))
    assert refit(_all(_with_sen()), WITHOUT_SEN) == heard


def test_what_was_withheld_comes_back_when_it_is_told_again_be_it_under_the_same_version() -> None:
    withheld = _all(_with_sen(), authorised=WITHOUT_SEN)
    assert _sen(refit(withheld, EVERYTHING)) is None
    assert hear(withheld, _with_sen(), EVERYTHING) == _all(_with_sen())
    assert not clashes(withheld, _with_sen())


def test_a_statement_told_again_after_a_withdrawal_brings_nothing_back() -> None:
    assert _sen(hear(_all(_with_sen()), _with_sen(), WITHOUT_SEN)) is None


TAKEN = _at(12)


def _reconciled(heard: Heard, line: Statement) -> Heard:
    said = as_of(heard, line, TAKEN)
    return heard if said is None else hear(heard, said, EVERYTHING)


def test_a_snapshot_that_says_what_is_known_changes_nothing() -> None:
    for heard in (_all(_said(1)), _all(_said(1), _said(2, "left"))):
        assert as_of(heard, _said(1), TAKEN) is None
    assert as_of(_all(_said(1), _said(2, "left")), _said(2, "left"), TAKEN) is None


def test_a_snapshot_tells_what_was_missed() -> None:
    assert _reconciled(NOTHING_HEARD, _said(1)) == _all(_said(1))
    assert _reconciled(_all(_said(1)), _said(2, name="Mia")) == _all(_said(1), _said(2, name="Mia"))
    assert _reconciled(_all(_said(1)), _said(2, "left")).state == "left"


def test_a_snapshot_repairs_what_was_mangled_and_a_late_copy_of_that_does_not_undo_it() -> None:
    for mangled, right in (("Amelia", "Mia"), ("Mia", "Amelia")):
        repaired = _reconciled(_all(_said(1, name=mangled)), _said(1, name=right))
        assert repaired.details == _said(1, name=right).details
        assert hear(repaired, _said(1, name=mangled), EVERYTHING) == repaired


def test_a_snapshot_never_undoes_what_was_told_after_it_was_taken() -> None:
    for later in (_said(2, name="Mia"), _said(2, "removed"), _said(1, hour=13, name="Mia")):
        assert _reconciled(_all(_said(1), later), _said(1)) == _all(_said(1), later)


def test_a_snapshot_never_undoes_a_removal_the_portal_has_told() -> None:
    removed = _all(_said(1), _said(1, "removed"))
    assert as_of(removed, _said(1), TAKEN) is None


def test_two_snapshots_that_lack_somebody_remove_them_and_one_that_has_them_brings_them_back() -> None:
    once = absent(_all(_said(1)), TAKEN)
    assert (once.state, once.missing_since) == ("current", TAKEN)
    assert absent(once, TAKEN) == once
    assert present(once) == _all(_said(1))
    twice = absent(once, _at(13))
    assert (twice.state, twice.details) == ("removed", None)
    assert hear(twice, _said(1), EVERYTHING) == twice
    back = as_of(twice, _said(1), _at(14))
    assert back is not None
    assert hear(twice, back, EVERYTHING).state == "current"


def test_what_was_told_after_the_snapshot_or_has_left_is_not_absent() -> None:
    for heard in (_all(_said(1, hour=12)), _all(_said(1), _said(2, "left")), _all(_said(1, "removed"))):
        assert absent(heard, TAKEN) == heard
    missing = absent(_all(_said(1)), TAKEN)
    assert hear(missing, _said(2, hour=13), EVERYTHING).missing_since is None


def test_a_late_update_never_brings_an_anonymised_person_back_and_a_new_version_does() -> None:
    gone = anonymised(_all(_said(1), _said(2, "left")), _at(20))
    assert (gone.state, gone.details, gone.left_on) == ("anonymised", None, None)
    for late in (_said(1), _said(2), _said(2, "left"), _said(1, "removed")):
        assert hear(gone, late, EVERYTHING) == gone
    assert hear(gone, _said(3, hour=8), EVERYTHING).state == "current"


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
        ({"state": "missing"}, False),
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
