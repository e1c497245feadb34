"""Databases with a fault, made of a sound one: each is what a promise of the contract must not survive."""

import copy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from pynamodb.connection import Connection
from pynamodb.exceptions import VerboseClientError

type Request = dict[str, Any]
type Ask = Callable[[str, Request], Any]
type Fault = Callable[[Ask, str, Request], Any]
"""Answers an operation, asking the sound database as it likes."""

_ALONE = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_WRITES_ALONE = frozenset(_ALONE.values())
_READS = frozenset({"GetItem", "BatchGetItem", "Query"})


@contextmanager
def database_with(fault: Fault) -> Iterator[None]:
    """The product's database has a fault inside the block."""
    sound = Connection.dispatch

    def faulty(connection: Connection, operation: str, request: Request) -> Any:
        return fault(partial(sound, connection), operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", faulty)
        yield


def checks_nothing(ask: Ask, operation: str, request: Request) -> Any:
    """Every condition holds."""
    if operation in _WRITES_ALONE:
        return ask(operation, without_condition(request))
    if operation == "TransactWriteItems":
        writes = [
            {kind: without_condition(write)}
            for action in request["TransactItems"]
            for kind, write in action.items()
            if kind != "ConditionCheck"
        ]
        return ask(operation, request | {"TransactItems": writes}) if writes else {}
    return ask(operation, request)


def tells_reasons_backwards(ask: Ask, operation: str, request: Request) -> Any:
    """A cancelled transaction blames the wrong part."""
    try:
        return ask(operation, request)
    except VerboseClientError as error:
        error.cancellation_reasons = list(error.cancellation_reasons)[::-1]
        raise


def writes_what_it_may(ask: Ask, operation: str, request: Request) -> Any:
    """Of a cancelled transaction, what had no condition is written all the same."""
    try:
        return ask(operation, request)
    except VerboseClientError:
        for action in request.get("TransactItems", ()):
            ((kind, write),) = action.items()
            if "ConditionExpression" not in write:
                ask(_ALONE[kind], write)
        raise


def creates_what_is_new(ask: Ask, operation: str, request: Request) -> Any:
    """Of a cancelled transaction, everything whose own condition holds is written all the same."""
    try:
        return ask(operation, request)
    except VerboseClientError as error:
        for action, reason in zip(request.get("TransactItems", ()), error.cancellation_reasons, strict=False):
            ((kind, write),) = action.items()
            if reason is None and kind in _ALONE:
                ask(_ALONE[kind], write)
        raise


def loses_the_last_write(ask: Ask, operation: str, request: Request) -> Any:
    """A transaction leaves its last part out."""
    if operation == "TransactWriteItems" and len(request["TransactItems"]) > 1:
        request = request | {"TransactItems": request["TransactItems"][:-1]}
    return ask(operation, request)


def forgets_tokens(ask: Ask, operation: str, request: Request) -> Any:
    """A transaction sent again is carried out again."""
    return ask(operation, {name: value for name, value in request.items() if name != "ClientRequestToken"})


def finds_one_of_many(ask: Ask, operation: str, request: Request) -> Any:
    """Reading many finds the first of each table."""
    answer = ask(operation, request)
    if operation == "BatchGetItem":
        answer["Responses"] = {table: rows[:1] for table, rows in answer["Responses"].items()}
    return answer


def gives_the_first_page(ask: Ask, operation: str, request: Request) -> Any:
    """A list ends with its first page."""
    answer = ask(operation, request)
    if operation == "Query":
        answer.pop("LastEvaluatedKey", None)
    return answer


def lists_backwards(ask: Ask, operation: str, request: Request) -> Any:
    """Each page is in the wrong order."""
    answer = ask(operation, request)
    if operation == "Query":
        answer["Items"] = answer["Items"][::-1]
    return answer


def ignores_where_to_start(ask: Ask, operation: str, request: Request) -> Any:
    """A list shows its whole partition."""
    if operation == "Query":
        only_partition = request["KeyConditionExpression"].split(" AND ")[0].strip("(")
        request = _with_what_is_named(request | {"KeyConditionExpression": only_partition})
    return ask(operation, request)


def keeps_for_ever(ask: Ask, operation: str, request: Request) -> Any:
    """Nothing is told when it is to vanish."""
    request = copy.deepcopy(request)
    writes = [write for action in request.get("TransactItems", ()) for write in action.values()]
    for write in (request, *writes):
        write.get("Item", {}).pop("expires_at", None)
    return ask(operation, request)


def ends_everything(ask: Ask, operation: str, request: Request) -> Any:
    """Whatever is written is to vanish within a second."""
    request = copy.deepcopy(request)
    for write in (request, *(write for action in request.get("TransactItems", ()) for write in action.values())):
        if "Item" in write:
            write["Item"]["expires_at"] = {"N": "1"}
    return ask(operation, request)


def weak_reads_are_behind(ask: Ask, operation: str, request: Request) -> Any:
    """What is not read strongly is not seen yet: allowed, and what strong reads are for."""
    if operation not in _READS or request.get("ConsistentRead"):
        return ask(operation, request)
    if operation == "BatchGetItem":
        tables = request["RequestItems"]
        strongly = {table: asked for table, asked in tables.items() if asked.get("ConsistentRead")}
        return ask(operation, request | {"RequestItems": strongly}) if strongly else {"Responses": {}}
    return {} if operation == "GetItem" else {"Items": [], "Count": 0, "ScannedCount": 0}


def finds_nothing(ask: Ask, operation: str, request: Request) -> Any:
    """No read sees anything."""
    if operation == "BatchGetItem":
        return {"Responses": {}}
    if operation in _READS:
        return {} if operation == "GetItem" else {"Items": [], "Count": 0, "ScannedCount": 0}
    return ask(operation, request)


def without_condition(write: Request) -> Request:
    """A write that is made whatever is there."""
    return _with_what_is_named({name: value for name, value in write.items() if name != "ConditionExpression"})


def _with_what_is_named(request: Request) -> Request:
    """A request without the names and values that none of its expressions mentions any more."""
    text = " ".join(value for name, value in request.items() if name.endswith("Expression"))
    mentioned = set(re.findall(r"[#:]\w+", text))
    kept = dict(request)
    for names in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        left = {name: value for name, value in request.get(names, {}).items() if name in mentioned}
        kept.pop(names, None)
        if left:
            kept[names] = left
    return kept
