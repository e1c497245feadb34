"""The table of items in the decisions is true, and so are indexes and stream filters."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import school_events
from infra.capabilities import CAPABILITIES
from infra.spec import StreamTrigger
from infra.stages import PROJECT
from infra.tables import TABLES, index_attributes
from school_events.core.dynamodb import Item

_LISTED = re.compile(r"^\| `(?P<kind>\w+)` \| (?P<table>\w+) \| `[^`]+` \| `(?P<sk>[^`]+)` \| (?P<indexes>[^|]*) \|")
INDEXES = {index for shape in TABLES for index in shape.indexes}


@dataclass(frozen=True)
class Row:
    """A row of the decision's table."""

    kind: str
    table: str
    sort_key: str
    indexes: frozenset[str]


def _rows() -> dict[str, Row]:
    text = (PROJECT / "infra" / "decisions" / "0001-item-keys.md").read_text()
    matches = [match for line in text.splitlines() if (match := _LISTED.match(line))]
    return {
        match["kind"]: Row(
            match["kind"],
            match["table"].lower(),
            match["sk"],
            frozenset(set(re.findall(r"`(\w+)`", match["indexes"])) & INDEXES),
        )
        for match in matches
    }


def _kinds() -> dict[str, type[Item]]:
    for module in pkgutil.walk_packages(school_events.__path__, "school_events."):
        importlib.import_module(module.name)
    ours = (item for item in _below(Item) if item.__module__.startswith("school_events."))
    return {kind: item for item in ours if (kind := Item.kind.get_discriminator(item))}


def _below(parent: type[Any]) -> Iterator[type[Any]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)


ROWS = _rows()
KINDS = _kinds()


def test_every_kind_of_item_is_in_the_table_and_nothing_else() -> None:
    assert set(ROWS) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_item_is_in_the_table_that_the_decision_names(kind: str) -> None:
    assert KINDS[kind].Meta.table_name.lower() == ROWS[kind].table


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_item_is_in_the_indexes_that_the_decision_names(kind: str) -> None:
    attributes = set(KINDS[kind].get_attributes())
    used = {index for index in INDEXES if index_attributes(index)[0] in attributes}
    assert used == ROWS[kind].indexes
    assert all(set(index_attributes(index)) <= attributes for index in used)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_index_of_the_code_is_an_index_of_the_table(kind: str) -> None:
    (shape,) = [shape for shape in TABLES if shape.name == ROWS[kind].table]
    for index in KINDS[kind]._indexes.values():
        assert index.Meta.index_name in shape.indexes
        keys = {name: (one.is_hash_key, one.is_range_key) for name, one in index.Meta.attributes.items()}
        hash_key, range_key = index_attributes(index.Meta.index_name)
        assert keys == {hash_key: (True, False), range_key: (False, True)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_carries_a_stamp_reaches_the_outbox(kind: str) -> None:
    (outbox,) = [one for one in CAPABILITIES if one.name == "outbox"]
    taken = {one.table: one.sort_keys for one in outbox.triggers if isinstance(one, StreamTrigger)}
    fixed = ROWS[kind].sort_key.split("{", maxsplit=1)[0]
    is_taken = any(_matches(pattern, fixed) for pattern in taken.get(ROWS[kind].table, ()))
    assert is_taken == hasattr(KINDS[kind], "change")


def _matches(pattern: str, sort_key: str) -> bool:
    return sort_key.startswith(pattern[:-1]) if pattern.endswith("*") else sort_key == pattern
