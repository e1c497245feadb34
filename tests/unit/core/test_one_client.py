"""Every sort of item is read and written over one client: each further one would cost a cold start its time."""

from collections.abc import Iterator

import pytest

from school_events.bookings import places, store
from school_events.core import due, dynamodb, feed
from school_events.core.dynamodb import Item


def _sorts_of(item: type[Item]) -> Iterator[type[Item]]:
    for more in item.__subclasses__():
        yield more
        yield from _sorts_of(more)


@pytest.mark.usefixtures("tables")
def test_whatever_is_read_is_read_over_the_one_client() -> None:
    client = dynamodb.connection().client
    sorts = [item for item in _sorts_of(Item) if hasattr(item, "Meta")]
    assert {places.PlaceItem, store.GuardItem, due.WatermarkItem, feed.FeedRow} <= set(sorts)
    assert [item for item in sorts if item._get_connection().connection.client is not client] == []


@pytest.mark.usefixtures("tables")
def test_a_table_that_does_not_answer_is_given_up_within_a_functions_time() -> None:
    config = dynamodb.connection().client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 4)
    assert config.retries["total_max_attempts"] == 3
