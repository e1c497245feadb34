"""moto's items made light: what is computed of one is computed once, since an item once written stays as it is.

moto copies an item, and all values in it, for each look at it, and weighs and converts it anew each time. Here an item
is one object wherever it stands; only the one that an update is about to change is copied first.
"""

import marshal
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest
from moto.dynamodb import responses
from moto.dynamodb.models import DynamoDBBackend, table
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize, dynamo_to_dict

_SMALL = 300_000
"""Bytes: whether an item that has more is too large, moto says itself."""

_SIMPLE = frozenset({"S", "B", "BOOL"})
_copy, _make, _weigh, _update = Item.__deepcopy__, Item.__init__, Item.size, DynamoDBBackend.update_item
_cast: Callable[[DynamoType], Any] = vars(DynamoType)["cast_value"].fget


class _Changing(Item):
    """An item while it is changed: who copies it then wants it as it was."""

    __deepcopy__ = _copy


def make_light(patch: pytest.MonkeyPatch) -> None:
    """From now on items cost little.

    Args:
        patch: undoes it.
    """
    patch.setattr(Item, "__init__", _make_once)
    patch.setattr(Item, "__deepcopy__", lambda item, _: item)
    patch.setattr(Item, "size", _weigh_once)
    patch.setattr(DynamoType, "cast_value", property(_cast_soon))
    patch.setattr(DynamoDBBackend, "update_item", _update_a_copy)
    parser = vars(responses)["UpdateExpressionParser"]
    patch.setattr(parser, "make", lru_cache(maxsize=1024)(parser.make))
    patch.setattr(responses, "dynamo_to_dict", _plain)
    # Only for how many bytes a record of a stream has.
    patch.setattr(table, "dynamo_json_dump", lambda _: "")


def _make_once(item: Any, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """Weigh all of it once: moto weighs the whole again with each attribute that is added."""
    made = {name: DynamoType(value) for name, value in attrs.items()}
    weight = sum(bytesize(name) + value.size() for name, value in made.items())
    if weight > _SMALL:
        _make(item, hash_key, range_key, attrs)
        return
    item.hash_key, item.range_key, item.attrs, item.weight = hash_key, range_key, LimitedSizeDict(), weight
    dict.update(item.attrs, made)


def _weigh_once(item: Any) -> int:
    if "weight" not in vars(item):
        item.weight = _weigh(item)
    weight: int = item.weight
    return weight


def _cast_soon(value: DynamoType) -> Any:
    return value.value if value.type in _SIMPLE else _cast(value)


def _update_a_copy(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *args: Any, **others: Any) -> Item:
    """Put a copy in an item's place before it is changed; nothing that was computed of it holds any more."""
    kept = backend.get_table(table_name)
    hash_value, range_value = backend.get_keys_value(kept, key)
    item = kept.get_item(hash_value, range_value)
    if item is not None:
        copied = _copy(item, {})
        copied.__class__ = _Changing
        kept.items[hash_value][range_value] = copied
    try:
        return _update(backend, table_name, key, *args, **others)
    finally:
        changed: Any = kept.get_item(hash_value, range_value)
        if changed is not None:
            changed.__class__ = Item
            vars(changed).pop("weight", None)
            vars(changed.attrs).pop("plain", None)


def _plain(told: Any) -> Any:
    """What an answer says; an item's part of it is converted once, and copied for whoever may change it."""
    if type(told) is LimitedSizeDict:
        kept = vars(told)
        if "plain" not in kept:
            kept["plain"] = marshal.dumps(dynamo_to_dict(told))
        return marshal.loads(kept["plain"])  # noqa: S302 - written just above
    if type(told) is dict:
        return {name: _plain(value) for name, value in told.items()}
    if type(told) is list:
        return [_plain(one) for one in told]
    return dynamo_to_dict(told)
