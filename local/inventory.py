"""Generates the data inventory: `python -m local.inventory --write`, with `--check` to compare only.

What is kept of whom, why and until when stands at each stored field (``core.inventory``), of records and of items;
this makes the table that a school's data protection officer reads, checked in as `infra/data_inventory.md`.
"""

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import school_events
from school_events.core.dynamodb import Document, Item
from school_events.core.inventory import Kept, Record, kept, kept_in, records_in

DOCUMENT = Path(__file__).resolve().parents[1] / "infra" / "data_inventory.md"
_HEAD = """# Data inventory

Generated from the annotations of the stored fields by `python -m local.inventory --write`: do not edit.

Items are what the tables hold; records are what is kept inside them. Each item also has the fields of `Item`, unless
they are listed with it. What has a number of hours or days vanishes by itself, within a few days after (DynamoDB's
time to live); the tables' point-in-time recovery reaches 35 days further back.

| room | item or record | field | what it is | why it is kept | until when |
|---|---|---|---|---|---|
"""


def stored_records() -> list[type[Record]]:
    """Every kind of record of the product, by room and name."""
    return _kinds_of(Record)


def stored_items() -> list[type[Item]]:
    """Every kind of item of the product, by room and name, and what all of them have: :class:`Item`."""
    return [Item, *(item for item in _kinds_of(Item) if Item.kind.get_discriminator(item))]


def kept_of(item: type[Item], attribute: str) -> Kept | None:
    """What an attribute says of itself, at the class that says it last; nothing if it says nothing."""
    said = (kept_in(inspect.get_annotations(one).get(attribute)) for one in item.__mro__)
    return next((one for one in said if one is not None), None)


def unannotated_attributes(item: type[Item]) -> Iterator[str]:
    """The attributes of an item that do not say what they are and are no records, as ``Item.attribute``."""
    for name, attribute in item.get_attributes().items():
        if kept_of(item, name) is None and not _records_of(attribute):
            yield f"{item.__name__}.{name}"


def document() -> str:
    """The inventory, as Markdown."""
    items = (line for item in stored_items() for line in _item_lines(item))
    return _HEAD + "".join((*items, *(line for record in stored_records() for line in _lines(record))))


def main(arguments: list[str]) -> int:
    """Write the inventory, print it, or say whether the one checked in is true.

    Returns:
        The exit code: 1 if it is to be compared and differs.
    """
    parser = argparse.ArgumentParser(prog="python -m local.inventory", description=__doc__)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--write", action="store_true", help="write the file")
    choice.add_argument("--check", action="store_true", help="compare only")
    asked = parser.parse_args(arguments)
    inventory = document()
    if asked.write:
        DOCUMENT.write_text(inventory)
    elif not asked.check:
        print(inventory, end="")
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != inventory:
        print("The data inventory is not what the fields say: run python -m local.inventory --write", file=sys.stderr)
        return 1
    return 0


def _kinds_of[T](base: type[T]) -> list[type[T]]:
    """The product's classes below a base, by room and name."""
    for module in pkgutil.walk_packages(school_events.__path__, "school_events."):
        importlib.import_module(module.name)
    found: set[type[T]] = set()
    waiting = base.__subclasses__()
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("school_events."):
            found.add(one)
    return sorted(found, key=lambda kind: (_room(kind), kind.__name__))


def _item_lines(item: type[Item]) -> Iterator[str]:
    for name, attribute in item.get_attributes().items():
        about = kept_of(item, name)
        if item is Item or name not in Item.get_attributes() or about != kept_of(Item, name):
            yield _line(_room(item), item.__name__, name, about, _names(_records_of(attribute)))


def _records_of(attribute: object) -> list[type[Record]]:
    return list(records_in(attribute.model)) if isinstance(attribute, Document) else []


def _lines(record: type[Record]) -> Iterator[str]:
    for name, field in record.model_fields.items():
        about = kept(field)
        yield _line(_room(record), record.__name__, name, about, _names(records_in(field.annotation)))


def _names(records: Iterable[type[Record]]) -> str:
    return " ".join(f"[{one.__name__}]" for one in records)


def _line(room: str, record: str, field: str, about: Kept | None, parts: str) -> str:
    said = ("", "", "") if about is None else (about.category.value, about.purpose.value, about.retention.value)
    what, why, until = said
    return f"| {room} | {record} | {field} | {what or parts} | {why} | {until} |\n"


def _room(kind: type[Any]) -> str:
    return kind.__module__.split(".")[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
