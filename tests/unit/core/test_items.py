"""Items are read back as they were written, many at once, and alone only if the condition holds."""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.connection import Connection

from school_events.core import clock
from school_events.core.audit import AuditItem
from school_events.core.dynamodb import (
    Document,
    InstantAttribute,
    Key,
    get_many,
    put_if_absent,
    save_if,
    school_key,
    shuffled,
    update_if,
)
from school_events.core.errors import TryAgain
from school_events.core.feed import FeedRow
from school_events.core.inventory import Record
from school_events.core.money import Money
from school_events.core.requests import RequestItem
from tests.support.contexts import a_context
from tests.support.tables import rows

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Inner(Record):
    """Something inside something."""

    name: str
    seen_at: datetime | None = None


class Sample(Record):
    """One of everything a record holds."""

    text: str
    number: int
    flag: bool
    day: date
    instant: datetime
    amount: Money
    some: tuple[Inner, ...]
    by_id: dict[str, str]
    nothing: str | None = None


INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
INNERS = st.builds(Inner, name=TEXTS, seen_at=st.none() | INSTANTS)
SAMPLES = st.builds(
    Sample,
    text=TEXTS,
    number=st.integers(-(2**60), 2**60),
    flag=st.booleans(),
    day=st.dates(),
    instant=INSTANTS,
    amount=st.builds(Money, amount=st.integers(-(10**8), 10**8)),
    some=st.lists(INNERS, max_size=3).map(tuple),
    by_id=st.dictionaries(TEXTS, TEXTS, max_size=3),
    nothing=st.none() | TEXTS,
)


def a_row(sk: str, what: str = "created") -> FeedRow:
    return FeedRow("SCH#school-1#FEED", sk, thing="booking", thing_id="b", what=what, at=AT)


def key(sk: str) -> Key[FeedRow]:
    return Key(FeedRow, "SCH#school-1#FEED", sk)


@given(SAMPLES)
def test_a_document_is_read_as_it_was_written(sample: Sample) -> None:
    attribute = Document(Sample)
    assert attribute.deserialize(attribute.serialize(sample)) == sample


@given(INSTANTS)
def test_an_instant_is_read_as_it_was_written_to_the_millisecond(instant: datetime) -> None:
    attribute = InstantAttribute()
    read = attribute.deserialize(attribute.serialize(instant))
    assert timedelta(0) <= instant - read < timedelta(milliseconds=1)
    assert attribute.serialize(read) == clock.to_text(instant)


def test_keys_of_a_school_start_with_it() -> None:
    assert school_key("school-1", "EVENT", "e") == "SCH#school-1#EVENT#e"


def test_many_items_of_several_tables_are_read_in_one_round_trip(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    a_row("a").save()
    a_row("b").save()
    RequestItem("SCH#school-1#REQUEST", "REQUEST", fingerprint="f", answer="{}").save()
    asked = count_dispatches(monkeypatch)
    request_key = Key(RequestItem, "SCH#school-1#REQUEST", "REQUEST")
    found = get_many([key("a"), key("b"), key("b"), key("none"), request_key])
    a, request = found.get(key("a")), found.get(request_key)
    assert a is not None
    assert (a.what, a.at) == ("created", AT)
    assert request is not None
    assert request.fingerprint == "f"
    assert found.get(key("none")) is None
    assert found.get(Key(AuditItem, "SCH#school-1#FEED", "a")) is None
    assert len(asked) == 1
    assert all(table["ConsistentRead"] for table in asked[0]["RequestItems"].values())


def test_reading_nothing_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_dispatches(monkeypatch)
    assert get_many([]).items == {}
    assert asked == []


def test_what_is_left_out_of_an_answer_is_asked_for_again(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    a_row("a").save()
    RequestItem("SCH#school-1#REQUEST", "REQUEST", fingerprint="f", answer="{}").save()
    waits = leave_out_of_answers(monkeypatch, rounds=3)
    request_key = Key(RequestItem, "SCH#school-1#REQUEST", "REQUEST")
    found = get_many([key("a"), request_key])
    assert found.get(key("a")) is not None
    assert found.get(request_key) is not None
    assert len(waits) == 3


def test_what_is_left_out_again_and_again_asks_the_caller_to_come_back(
    tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_row("a").save()
    waits = leave_out_of_answers(monkeypatch, rounds=1000)
    with pytest.raises(TryAgain):
        get_many([key("a")])
    assert len(waits) < 10
    assert all(wait <= 1 for wait in waits)


def test_an_item_is_put_only_where_there_is_none(tables: None) -> None:
    assert put_if_absent(a_row("a", "first"))
    assert not put_if_absent(a_row("a", "second"))
    assert [row["what"]["S"] for row in rows("Inbox")] == ["first"]


def test_an_item_is_saved_and_changed_only_if_the_condition_holds(tables: None) -> None:
    a_row("a", "first").save()
    assert not save_if(a_row("a", "second"), FeedRow.what == "other")
    assert not update_if(key("a"), [FeedRow.what.set("second")], FeedRow.what == "other")
    assert rows("Inbox")[0]["what"]["S"] == "first"
    assert update_if(key("a"), [FeedRow.what.set("second")], FeedRow.what == "first")
    assert save_if(a_row("a", "third"), FeedRow.what == "second")
    assert rows("Inbox")[0]["what"]["S"] == "third"


def test_chance_that_repeats_shuffles_alike_and_loses_nothing() -> None:
    mixed = shuffled(range(50), a_context().random)
    assert mixed == shuffled(range(50), a_context().random)
    assert mixed != list(range(50))
    assert sorted(mixed) == list(range(50))


def count_dispatches(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []
    dispatch = Connection.dispatch

    def counting(self: Connection, operation: str, arguments: dict[str, Any]) -> Any:
        asked.append(arguments)
        return dispatch(self, operation, arguments)

    monkeypatch.setattr(Connection, "dispatch", counting)
    return asked


def leave_out_of_answers(monkeypatch: pytest.MonkeyPatch, rounds: int) -> list[float]:
    """For some rounds only the first table is answered for, or nothing if there is but one. Returns the waits."""
    waits: list[float] = []
    left = iter(range(rounds))
    dispatch = Connection.dispatch

    def partial(self: Connection, operation: str, arguments: dict[str, Any]) -> Any:
        if next(left, None) is None:
            return dispatch(self, operation, arguments)
        return {"Responses": {}, "UnprocessedKeys": arguments["RequestItems"]}

    monkeypatch.setattr(Connection, "dispatch", partial)
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits
