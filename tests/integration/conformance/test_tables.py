"""The embedded DynamoDB keeps the promises that bookings stand on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.conformance.conftest import Toy

SEATS = 5
BUYERS = 40


def _put(toy: Toy, pk: str, condition: str = "attribute_not_exists(pk)", **more: Any) -> dict[str, Any]:
    item = {"pk": {"S": pk}, "sk": {"S": "x"}}
    return {"Put": {"TableName": toy.physical["Main"], "Item": item, "ConditionExpression": condition, **more}}


def _item(toy: Toy, pk: str) -> dict[str, Any] | None:
    key = {"pk": {"S": pk}, "sk": {"S": "x"}}
    answer = toy.client("dynamodb").get_item(TableName=toy.physical["Main"], Key=key, ConsistentRead=True)
    found: dict[str, Any] | None = answer.get("Item")
    return found


def test_a_cancelled_transaction_says_which_part_failed_and_shows_the_item(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")
    dynamodb.transact_write_items(TransactItems=[_put(toy, "taken")])
    parts = [_put(toy, "free"), _put(toy, "taken", ReturnValuesOnConditionCheckFailure="ALL_OLD")]

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as cancelled:
        dynamodb.transact_write_items(TransactItems=parts)

    first, second = cancelled.value.response["CancellationReasons"]
    assert first["Code"] == "None"
    assert second["Code"] == "ConditionalCheckFailed"
    assert second["Item"]["pk"] == {"S": "taken"}
    assert _item(toy, "free") is None


def test_the_same_request_token_writes_once(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")
    token = "one-and-the-same-request-token"

    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[_put(toy, "repeated")], ClientRequestToken=token)

    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(TransactItems=[_put(toy, "something-else")], ClientRequestToken=token)


def test_a_transaction_refuses_two_actions_on_one_item(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")

    with pytest.raises(dynamodb.exceptions.ClientError, match="multiple operations on one item"):
        dynamodb.transact_write_items(TransactItems=[_put(toy, "twice"), _put(toy, "twice")])


def test_no_seat_is_sold_twice_however_many_want_it(toy: Toy) -> None:
    """Also the reason why the emulator is used for races, and not an in-memory fake, which sells some twice."""

    def buy(buyer: int) -> bool:
        parts = [_put(toy, f"seat-{buyer % SEATS}"), _put(toy, f"buyer-{buyer}")]
        try:
            toy.client("dynamodb").transact_write_items(TransactItems=parts)
        except toy.client("dynamodb").exceptions.TransactionCanceledException:
            return False
        return True

    with ThreadPoolExecutor(max_workers=20) as pool:
        sold = list(pool.map(buy, range(BUYERS)))

    assert sum(sold) == SEATS
    assert sum(_item(toy, f"buyer-{buyer}") is not None for buyer in range(BUYERS)) == SEATS


def test_a_set_remembers_how_large_it_may_grow(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")
    update = {
        "TableName": toy.physical["Main"],
        "Key": {"pk": {"S": "set"}, "sk": {"S": "x"}},
        "UpdateExpression": "ADD members :one",
        "ConditionExpression": (
            "attribute_not_exists(members) OR (size(members) < :most AND NOT contains(members, :name))"
        ),
    }

    def add(name: str) -> None:
        values = {":one": {"SS": [name]}, ":name": {"S": name}, ":most": {"N": "2"}}
        dynamodb.update_item(**update, ExpressionAttributeValues=values)

    add("a")
    add("b")
    for refused in ("b", "c"):
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            add(refused)


def test_the_table_is_protected_as_the_template_says(toy: Toy) -> None:
    dynamodb = toy.client("dynamodb")
    name = toy.physical["Main"]

    time_to_live = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    encryption = dynamodb.describe_table(TableName=name)["Table"]["SSEDescription"]

    assert time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert encryption["Status"] == "ENABLED"
    assert toy.physical["Key"] in encryption["KMSMasterKeyArn"]
