"""The short way from the product's stores to moto's tables: a call is handed over as it is.

On the long way it is made into an HTTP request, signed, taken apart, answered and read again. That is nine tenths of
what a call costs and says nothing about the product. Both ways answer the same (``tests/unit/support``), and the
contract tests hold the short one against the local stage's engine.
"""

import copy
import json
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.validate import ParamValidationDecorator, validate_parameters
from moto.core.exceptions import ServiceException
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from tests.support import light_items

_METHODS: dict[str, Callable[[DynamoHandler], Any]] = {
    "BatchGetItem": DynamoHandler.batch_get_item,
    "BatchWriteItem": DynamoHandler.batch_write_item,
    "DeleteItem": DynamoHandler.delete_item,
    "GetItem": DynamoHandler.get_item,
    "PutItem": DynamoHandler.put_item,
    "Query": DynamoHandler.query,
    "Scan": DynamoHandler.scan,
    "TransactWriteItems": DynamoHandler.transact_write_items,
    "UpdateItem": DynamoHandler.update_item,
}
_long_way = BaseClient._make_api_call
_query = Table.query
_parse = ConditionExpressionParser.parse


@contextmanager
def taken() -> Iterator[None]:
    """Inside the block, which stands inside moto's, calls about items take the short way, and copies cost little."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", _call)
        light_items.make_light(patch)
        patch.setattr(Table, "query", _query_partition)
        patch.setattr(ConditionExpressionParser, "parse", _parse_once)
        patch.setattr(Table, "__deepcopy__", _with_the_same_items, raising=False)
        yield


def _call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
    if operation not in _METHODS or client.meta.service_model.service_name != "dynamodb":
        return _long_way(client, operation, asked)
    model = client.meta.service_model.operation_model(operation)
    if isinstance(client._serializer, ParamValidationDecorator):
        validate_parameters(asked, model.input_shape)
    try:
        copied = json.loads(json.dumps(asked))
    except TypeError:  # bytes are no JSON
        return _long_way(client, operation, asked)
    try:
        answer = _asked_directly(client.meta.region_name, operation, copied)
    except (ServiceException, HTTPException) as refused:
        # What is refused has changed nothing: asked again, it is refused in the words of botocore.
        _long_way(client, operation, asked)
        raise AssertionError(f"only the short way refuses this {operation}") from refused
    known = model.output_shape.members
    told = {name: value for name, value in answer.items() if name in known and value is not None}
    return told | {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}


def _asked_directly(region: str, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    handler = DynamoHandler()
    handler.region, handler.current_account, handler.body = region, DEFAULT_ACCOUNT_ID, asked
    answer: dict[str, Any] = _METHODS[operation](handler).result
    return answer


def _with_the_same_items(table: Table, _memo: object) -> Table:
    """A copy of a table that holds the same items, since they are never changed but replaced.

    moto copies a table for each action of a transaction, and tests go back to a moment many times.
    """
    twin = copy.copy(table)
    twin.items = defaultdict(dict, {pk: dict(items) for pk, items in table.items.items()})
    if table.stream_shard is not None:
        twin.stream_shard = copy.copy(table.stream_shard)
        twin.stream_shard.table, twin.stream_shard.items = twin, list(table.stream_shard.items)
    return twin


def _query_partition(table: Table, *args: Any, **others: Any) -> object:
    """Query a table of the one partition that is asked for: moto goes through all items, and sorts them, each time."""
    ((name, wanted),) = others["hash_key_conditions"]
    if name == table.hash_key_attr:
        found = {wanted: table.items[wanted]} if wanted in table.items else {}
    else:
        found = {pk: _of_index(items, name, wanted) for pk, items in table.items.items()}
    twin = copy.copy(table)
    twin.items = defaultdict(dict, found)
    return _query(twin, *args, **others)


def _of_index(items: dict[Any, Any], name: str, wanted: object) -> dict[Any, Any]:
    return {sk: item for sk, item in items.items() if name in item.attrs and item.attrs[name] == wanted}


def _parse_once(parser: ConditionExpressionParser) -> object:
    """Parse a condition unless it was parsed before: a query's is parsed twice, and queries are much alike."""
    values = repr(parser.expression_attribute_values)
    condition, names, used = _parsed(parser.condition_expression, repr(parser.expression_attribute_names), values)
    parser.expr_attr_names_found.extend(names)
    parser.expr_attr_values_found.extend(used)
    return condition


@lru_cache(maxsize=1024)
def _parsed(expression: str | None, names: str, values: str) -> tuple[object, list[str], list[str]]:
    parser = ConditionExpressionParser(expression, literal_eval(names), literal_eval(values))
    return _parse(parser), parser.expr_attr_names_found, parser.expr_attr_values_found
