"""Every stored field says what it is, why it is kept and until when."""

import re
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Annotated, Any, get_args

import pytest
from pydantic import BaseModel
from pynamodb.attributes import UnicodeAttribute

from local import inventory
from school_events.core.attributes import ThingKey
from school_events.core.dynamodb import Document, Item
from school_events.core.inventory import (
    Alias,
    Category,
    Kept,
    Purpose,
    Record,
    Retention,
    kept_in,
    records_in,
    unannotated_fields,
)

RECORDS = inventory.stored_records()
ITEMS = inventory.stored_items()
NAMES_A_PERSON = re.compile(r"#[pct]$|\{(name|person|id|ids|alias)\}")
KINDS = [kind for item in ITEMS[1:] if (kind := Item.kind.get_discriminator(item))]


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


class Mute(Item):
    """Says something of its key and of one attribute, and nothing of the other."""

    pk: Annotated[UnicodeAttribute, Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.DAY)]
    told: ThingKey = UnicodeAttribute()
    secret = UnicodeAttribute()


class Muter(Mute):
    """Has the silence of what it is based on, and a document that is no record."""

    whole = Document(BaseModel)
    record = Document(Telling)


def test_an_attribute_that_says_nothing_is_found() -> None:
    assert list(inventory.unannotated_attributes(Mute)) == ["Mute.secret"]
    assert sorted(inventory.unannotated_attributes(Muter)) == ["Muter.secret", "Muter.whole"]


def test_an_attribute_says_what_its_own_item_says_of_it() -> None:
    general, own = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.ITEM), kept_in(Mute.__annotations__["pk"])
    assert inventory.kept_of(Item, "pk") == inventory.kept_of(Mute, "sk") == general
    assert inventory.kept_of(Muter, "pk") == own != general


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.__name__)
def test_every_attribute_of_every_item_says_what_it_is(item: type[Item]) -> None:
    assert list(inventory.unannotated_attributes(item)) == []


def test_the_search_finds_items_of_every_room_that_stores_something() -> None:
    rooms = {item.__module__.split(".")[1] for item in ITEMS}
    stores = {"people", "events", "invitations", "bookings", "payments", "notifications", "reports", "privacy", "core"}
    assert rooms == stores
    assert Mute not in ITEMS


@pytest.mark.parametrize("item", ITEMS[1:], ids=lambda item: item.__name__)
def test_a_key_that_names_a_person_says_so(item: type[Item]) -> None:
    """Which keys do is read from the decision "Item keys": ids of pupils, contacts and staff, and names."""
    for attribute, pattern in key_patterns(Item.kind.get_discriminator(item) or ""):
        general = inventory.kept_of(Item, "pk")
        said = inventory.kept_of(item, attribute)
        assert (said != general) or not NAMES_A_PERSON.search(pattern), f"{attribute}: {pattern}"


def test_keys_that_name_a_person_are_recognised() -> None:
    found = {kind: [name for name, pattern in key_patterns(kind) if NAMES_A_PERSON.search(pattern)] for kind in KINDS}
    assert found["link"] == ["pk", "sk", "pupil_pk", "pupil_sk", "listing_sk"]
    assert found["pupil"] == ["pk", "listing_sk"]
    assert found["alias"] == ["pk", "alias_pk"]
    assert found["allocation"] == ["sk", "staff_pk"]
    assert found["waiting"] == ["sk"]
    assert found["request"] == found["device"] == found["inbox_entry"] == found["feed_row"] == ["pk"]
    assert found["event"] == found["payment"] == found["session"] == []


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
    for item in ITEMS:
        for name in set(item.get_attributes()) - set(Item.get_attributes()):
            assert f"| {item.__name__} | {name} |" in document
    for name in Item.get_attributes():
        assert f"| core | Item | {name} |" in document


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
            yield from (one.model for one in item.get_attributes().values() if isinstance(one, Document))


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


def key_patterns(kind: str) -> Iterator[tuple[str, str]]:
    """The keys of a kind of item, of its table and of indexes, as the decision writes them."""
    text = inventory.DOCUMENT.parent.joinpath("decisions", "0001-item-keys.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(f"| `{kind}` |")]
    pk, sk, indexes = line.split(" | ")[2:5]
    yield from (("pk", pk.strip("`")), ("sk", sk.strip("`")))
    for index, *patterns in re.findall(r"`(\w+)` `([^`]+)` / `([^`]+)`", indexes):
        yield from zip((f"{index.removeprefix('by_')}_pk", f"{index.removeprefix('by_')}_sk"), patterns, strict=True)


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
