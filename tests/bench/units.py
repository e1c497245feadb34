"""What a piece of work costs at DynamoDB: its requests, and the units DynamoDB would charge, from the items themselves.

An item's size is the UTF-8 of its names and values; a number takes a byte for two digits and one more. A strong read
is a unit for 4 KB, another one half; an item that is not there is read like a small one, and a query rounds up once
for all it reads. A write is a unit for 1 KB of the larger of the item before and after, in a transaction two; so is a
check of a condition there. An index is written when its item comes, goes or changes, and twice when its key changes;
once also in a transaction, which it follows (developer guide: "DynamoDB read and write operations", "Transactions",
"Global secondary indexes").
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pytest
from pynamodb.connection.base import Connection

from school_events.core import aws
from tests.support.streams import row_record
from tests.support.tables import INDEXES, STREAMED

type Row = Mapping[str, Any]

_KB = 1024
_READ_BLOCK = 4 * _KB
_IN_A_TRANSACTION = 2
_WRITES = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
_SCALARS = frozenset({"S", "N", "B", "BOOL", "NULL"})


@dataclass
class Bill:
    """What a piece of work asked of DynamoDB.

    Args:
        requests: by their names.
        read_units: of tables and indexes.
        write_units: of tables.
        index_units: of indexes that follow their tables.
        actions: items written or checked.
        changed: the stream records of what it wrote, in order, for what follows.
    """

    requests: Counter[str] = field(default_factory=Counter)
    read_units: float = 0
    write_units: int = 0
    index_units: int = 0
    actions: int = 0
    changed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def round_trips(self) -> int:
        """How many requests there were, one after the other."""
        return self.requests.total()

    def figures(self, name: str) -> dict[str, float | int]:
        """The bill as figures.

        Args:
            name: of the piece of work.
        """
        return {
            f"{name}: round trips": self.round_trips,
            f"{name}: items written or checked": self.actions,
            f"{name}: read units": float(self.read_units),
            f"{name}: write units": self.write_units,
            f"{name}: write units of indexes": self.index_units,
        }


@contextmanager
def billed() -> Iterator[Bill]:
    """Count what the product asks of DynamoDB inside the block; one thread at a time."""
    bill = Bill()
    dispatch = Connection.dispatch

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        writes = list(_writes(operation, request))
        before = [_row(table, key) for table, _, key in writes]
        answer = dispatch(connection, operation, request)
        bill.requests[operation] += 1
        bill.read_units += _read_units(operation, request, answer)
        factor = _IN_A_TRANSACTION if operation == "TransactWriteItems" else 1
        for (table, kind, key), old in zip(writes, before, strict=True):
            _enter(bill, table, old, old if kind == "ConditionCheck" else _row(table, key), factor)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", dispatched)
        yield bill


def size_of(row: Row | None) -> int:
    """The bytes of an item as DynamoDB counts them.

    Args:
        row: as DynamoDB writes it; none is of no size.
    """
    return sum(len(name.encode()) + _size_of_value(value) for name, value in (row or {}).items())


def index_units(table: str, before: Row | None, after: Row | None) -> int:
    """The write units of a table's indexes for one change of an item."""
    return sum(_units_of_index(index, before, after) for index in INDEXES[table])


def _size_of_value(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "N":
        return len(content.strip("-0.").replace(".", "")) // 2 + 2
    if kind in {"BOOL", "NULL"}:
        return 1
    if kind in _SCALARS:
        return len(content if isinstance(content, bytes) else str(content).encode())
    raise ValueError(kind)


def _writes(operation: str, request: Mapping[str, Any]) -> Iterator[tuple[str, str, Row]]:
    """The table, kind and key of each item a request writes or checks."""
    if operation in _WRITES:
        yield request["TableName"], _WRITES[operation], _key(request)
    if operation == "TransactWriteItems":
        for action in request["TransactItems"]:
            ((kind, asked),) = action.items()
            yield asked["TableName"], kind, _key(asked)
    if operation == "BatchWriteItem":
        for table, asked in request["RequestItems"].items():
            yield from ((table, "Put", _key(*one.values())) for one in asked)


def _key(asked: Mapping[str, Any]) -> Row:
    named = asked.get("Key") or asked["Item"]
    return {name: named[name] for name in ("pk", "sk")}


def _row(table: str, key: Row) -> Row | None:
    found: Row | None = aws.client("dynamodb").get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
    return found


def _enter(bill: Bill, table: str, before: Row | None, after: Row | None, factor: int) -> None:
    bill.actions += 1
    bill.write_units += factor * _kilobytes(max(size_of(before), size_of(after)))
    bill.index_units += index_units(table, before, after)
    if table in STREAMED and before != after:
        bill.changed.append(row_record(after, before))


def _kilobytes(size: int) -> int:
    return max(1, ceil(size / _KB))


def _units_of_index(index: str, before: Row | None, after: Row | None) -> int:
    stem = index.removeprefix("by_")
    was, is_now = (_place_in_index(stem, row) for row in (before, after))
    if was == is_now:
        return 0 if was is None or before == after else _kilobytes(max(size_of(before), size_of(after)))
    return sum(_kilobytes(size_of(row)) for row, place in ((before, was), (after, is_now)) if place is not None)


def _place_in_index(stem: str, row: Row | None) -> tuple[Any, ...] | None:
    if row is None or f"{stem}_pk" not in row or f"{stem}_sk" not in row:
        return None
    return row[f"{stem}_pk"], row[f"{stem}_sk"]


def _read_units(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if operation == "BatchGetItem":
        return sum(
            _units_of_rows(answer["Responses"].get(table, []), len(asked["Keys"]), strong=asked.get("ConsistentRead"))
            for table, asked in request["RequestItems"].items()
        )
    if operation == "GetItem":
        found = [answer["Item"]] if "Item" in answer else []
        return _units_of_rows(found, 1, strong=request.get("ConsistentRead"))
    if operation == "Query":
        read = max(1, ceil(sum(map(size_of, answer["Items"])) / _READ_BLOCK))
        return read * (1.0 if request.get("ConsistentRead") else 0.5)
    return 0.0


def _units_of_rows(found: Sequence[Row], asked: int, *, strong: bool | None) -> float:
    blocks = sum(max(1, ceil(size_of(row) / _READ_BLOCK)) for row in found) + asked - len(found)
    return blocks * (1.0 if strong else 0.5)
