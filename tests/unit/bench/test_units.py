"""What the bench says a piece of work costs is what DynamoDB's rules say."""

from typing import Any

import pytest

from school_events.core.dynamodb import Transaction, get_many
from school_events.events.store import event_key
from tests.bench.units import billed, index_units, size_of
from tests.support.booked_world import a_school_with_families, an_event, book
from tests.support.contexts import SCHOOL, a_context
from tests.support.tables import rows


def _row(**texts: str) -> dict[str, Any]:
    return {name: {"S": text} for name, text in texts.items()}


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert size_of(_row(pk="ab", sk="é")) == 2 + 2 + 2 + 2
    assert size_of({"n": {"N": "1234"}}) == 1 + 2 + 2 - 1 + 1
    assert size_of({"yes": {"BOOL": True}}) == 3 + 1
    assert size_of(None) == 0


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, _row(event_pk="e", event_sk="1"), 1),
        (_row(event_pk="e", event_sk="1"), None, 1),
        (_row(event_pk="e", event_sk="1"), _row(event_pk="e", event_sk="1"), 0),
        (_row(event_pk="e", event_sk="1"), _row(event_pk="e", event_sk="1", more="x"), 1),
        (_row(event_pk="e", event_sk="1"), _row(event_pk="e", event_sk="2"), 2),
        (None, _row(event_pk="e", event_sk="1", pupil_pk="p", pupil_sk="1"), 2),
        (None, _row(pk="in no index"), 0),
        (None, _row(event_pk="e", event_sk="1", large="x" * 1024), 2),
    ],
)
def test_an_index_costs_when_what_is_in_it_changes(before: Any, after: Any, units: int) -> None:
    assert index_units("Bookings", before, after) == units


@pytest.mark.usefixtures("tables")
def test_reads_and_transactions_are_counted_by_their_items() -> None:
    a_school_with_families()
    event = an_event(price=0)
    with billed() as bill:
        found = get_many([event_key(SCHOOL, event.id), event_key(SCHOOL, "nobody's")])
    assert (bill.round_trips, bill.read_units, bill.write_units) == (1, 2.0, 0)
    item = found.get(event_key(SCHOOL, event.id))
    assert item is not None
    with billed() as bill:
        Transaction(a_context()).check(event_key(SCHOOL, event.id), type(item).version == event.version).commit()
    assert (bill.actions, bill.write_units, bill.index_units, bill.changed) == (
        1,
        2 * (size_of(rows("Events")[0]) // 1024 + 1),
        0,
        [],
    )


@pytest.mark.usefixtures("tables")
def test_what_a_booking_leaves_in_the_stream_is_there_for_what_follows() -> None:
    a_school_with_families()
    event = an_event(price=0)
    with billed() as bill:
        book(event)
    kinds = [record["dynamodb"]["NewImage"]["kind"]["S"] for record in bill.changed]
    assert {"booking", "guard", "place"} <= set(kinds)
    assert bill.requests["TransactWriteItems"] == 1
