"""Every stored field says what it is, why it is kept and until when."""

from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Annotated, Any, get_args

import pytest
from school_events.core.dynamodb import Document, Item
from school_events.core.inventory import (
    Alias,
    Category,
    Kept,
    Purpose,
    Record,
    Retention,
    records_in,
    unannotated_fields,
)

from local import inventory

RECORDS = inventory.stored_records()


class Silent(Record):
    """Says nothing of its field."""

    name: str


class Telling(Record):
    """Says it inside other types, or is made of records that do."""

    alias: Alias | None = None
    several: tuple[Alias, ...] = ()
    plain: Silent | None = None
    by_id: dict[str, tuple[Silent, ...]] | None = None
    marked: Annotated[str | None, Kept(Category.TECHNICAL, Purpose.WORKING, Retention.DAY)] = None


def test_a_field_that_says_nothing_is_found() -> None:
    assert list(unannotated_fields(Silent)) == ["Silent.name"]
    assert list(unannotated_fields(Telling)) == []


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_every_record_says_what_it_is(record: type[Record]) -> None:
    assert list(unannotated_fields(record)) == []


def test_the_search_finds_records_of_every_room_that_stores_something() -> None:
    rooms = {record.__module__.split(".")[1] for record in RECORDS}
    assert {"people", "events", "invitations", "bookings", "payments", "notifications", "reports", "core"} <= rooms
    assert Silent not in RECORDS


def test_every_document_is_a_record() -> None:
    assert [model for model in documents() if not issubclass(model, Record)] == []


def test_a_field_that_may_be_nothing_is_nothing_when_it_is_not_written() -> None:
    """Documents are written without what is ``None``: anything else as the default would be read back instead."""
    wrong = [
        f"{model.__name__}.{name}"
        for model in stored(documents())
        for name, field in model.model_fields.items()
        if NoneType in _parts(field.annotation) and (field.is_required() or field.get_default() is not None)
    ]
    assert wrong == []


def test_the_inventory_names_every_field() -> None:
    document = inventory.document()
    for record in RECORDS:
        for name in record.model_fields:
            assert f"| {record.__name__} | {name} |" in document


def test_the_inventory_checked_in_is_true(capsys: pytest.CaptureFixture[str]) -> None:
    assert inventory.main(["--check"]) == 0, capsys.readouterr().err


def test_an_inventory_that_is_not_true_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(inventory, "DOCUMENT", tmp_path / "inventory.md")
    assert inventory.main(["--check"]) == 1
    assert inventory.main(["--write"]) == 0
    assert inventory.main(["--check"]) == 0
    inventory.DOCUMENT.write_text(inventory.document().replace("| Pupil", "| Nobody"))
    assert inventory.main(["--check"]) == 1


def documents(root: type[Item] = Item) -> Iterator[type[Any]]:
    """The models that items of the product keep as documents."""
    for item in root.__subclasses__():
        yield from documents(item)
        if item.__module__.startswith("school_events."):
            yield from (one._model for one in item.get_attributes().values() if isinstance(one, Document))


def stored(models: Iterable[type[Record]]) -> set[type[Record]]:
    """These records and those they are made of."""
    found: set[type[Record]] = set()
    waiting = list(models)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += [part for field in one.model_fields.values() for part in records_in(field.annotation)]
    return found


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
