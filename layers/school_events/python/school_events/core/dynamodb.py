"""The base of every table: items, documents in items, reads over several tables, and the one way to write.

"The database decides": every promise is a condition inside a :class:`Transaction`, never a read before a write.
"""

import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Protocol

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection
from pydantic import BaseModel
from pynamodb.attributes import Attribute, DiscriminatorAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection, TableConnection
from pynamodb.constants import STRING
from pynamodb.exceptions import DeleteError, PutError, PynamoDBException, TransactWriteError, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from school_events.core import clock
from school_events.core.attributes import TECHNICAL, ThingKey
from school_events.core.context import Context
from school_events.core.errors import SchoolEventsError, TryAgain

MOST_ACTIONS = 100
"""A transaction has at most this many actions (DynamoDB)."""

_MOST_ROUNDS = 6
"""A read of many items is asked for so often before it counts as refused."""

_BUSY = frozenset(
    {
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ThrottlingError",
        "ThrottlingException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    }
)


class Document[M: BaseModel](Attribute[M]):
    """A frozen pydantic model kept as JSON text in one attribute: cheap to read, checked when read."""

    attr_type = STRING

    def __init__(self, model: type[M], *, null: bool = False) -> None:
        super().__init__(null=null)
        self.model = model

    def serialize(self, value: M) -> str:
        return value.model_dump_json(exclude_none=True)

    def deserialize(self, value: str) -> M:
        return self.model.model_validate_json(value)


class InstantAttribute(Attribute[datetime]):
    """An instant as sortable text, UTC (``core.clock``)."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return clock.to_text(value)

    def deserialize(self, value: str) -> datetime:
        return clock.from_text(value)


class TableMeta(Protocol):
    """What an item's ``Meta`` says."""

    table_name: str


class Item(Model):
    """What every item has: its keys, its kind, and, if it is to vanish by itself, when (epoch seconds).

    An item whose keys tell more than the ids of things annotates them again.
    """

    pk: ThingKey = UnicodeAttribute(hash_key=True)
    sk: ThingKey = UnicodeAttribute(range_key=True)
    kind: Annotated[DiscriminatorAttribute, TECHNICAL] = DiscriminatorAttribute()
    expires_at: Annotated[NumberAttribute, TECHNICAL] = NumberAttribute(null=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """PynamoDB gives each class a client of its own, slow to make and with long time-outs: all share the one."""
        table = super()._get_connection()
        table.connection._client = connection().client
        return table


def school_key(school_id: str, *parts: str) -> str:
    """A partition key inside one school: ``SCH#{school}#{part}#{part}``."""
    return "#".join(("SCH", school_id, *parts))


@cache
def connection() -> Connection:
    """The one connection of this process, in the function's own region, with time-outs that fit into its time."""
    return Connection(read_timeout_seconds=4, connect_timeout_seconds=1, max_retry_attempts=2)


@dataclass(frozen=True)
class Key[I: Item]:
    """Names one item of one kind."""

    item: type[I]
    pk: str
    sk: str


@dataclass(frozen=True)
class Found:
    """The items a :func:`get_many` found."""

    items: dict[tuple[str, str, str], Item]

    def get[I: Item](self, key: Key[I]) -> I | None:
        """The item of that key, if there is one."""
        item = self.items.get((key.item.Meta.table_name, key.pk, key.sk))
        return item if isinstance(item, key.item) else None


def get_many(keys: Iterable[Key[Any]]) -> Found:
    """Read up to 100 items of any tables in one round trip, strongly consistent: :func:`get_rows`, made into items.

    Where a key has had two kinds of items in its time, whoever asks for one does not find the other.
    """
    return Found({named: Item.from_raw_data(row) for named, row in get_rows(keys).items()})


def get_rows(keys: Iterable[Key[Any]], attributes: Sequence[str] = ()) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Items by table, ``pk`` and ``sk``, as DynamoDB writes them (``BatchGetItem``): for reading very many.

    What DynamoDB leaves out of its answer is asked for again.

    Args:
        keys: of up to 100 items.
        attributes: what is read of each, besides its keys; all of it unless told.

    Raises:
        TryAgain: after a few rounds something is still left out.
    """
    names = dict.fromkeys((key.item.Meta.table_name, key.pk, key.sk) for key in keys)
    request: dict[str, Any] = {}
    for table, pk, sk in names:
        asked = request.setdefault(table, {"Keys": [], "ConsistentRead": True, **_projection(attributes)})
        asked["Keys"].append({"pk": {"S": pk}, "sk": {"S": sk}})
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    attempt = 0
    while request:
        _wait_between_rounds(attempt)
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, rows in answer["Responses"].items():
            found |= {(table, row["pk"]["S"], row["sk"]["S"]): row for row in rows}
        request = answer.get("UnprocessedKeys") or {}
        attempt += 1
    return found


def _projection(attributes: Sequence[str]) -> dict[str, Any]:
    if not attributes:
        return {}
    names = {f"#{number}": name for number, name in enumerate(("pk", "sk", *attributes))}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def query_rows(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a query finds, page after page, as DynamoDB writes it: for reading very many.

    Args:
        request: of ``Query``; where the next page starts is added to it.
    """
    while True:
        page = connection().dispatch("Query", request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _wait_between_rounds(attempt: int) -> None:
    if attempt == _MOST_ROUNDS:
        raise TryAgain
    if attempt:
        time.sleep(_jitter(random.SystemRandom(), attempt))


@dataclass(frozen=True)
class _Step:
    operation: str
    item: Item | Key[Any]
    condition: Condition | None
    actions: Sequence[Action]
    refusal: SchoolEventsError | None


_ORDER = {"check": 0, "delete": 1, "put": 2, "update": 3}


class Refused(Exception):
    """A condition of a write did not hold and the writer gave no error of its own for it."""


class TooManyActions(ValueError):
    """A transaction would have more actions than DynamoDB takes."""


class Transaction:
    """Writes that happen together or not at all, each with the condition that makes it right.

    A condition that does not hold raises the error given with it as ``refusal``; of several, the first given.
    Conflicts and throttles are tried again with jitter until the context's deadline, always with the same
    ``ClientRequestToken``, so that an answer lost on the way never writes twice.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._steps: list[_Step] = []

    def __len__(self) -> int:
        return len(self._steps)

    def put(
        self, item: Item, condition: Condition | None = None, *, refusal: SchoolEventsError | None = None
    ) -> "Transaction":
        """Write a whole item."""
        return self._add(_Step("put", item, condition, (), refusal))

    def create(self, item: Item, *, refusal: SchoolEventsError | None = None) -> "Transaction":
        """Write an item that must not be there yet."""
        return self.put(item, Item.pk.does_not_exist(), refusal=refusal)

    def update(
        self,
        item: Item | Key[Any],
        actions: Sequence[Action],
        condition: Condition | None = None,
        *,
        refusal: SchoolEventsError | None = None,
    ) -> "Transaction":
        """Change attributes of an item."""
        return self._add(_Step("update", item, condition, actions, refusal))

    def delete(
        self, item: Item | Key[Any], condition: Condition | None = None, *, refusal: SchoolEventsError | None = None
    ) -> "Transaction":
        """Remove an item."""
        return self._add(_Step("delete", item, condition, (), refusal))

    def check(self, key: Key[Any], condition: Condition, *, refusal: SchoolEventsError | None = None) -> "Transaction":
        """Only go ahead if this holds of an item."""
        return self._add(_Step("check", key, condition, (), refusal))

    def commit(self) -> None:
        """Write it all.

        Raises:
            SchoolEventsError: the refusal of the first condition that did not hold.
            Refused: a condition without a refusal of its own did not hold.
            TryAgain: too busy until the deadline.
        """
        token = self._ctx.new_id("t")[-36:]
        attempt = 0
        while True:
            try:
                self._write(token)
            except TransactWriteError as error:
                self._raise_refusal(error)
                if not is_busy(error):
                    raise
            else:
                return
            attempt += 1
            wait_or_give_up(self._ctx, attempt)

    def _add(self, step: _Step) -> "Transaction":
        if len(self._steps) == MOST_ACTIONS:
            raise TooManyActions(f"a transaction has at most {MOST_ACTIONS} actions")
        self._steps.append(step)
        return self

    def _ordered(self) -> list[_Step]:
        return sorted(self._steps, key=lambda step: _ORDER[step.operation])

    def _write(self, token: str) -> None:
        with TransactWrite(connection=connection(), client_request_token=token) as transaction:
            for step in self._ordered():
                _add_to(transaction, step)

    def _raise_refusal(self, error: TransactWriteError) -> None:
        reasons = error.cancellation_reasons
        failed = {
            id(step)
            for step, reason in zip(self._ordered(), reasons, strict=False)
            if reason is not None and reason.code == "ConditionalCheckFailed"
        }
        for step in self._steps:
            if id(step) in failed:
                raise step.refusal or Refused() from error


def _add_to(transaction: TransactWrite, step: _Step) -> None:
    named = step.item
    if step.operation == "check" and isinstance(named, Key):
        transaction.condition_check(named.item, named.pk, named.sk, condition=step.condition)
        return
    item = named.item(named.pk, named.sk) if isinstance(named, Key) else named
    if step.operation == "put":
        transaction.save(item, condition=step.condition)
    elif step.operation == "update":
        transaction.update(item, list(step.actions), condition=step.condition)
    else:
        transaction.delete(item, condition=step.condition)


def put_if_absent(item: Item) -> bool:
    """Write an item unless there is one of its key already; says whether it was written."""
    return save_if(item, Item.pk.does_not_exist())


def create_all(items: Sequence[Item]) -> bool:
    """Write up to 100 items in one round trip, if none of them is there yet; says whether they were written."""
    try:
        with TransactWrite(connection=connection()) as transaction:
            for item in items:
                transaction.save(item, condition=Item.pk.does_not_exist())
    except TransactWriteError as error:
        if _code(error) == "TransactionCanceledException":
            return False
        raise
    return True


def save_if(item: Item, condition: Condition) -> bool:
    """Write an item if a condition holds of what is there; says whether it was written."""
    try:
        item.save(condition=condition)
    except PutError as error:
        if is_refusal(error):
            return False
        raise
    return True


def update_if(key: Key[Any], actions: Sequence[Action], condition: Condition) -> bool:
    """Change an item if a condition holds of it; says whether it was changed."""
    try:
        key.item(key.pk, key.sk).update(actions=list(actions), condition=condition)
    except UpdateError as error:
        if is_refusal(error):
            return False
        raise
    return True


def delete_if(key: Key[Any], condition: Condition) -> bool:
    """Delete an item if a condition holds of it; says whether it was deleted."""
    try:
        key.item(key.pk, key.sk).delete(condition=condition)
    except DeleteError as error:
        if is_refusal(error):
            return False
        raise
    return True


def is_busy(error: BaseException) -> bool:
    """Whether a read or write failed only because DynamoDB is too busy or did not answer: asking again may help."""
    if isinstance(error, TransactWriteError) and any(
        reason is not None and reason.code in _BUSY for reason in error.cancellation_reasons
    ):
        return True
    cause = error.cause if isinstance(error, PynamoDBException) else error
    return _code(error) in _BUSY or isinstance(cause, (HTTPClientError, NoConnection))


def is_refusal(error: PynamoDBException) -> bool:
    """Whether a write failed because its condition did not hold."""
    return _code(error) == "ConditionalCheckFailedException"


def _code(error: BaseException) -> str:
    """DynamoDB's code for what failed; none if there was no answer (which PynamoDB's own property cannot take)."""
    cause = error.cause if isinstance(error, PynamoDBException) else error
    return str(cause.response.get("Error", {}).get("Code", "")) if isinstance(cause, ClientError) else ""


def wait_or_give_up(ctx: Context, attempt: int) -> None:
    """Wait before trying again: exponential with full jitter, 20 ms to 1 s.

    Raises:
        TryAgain: the wait would pass the context's deadline.
    """
    wait = _jitter(ctx.random, attempt)
    if ctx.time_left().total_seconds() < wait:
        raise TryAgain
    time.sleep(wait)


def _jitter(chance: random.Random, attempt: int) -> float:
    return chance.uniform(0.005, min(1.0, 0.02 * 2 ** min(attempt, 6)))


def shuffled[T](items: Iterable[T], chance: random.Random) -> list[T]:
    """The items in a random order."""
    mixed = list(items)
    chance.shuffle(mixed)
    return mixed
