"""A write that DynamoDB does not answer fails as one that may be tried again, not as if something were broken."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, HTTPClientError, ReadTimeoutError
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException

from school_events.core.dynamodb import Item, Key, create_all, delete_if, is_busy, put_if_absent, update_if
from school_events.core.feed import FeedRow
from tests.unit.core.test_transaction import a_row

KEY = Key(FeedRow, "SCH#school-1#FEED", "1")
WRITES: dict[str, Callable[[], object]] = {
    "put": lambda: put_if_absent(a_row("1")),
    "update": lambda: update_if(KEY, [FeedRow.what.set("changed")], Item.pk.exists()),
    "delete": lambda: delete_if(KEY, Item.pk.exists()),
    "create all": lambda: create_all([a_row("1"), a_row("2")]),
}
UNANSWERED = (ConnectionClosedError, EndpointConnectionError, ReadTimeoutError)


@pytest.mark.parametrize("error", UNANSWERED)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_without_an_answer_may_be_tried_again(
    write: Callable[[], object], error: type[HTTPClientError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_answered(*_: Any) -> None:
        raise error(endpoint_url="http://127.0.0.1")

    monkeypatch.setattr(Connection, "_make_api_call", not_answered)
    with pytest.raises(PynamoDBException) as failed:
        write()
    assert is_busy(failed.value)
