"""Single items are written on their condition alone; many are read at once, as they are now."""

from school_events.core.audit import AuditItem
from school_events.core.dynamodb import Key, get_many, put_if_absent, save_if, update_if
from school_events.core.feed import FeedRow
from school_events.core.requests import RequestItem
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import a_row, row_key
from tests.support.tables import everything, rows


@broken_by(faults.checks_nothing)
def test_what_is_there_is_not_written_over(engine: Engine) -> None:
    assert put_if_absent(a_row("one"))
    before = everything()
    assert not put_if_absent(a_row("one", "changed"))
    assert everything() == before


@broken_by(faults.checks_nothing)
def test_an_item_is_saved_only_if_its_condition_holds(engine: Engine) -> None:
    a_row("one").save()
    assert not save_if(a_row("one", "removed"), FeedRow.what == "changed")
    assert not save_if(a_row("two"), FeedRow.pk.exists())
    assert save_if(a_row("one", "changed"), FeedRow.what == "created")
    assert [row["what"]["S"] for row in rows("Inbox")] == ["changed"]


@broken_by(faults.checks_nothing)
def test_an_item_is_changed_only_if_its_condition_holds(engine: Engine) -> None:
    a_row("one").save()
    assert not update_if(row_key("one"), [FeedRow.what.set("removed")], FeedRow.what == "changed")
    assert not update_if(row_key("two"), [FeedRow.what.set("removed")], FeedRow.pk.exists())
    assert update_if(row_key("one"), [FeedRow.what.set("changed")], FeedRow.what == "created")
    assert [row["what"]["S"] for row in rows("Inbox")] == ["changed"]


@broken_by(faults.finds_one_of_many)
def test_a_hundred_items_of_several_tables_are_read_at_once(engine: Engine) -> None:
    names = [f"{number:03}" for number in range(99)]
    for name in names[:-1]:
        a_row(name).save()
    RequestItem("SCH#school-1#REQUEST", "REQUEST", fingerprint="f", answer="{}").save()
    request_key = Key(RequestItem, "SCH#school-1#REQUEST", "REQUEST")
    found = get_many([*map(row_key, names), request_key])
    assert [name for name in names if found.get(row_key(name))] == names[:-1]
    request = found.get(request_key)
    assert request is not None
    assert request.fingerprint == "f"
    assert found.get(Key(AuditItem, row_key("000").pk, "000")) is None
