"""What a line is about, when a snapshot lacks too much, and which lines differ."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.people.model import DataCategory
from school_events.people.rules import NOTHING_HEARD, Heard, absent, anonymised, hear
from school_events.people.snapshots import rules
from school_events.people.snapshots.bits import Bits
from tests.support.people import EVERYTHING, PortalMessage, link_told, portal_message, pupil_told, received

YEAR_ONLY: tuple[DataCategory, ...] = ("year_group",)
TAKEN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def _heard(*messages: PortalMessage) -> Heard:
    heard = NOTHING_HEARD
    for message in messages:
        heard = hear(heard, received(message).statement, EVERYTHING)
    return heard


def _judged(heard: Heard, line: PortalMessage, *, may_return: bool = True) -> rules.Judgement:
    statement = received(line).statement
    after = rules.after_line(heard, statement, TAKEN, EVERYTHING, may_return=may_return)
    return rules.judge(heard, after, statement, TAKEN)


@pytest.mark.parametrize(("absences", "held"), [(3, 3), (3, 4), (4, 40), (10, 100), (1, 0)])
def test_a_tenth_or_three_may_be_absent(absences: int, held: int) -> None:
    assert rules.too_many({"pupil": absences}, {"pupil": held}, 10) is None


@pytest.mark.parametrize(("absences", "held"), [(4, 4), (4, 39), (11, 100), (11, 109)])
def test_one_more_is_too_many(absences: int, held: int) -> None:
    assert rules.too_many({"staff": 0, "pupil": absences}, {"staff": 9, "pupil": held}, 10) == "pupil"


def test_what_is_known_is_settled() -> None:
    assert _judged(_heard(pupil_told()), pupil_told()) == rules.SETTLED


def test_what_is_not_known_is_missing() -> None:
    assert _judged(NOTHING_HEARD, pupil_told()) == rules.Judgement(differs=True, sort="missing")


def test_other_content_is_wrong_and_its_fields_are_named() -> None:
    for version in (1, 2):
        line = pupil_told(first_name="Mia", year_group="Year 9", version=version)
        assert _judged(_heard(pupil_told()), line) == rules.Judgement(
            differs=True, sort="wrong", fields=("first_name", "year_group")
        )


def test_a_version_that_was_missed_is_wrong_even_if_nothing_else_is() -> None:
    assert _judged(_heard(pupil_told()), pupil_told(version=2)).fields == ("version",)


def test_a_leaving_that_was_missed_is_wrong() -> None:
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-10-23"}, version=2)
    assert _judged(_heard(pupil_told()), left).fields == ("state", "left_on")


def test_an_older_line_than_what_was_told_before_the_snapshot_is_a_contradiction() -> None:
    judgement = _judged(_heard(pupil_told(version=3)), pupil_told(version=2))
    assert judgement == rules.Judgement(differs=False, sort="contradicted")


def test_an_older_line_than_what_was_told_after_the_snapshot_is_none() -> None:
    message_type, detail = pupil_told(version=3)
    later = (message_type, detail | {"occurred_at": "2026-11-22T03:00:01Z"})
    assert _judged(_heard(later), pupil_told(version=2)) == rules.SETTLED


def test_what_the_portal_has_removed_stays_removed_and_contradicts_a_line_about_it() -> None:
    removed = portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2)
    judgement = _judged(_heard(pupil_told(), removed), pupil_told(version=2))
    assert judgement == rules.Judgement(differs=False, sort="contradicted")


def test_what_a_snapshot_lacked_and_the_next_has_is_there_again() -> None:
    missing = absent(_heard(link_told()), TAKEN - timedelta(days=1))
    assert "presence" in _judged(missing, link_told()).fields
    statement = received(link_told()).statement
    after = rules.after_line(missing, statement, TAKEN, EVERYTHING, may_return=True)
    assert after.missing_since is None


def test_an_older_snapshot_does_not_find_what_a_later_one_lacked() -> None:
    missing = absent(_heard(link_told()), TAKEN + timedelta(days=1))
    assert _judged(missing, link_told()) == rules.SETTLED


def test_data_withheld_before_and_authorised_now_comes_back_and_was_not_wrong() -> None:
    statement = received(pupil_told()).statement
    held = hear(NOTHING_HEARD, statement, YEAR_ONLY)
    after = rules.after_line(held, statement, TAKEN, EVERYTHING, may_return=True)
    assert after == _heard(pupil_told())
    assert rules.judge(held, after, statement, TAKEN) == rules.Judgement(differs=True)


def test_withheld_data_of_another_content_than_a_later_message_does_not_come_back() -> None:
    message_type, detail = pupil_told(year_group="Year 9")
    later = received((message_type, detail | {"occurred_at": "2026-11-22T03:00:01Z"})).statement
    held = hear(NOTHING_HEARD, later, YEAR_ONLY)
    assert _judged(held, pupil_told()) == rules.SETTLED


def test_who_may_not_return_returns_only_with_a_new_version() -> None:
    gone = anonymised(_heard(pupil_told()), TAKEN - timedelta(days=1))
    assert _judged(gone, pupil_told()).differs
    assert not _judged(gone, pupil_told(), may_return=False).differs
    assert _judged(gone, pupil_told(version=2), may_return=False).differs
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2023-07-21"})
    assert not _judged(gone, left, may_return=False).differs


@given(numbers=st.sets(st.integers(1, 3000)), more=st.sets(st.integers(1, 3000)))
def test_bits_are_a_set_of_numbers(numbers: set[int], more: set[int]) -> None:
    bits = Bits()
    bits.add_all(numbers)
    bits = Bits(bits.content)
    bits.add_all(more)
    assert {number for number in range(1, 3010) if number in bits} == numbers | more
