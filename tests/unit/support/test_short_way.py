"""On the short way to moto's tables a call is answered, and changes, what it does on the long one."""

import copy
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends

from school_events.core import aws
from school_events.core.dynamodb import connection
from tests.support import short_way
from tests.support.rewind import bookmark_tables
from tests.support.tables import make_tables, rows

_OURS = {"TableName": "People", "ReturnConsumedCapacity": "TOTAL"}
_NAMES = {"ExpressionAttributeNames": {"#0": "pk"}}
_NEW = {"ConditionExpression": "attribute_not_exists (#0)"} | _NAMES


def _key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "SCH#1"}, "sk": {"S": f"PUPIL#{number}"}}


def _item(number: int, **others: Any) -> dict[str, Any]:
    return _key(number) | {"due_pk": {"S": "DUE"}, "due_sk": {"S": str(9 - number)}} | others


def _set(number: int, value: str, **others: Any) -> dict[str, Any]:
    asked = {
        "UpdateExpression": "SET #1 = :0 REMOVE #2",
        "ExpressionAttributeNames": {"#1": "name", "#2": "due_pk"},
        "ExpressionAttributeValues": {":0": {"S": value}},
    }
    return {"TableName": "People", "Key": _key(number)} | asked | others


def _query(pk: str, value: str, **others: Any) -> dict[str, Any]:
    values = {":0": {"S": value}}
    names = {"#0": pk}
    asked = {
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    return _OURS | asked | others


def _where_name_is(name: str) -> dict[str, Any]:
    names = {"#0": "pk", "#1": "name"}
    values = {":0": {"S": "SCH#1"}, ":1": {"S": name}}
    asked = {"FilterExpression": "#1 = :1", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return _query("pk", "SCH#1") | asked


_ELSEWHERE = {"pk": {"S": "SCH#2"}, "sk": {"S": "PUPIL#1"}, "due_pk": {"S": "DUE"}, "due_sk": {"S": "6"}}
_RICH = {"list": {"L": [{"N": "1.50"}, {"BOOL": True}]}, "map": {"M": {"a": {"NULL": True}}}, "set": {"SS": ["b", "a"]}}
_IMAGES = ("Keys", "OldImage", "NewImage")
_PUT_ONE = {"Put": {"TableName": "People", "Item": _item(5)}}
_CHECK_TWO = {"ConditionCheck": {"TableName": "People", "Key": _key(2), **_NEW}}
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("PutItem", _OURS | {"Item": _item(1, **_RICH)} | _NEW),
    ("PutItem", _OURS | {"Item": _item(1)} | _NEW),
    ("PutItem", _OURS | {"Item": _item(2, bytes={"B": b"\x00\xff"}), "ReturnValues": "ALL_OLD"}),
    ("PutItem", _OURS | {"Item": _item(2, name={"S": "Zoë"}), "ReturnValues": "ALL_OLD"}),
    ("PutItem", _OURS | {"Item": {"pk": {"S": "SCH#1"}}}),
    ("PutItem", _OURS | {"TableName": "Nowhere", "Item": _item(1)}),
    ("GetItem", _OURS | {"Key": _key(1), "ConsistentRead": True}),
    ("GetItem", _OURS | {"Key": _key(2), "ProjectionExpression": "#0", **_NAMES}),
    ("GetItem", _OURS | {"Key": _key(9)}),
    ("UpdateItem", _set(2, "Anna", ReturnValues="ALL_NEW")),
    ("UpdateItem", _set(3, "Béla")),
    ("UpdateItem", _set(3, "", ConditionExpression="attribute_not_exists (#1)", ReturnValues="ALL_NEW")),
    ("DeleteItem", _OURS | {"Key": _key(3), "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", _OURS | {"Key": _key(2), **_NEW}),
    ("BatchWriteItem", {"RequestItems": {"People": [{"PutRequest": {"Item": _item(4)}}], "Audit": []}}),
    ("BatchWriteItem", {"RequestItems": {"People": [{"DeleteRequest": {"Key": _key(4)}}] * 2}}),
    ("BatchGetItem", {"RequestItems": {"People": {"Keys": [_key(1), _key(9), _key(4)]}}}),
    ("TransactWriteItems", {"TransactItems": [_PUT_ONE, {"Update": _set(1, "Cleo")}], "ClientRequestToken": "1"}),
    ("TransactWriteItems", {"TransactItems": [{"Update": _set(1, "Dora")}, _CHECK_TWO]}),
    ("TransactWriteItems", {"TransactItems": [_PUT_ONE, _PUT_ONE]}),
    ("TransactWriteItems", {"TransactItems": [{"Delete": {"TableName": "People", "Key": _key(5)}}]}),
    ("Query", _query("pk", "SCH#1", Limit=1, ScanIndexForward=False)),
    ("Query", _query("pk", "SCH#1", ExclusiveStartKey=_key(1))),
    ("Query", _query("due_pk", "DUE", IndexName="due")),
    ("Query", _query("pk", "SCH#1", Select="COUNT")),
    ("Query", _query("due_pk", "DUE", IndexName="nowhere")),
    ("Query", _query("pk", "SCH#2")),
    ("PutItem", _OURS | {"Item": _ELSEWHERE}),
    ("Query", _query("pk", "SCH#2")),
    ("Query", _query("due_pk", "DUE", IndexName="due", Limit=1)),
    ("Query", _query("due_pk", "DUE", IndexName="due", ExclusiveStartKey=_item(4))),
    ("Query", _where_name_is("Anna")),
    ("Query", _where_name_is("Cleo")),
    ("Scan", _OURS),
    ("DescribeTable", {"TableName": "Inbox"}),
)


def _answered(operation: str, asked: dict[str, Any]) -> Any:
    try:
        answer = connection().client._make_api_call(operation, copy.deepcopy(asked))
    except ClientError as refused:
        answer = {"refused": type(refused).__name__, "operation": refused.operation_name} | refused.response
    del answer["ResponseMetadata"]
    if operation == "DescribeTable":
        answer = answer["Table"]["AttributeDefinitions"]
    return answer


def _story(way: Any) -> tuple[list[Any], ...]:
    with mock_aws(), way:
        make_tables()
        answers = [_answered(*call) for call in CALLS]
        stream = dynamodb_backends["123456789012"]["eu-west-2"].tables["People"].stream_shard
        assert stream is not None
        return (
            answers,
            rows("People"),
            [(one.record["eventName"], *map(one.record["dynamodb"].get, _IMAGES)) for one in stream.items],
        )


def test_every_call_is_answered_and_refused_as_on_the_long_way_and_leaves_the_same() -> None:
    assert _story(short_way.taken()) == _story(nullcontext())


@pytest.fixture
def short() -> Iterator[None]:
    """A table with two items in it, on the short way."""
    with mock_aws(), short_way.taken():
        make_tables()
        for number in (1, 2):
            _answered("PutItem", _OURS | {"Item": _item(number, **_RICH)})
        yield


@pytest.mark.usefixtures("short")
def test_who_changes_a_question_or_an_answer_afterwards_changes_no_table() -> None:
    asked: dict[str, Any] = _OURS | {"Item": _item(3, **copy.deepcopy(_RICH))}
    client = connection().client
    client._make_api_call("PutItem", asked)
    before = rows("People")
    asked["Item"]["set"]["SS"].append("c")
    for item in client._make_api_call("Scan", _OURS)["Items"]:
        item["set"]["SS"].append("c")
        item["map"]["M"].clear()
    assert rows("People") == before


@pytest.mark.usefixtures("short")
def test_a_moment_gone_back_to_is_untouched_by_what_happened_since() -> None:
    before, rewind = rows("People"), bookmark_tables()
    for _ in range(2):
        _answered("UpdateItem", _set(1, "Emma"))
        _answered("PutItem", _OURS | {"Item": _item(3)})
        assert rows("People") != before
        rewind()
        assert rows("People") == before


@pytest.mark.usefixtures("short")
def test_a_transaction_that_is_refused_leaves_nothing_of_it() -> None:
    before = rows("People")
    answer = _answered("TransactWriteItems", {"TransactItems": [{"Update": _set(1, "Dora")}, _PUT_ONE, _CHECK_TWO]})
    assert [one["Code"] for one in answer["CancellationReasons"]] == ["None", "None", "ConditionalCheckFailed"]
    assert rows("People") == before


@pytest.mark.usefixtures("short")
def test_a_client_that_checks_what_is_asked_still_does() -> None:
    with pytest.raises(ParamValidationError):
        aws.client("dynamodb").get_item(TableName="People", Key="PUPIL#1")
