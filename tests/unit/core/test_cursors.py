"""A cursor opens one list of one school, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.cursors import open_cursor, seal
from school_events.core.errors import Invalid

KEY = b"0123456789abcdef"
SCOPE = "school-1/events"
POSITION = {"pk": "SCH#school-1#EVENTS", "sk": "2026-11-22#event_1"}
POSITIONS = st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=4)


def refused(cursor: str, scope: str = SCOPE, key: bytes = KEY) -> None:
    with pytest.raises(Invalid) as refusal:
        open_cursor(cursor, scope, key=key)
    assert [one.field for one in refusal.value.fields] == ["cursor"]


@given(POSITIONS)
def test_a_cursor_opens_to_the_position_it_was_made_of(position: dict[str, str]) -> None:
    cursor = seal(position, SCOPE, key=KEY)
    assert open_cursor(cursor, SCOPE, key=KEY) == position
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=200))
def test_whatever_is_not_a_cursor_is_refused_naming_it(text: str) -> None:
    refused(text)


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_a_truncated_cursor_is_refused(length: int) -> None:
    refused(seal(POSITION, SCOPE, key=KEY)[:length])


@given(st.integers(0, 10_000), st.sampled_from("AQgw-_09"))
def test_a_changed_cursor_is_refused(place: int, letter: str) -> None:
    cursor = seal(POSITION, SCOPE, key=KEY)
    place %= len(cursor) - 1
    if cursor[place] != letter:
        refused(cursor[:place] + letter + cursor[place + 1 :])


@pytest.mark.parametrize("scope", ["school-2/events", "school-1/payments", "school-1/event", ""])
def test_a_cursor_of_another_school_or_list_is_refused(scope: str) -> None:
    refused(seal(POSITION, scope, key=KEY))


def test_a_cursor_forged_with_another_key_is_refused() -> None:
    refused(seal(POSITION, SCOPE, key=b"another key"))


def test_the_key_is_the_deployments_own_secret(tables: None) -> None:
    cursor = seal(POSITION, SCOPE)
    assert open_cursor(cursor, SCOPE) == POSITION
    refused(cursor, key=b"another key")
