"""Generates the data inventory: `python -m local.inventory --write`, with `--check` to compare only.

What is kept of whom, why and until when stands at each stored field (``core.inventory``); this makes the table that
a school's data protection officer reads, checked in as `infra/data_inventory.md`.
"""

import argparse
import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import school_events
from school_events.core.inventory import Kept, Record, kept, records_in

DOCUMENT = Path(__file__).resolve().parents[1] / "infra" / "data_inventory.md"
_HEAD = """# Data inventory

Generated from the annotations of the stored fields by `python -m local.inventory --write`: do not edit.

| room | record | field | what it is | why it is kept | until when |
|---|---|---|---|---|---|
"""


def stored_records() -> list[type[Record]]:
    """Every kind of record of the product, by room and name."""
    for module in pkgutil.walk_packages(school_events.__path__, "school_events."):
        importlib.import_module(module.name)
    found: set[type[Record]] = set()
    waiting = Record.__subclasses__()
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("school_events."):
            found.add(one)
    return sorted(found, key=lambda record: (_room(record), record.__name__))


def document() -> str:
    """The inventory, as Markdown."""
    return _HEAD + "".join(line for record in stored_records() for line in _lines(record))


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


def _lines(record: type[Record]) -> Iterator[str]:
    for name, field in record.model_fields.items():
        about = kept(field)
        parts = [f"[{one.__name__}]" for one in records_in(field.annotation)]
        yield _line(_room(record), record.__name__, name, about, " ".join(parts))


def _line(room: str, record: str, field: str, about: Kept | None, parts: str) -> str:
    said = ("", "", "") if about is None else (about.category.value, about.purpose.value, about.retention.value)
    what, why, until = said
    return f"| {room} | {record} | {field} | {what or parts} | {why} | {until} |\n"


def _room(record: type[Record]) -> str:
    return record.__module__.split(".")[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
