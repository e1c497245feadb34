"""A handler runs as the role it has: what its capability does not grant it in a table is refused, as AWS does (I5).

Which handler asks is seen from the stack of calls. What a test puts between, such as a change in the midst of a
request, is the test's own doing.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from infra.capabilities import CAPABILITIES
from infra.spec import IndexGrant, TableGrant

type Use = tuple[str, str]
"""A table, and the action on it or the index that is queried."""

_ENTRIES = frozenset({"lambda_handler", "replay"})
_ONE_TABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"})
_OF_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_GRANTED: Mapping[str, frozenset[Use]] = {
    capability.name: frozenset(
        (grant.table, action)
        for grant in capability.grants
        if isinstance(grant, TableGrant | IndexGrant)
        for action in (grant.actions if isinstance(grant, TableGrant) else grant.indexes)
    )
    for capability in CAPABILITIES
}


@contextmanager
def enforced() -> Iterator[None]:
    """Inside the block, calls of handlers about items are refused unless their capability grants them."""
    ask: Callable[..., Any] = BaseClient._make_api_call

    def call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name == "dynamodb":
            function = _asking_function()
            refused = set(_uses(operation, asked)) - _GRANTED[function] if function else ()
            if refused:
                told = {"Code": "AccessDeniedException", "Message": f"{function} may not use {sorted(refused)}"}
                raise ClientError({"Error": told}, operation)
        return ask(client, operation, asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield


def _asking_function() -> str | None:
    """The function whose handler asks; nothing if a test does."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        frame = frame.f_back
        module: str = frame.f_globals.get("__name__", "")
        if module.startswith("functions.") and frame.f_code.co_name in _ENTRIES:
            return module.split(".")[1]
        if module.startswith("tests.unit.") or module == "tests.support.people":
            return None
    return None


def _uses(operation: str, asked: Mapping[str, Any]) -> Iterator[Use]:
    if operation in _ONE_TABLE:
        yield _table(asked), asked.get("IndexName", operation)
    elif operation == "TransactWriteItems":
        for action in asked["TransactItems"]:
            ((kind, of),) = action.items()
            yield _table(of), _OF_A_TRANSACTION[kind]
    else:
        yield from ((table.lower(), operation) for table in asked["RequestItems"])


def _table(asked: Mapping[str, Any]) -> str:
    return str(asked["TableName"]).lower()
