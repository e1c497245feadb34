"""Promises taken away, outside the product: the condition of some of its writes is dropped on the way to the database.

The races that find nothing wrong otherwise must find something then.
"""

from collections.abc import Callable
from typing import Any

from tests.contract.faults import Ask, Fault, Request, without_condition

type Key = tuple[str, str]
"""``pk`` and ``sk`` of an item."""

_ALONE = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


def unconditional(concerns: Callable[[str, Key], bool]) -> Fault:
    """A database on which the conditions of some writes always hold.

    Args:
        concerns: whether a write (``Put``, ``Update``, ``Delete``, ``ConditionCheck``) of an item is one of those.
    """

    def fault(ask: Ask, operation: str, request: Request) -> Any:
        if operation in _ALONE and concerns(operation.removesuffix("Item"), _key(request)):
            return ask(operation, without_condition(request))
        if operation != "TransactWriteItems":
            return ask(operation, request)
        actions = [
            {kind: without_condition(write) if concerns(kind, _key(write)) else write}
            for action in request["TransactItems"]
            for kind, write in action.items()
            if kind != "ConditionCheck" or not concerns(kind, _key(write))
        ]
        return ask(operation, request | {"TransactItems": actions})

    return fault


def _key(write: Request) -> Key:
    named: dict[str, dict[str, str]] = write["Key"] if "Key" in write else write["Item"]
    return named["pk"]["S"], named["sk"]["S"]


no_place_condition = unconditional(lambda _, key: key[1].startswith("PLACE#"))
"""Whoever wants a place has it, whoever had it."""

no_guard_condition = unconditional(lambda _, key: key[1].startswith("GUARD#"))
"""A child may have a place as often as somebody books one."""

no_request_or_guard_condition = unconditional(lambda _, key: key[1] == "REQUEST" or key[1].startswith("GUARD#"))
"""A request sent twice may be carried out twice: either condition alone keeps it from that."""

no_diary_condition = unconditional(lambda _, key: key[1].startswith("DIARY#"))
"""Of two who write into somebody's diary at once, both do, and one is lost."""

no_offer_condition = unconditional(lambda _, key: key[1].startswith(("WAITING#", "PLACE#", "GUARD#")))
"""An offer may be accepted, declined and taken back at once: its turn, its places and the children's guards say no."""
