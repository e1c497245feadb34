"""Every stored field says what it is, why it is kept and until when."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Annotated

import pytest
import school_events
from school_events.core.inventory import Alias, Category, Kept, Purpose, Record, Retention, unannotated_fields


class Plain(Record):
    name: str


class Optional(Record):
    alias: Alias | None = None
    several: tuple[Alias, ...] = ()
    plain: Plain | None = None
    marked: Annotated[str | None, Kept(Category.TECHNICAL, Purpose.WORKING, Retention.DAY)] = None


def records() -> Iterator[type[Record]]:
    for module in pkgutil.walk_packages(school_events.__path__, "school_events."):
        importlib.import_module(module.name)
    waiting = list(Record.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("school_events."):
            yield one


def test_a_field_that_says_nothing_is_found_also_inside_other_types() -> None:
    assert list(unannotated_fields(Plain)) == ["Plain.name"]
    assert list(unannotated_fields(Optional)) == []


@pytest.mark.parametrize("record", sorted(set(records()), key=repr))
def test_every_field_of_every_record_says_what_it_is(record: type[Record]) -> None:
    assert list(unannotated_fields(record)) == []
