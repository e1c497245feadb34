"""A handler runs as the role it has: what its capability does not grant it is refused, as AWS does (I5).

That is, actions on tables and on the key of answers about health.

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
from infra.spec import Capability, HealthKeyGrant, IndexGrant, TableGrant

type Use = tuple[str, str]
"""A table, and the action on it or the index that is queried; or a key and what is done with it."""

_ENTRIES = frozenset({"lambda_handler", "replay"})
_ONE_TABLE = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"})
_OF_A_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_HEALTH_KEY = "health key"


def _granted(capability: Capability) -> Iterator[Use]:
    for grant in capability.grants:
        match grant:
            case TableGrant(table=table, actions=uses) | IndexGrant(table=table, indexes=uses):
                yield from ((table, use) for use in uses)
            case HealthKeyGrant(actions=uses):
                yield from ((_HEALTH_KEY, use) for use in uses)


_GRANTED: Mapping[str, frozenset[Use]] = {
    capability.name: frozenset(_granted(capability)) for capability in CAPABILITIES
}


@contextmanager
def enforced() -> Iterator[None]:
    """Inside the block, calls of handlers about items and keys are refused unless their capability grants them."""
    ask: Callable[..., Any] = BaseClient._make_api_call

    def call(client: Any, operation: str, asked: dict[str, Any]) -> Any:
        service = client.meta.service_model.service_name
        if service in {"dynamodb", "kms"}:
            function = _asking_function()
            uses = [(_HEALTH_KEY, operation)] if service == "kms" else _uses(operation, asked)
            refused = set(uses) - _GRANTED[function] if function else ()
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
        if module.startswith(("tests.unit.", "tests.bench.")) or module == "tests.support.people":
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
