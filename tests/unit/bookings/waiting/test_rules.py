"""Whose turn it is: in order, nobody blocked by those who need more, and nobody passed over for less."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from school_events.bookings.waiting import rules
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from tests.support.contexts import NOW

type Family = tuple[int, int]
"""How many children come together, and after how many minutes the family joined."""

families = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 20)), max_size=12)
places = st.lists(st.integers(1, 60), unique=True, max_size=15)


def _line(joined: list[Family], state: WaitingState = WaitingState.WAITING) -> list[WaitingEntry]:
    return [
        WaitingEntry(
            id=f"waiting_{number:02}",
            event_id="event-1",
            pool="term",
            pupil_ids=tuple(f"pupil-{number}-{child}" for child in range(children)),
            joined_by=f"contact-{number}",
            joined_at=NOW + timedelta(minutes=minutes),
            state=state,
        )
        for number, (children, minutes) in enumerate(joined)
    ]


@given(families, places)
def test_each_place_is_offered_once_and_each_family_as_many_as_it_needs(joined: list[Family], free: list[int]) -> None:
    offers = rules.next_offers(_line(joined), free)
    given_away = [number for _, numbers in offers for number in numbers]
    assert len(given_away) == len(set(given_away))
    assert set(given_away) <= set(free)
    assert all(len(numbers) == len(entry.pupil_ids) for entry, numbers in offers)
    assert len({entry.id for entry, _ in offers}) == len(offers)


@given(families, places)
def test_who_gets_nothing_needs_more_than_was_left_when_it_was_their_turn(
    joined: list[Family], free: list[int]
) -> None:
    """The plain reading: go along the line with the places in hand."""
    line = _line(joined)
    served = {entry.id for entry, _ in rules.next_offers(line, free)}
    in_hand = len(free)
    for entry in sorted(line, key=lambda one: (one.joined_at, one.id)):
        fits = len(entry.pupil_ids) <= in_hand
        assert (entry.id in served) == fits
        in_hand -= len(entry.pupil_ids) if fits else 0


@given(families, places)
def test_with_only_single_children_the_first_are_served(joined: list[Family], free: list[int]) -> None:
    line = _line([(1, minutes) for _, minutes in joined])
    offers = rules.next_offers(line, free)
    assert [entry.id for entry, _ in offers] == [entry.id for entry in rules.in_order(line)][: len(free)]


@given(families, places)
def test_nothing_is_offered_to_a_turn_that_does_not_wait(joined: list[Family], free: list[int]) -> None:
    for state in set(WaitingState) - {WaitingState.WAITING}:
        assert rules.next_offers(_line(joined, state), free) == []


@given(families)
def test_who_is_first_has_no_family_in_front_and_who_is_last_all_others(joined: list[Family]) -> None:
    line = rules.in_order(_line(joined))
    assert [rules.families_before(line, entry) for entry in line] == list(range(len(line)))


def test_turns_of_one_family_are_one_family_in_front_and_none_to_itself() -> None:
    first, second, third = _line([(1, 0), (1, 1), (1, 2)])
    second = second.model_copy(update={"joined_by": first.joined_by})
    assert [rules.families_before([first, second, third], one) for one in (first, second, third)] == [0, 0, 1]


def test_an_offer_holds_its_hours_and_never_beyond_the_end_of_booking() -> None:
    assert rules.offer_until(NOW, 24, NOW + timedelta(days=3)) == NOW + timedelta(hours=24)
    assert rules.offer_until(NOW, 24, NOW + timedelta(hours=5)) == NOW + timedelta(hours=5)
