"""What is due is found when it is due, and not before, however long ago the last look was."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core import clock
from school_events.core.due import DAILY, HOURLY, SHARDS, Pace, WatermarkItem, due_key, sweep

START = datetime(2026, 10, 24, 22, 17, 5, tzinfo=UTC)
"""The night the clocks go back."""

LATER = st.timedeltas(timedelta(0), timedelta(hours=30))
MOMENTS = LATER.map(lambda later: START + later)
ZONED = st.tuples(MOMENTS, st.timezones()).map(lambda pair: pair[0].astimezone(pair[1]))
KINDS = pytest.mark.parametrize("kind", ["HOLD", "LEAVER"])
"""One that is kept by the hour, one that is kept by the day."""

IDS = st.from_regex(r"[A-Za-z0-9_#-]{1,64}", fullmatch=True)
THINGS = st.dictionaries(IDS, ZONED, max_size=8)


class Shelf:
    """The index of one table, in memory, and what a look at it costs."""

    def __init__(self, things: dict[str, datetime], kind: str = "HOLD", swept: str = "HOLD") -> None:
        self.swept = swept
        self.keys = {thing: due_key(kind, at, thing) for thing, at in things.items()}
        self.looks = 0

    def find(self, pk: str, end: str) -> list[str]:
        self.looks += 1
        return [thing for thing, (due_pk, due_sk) in self.keys.items() if due_pk == pk and due_sk <= end]

    def due(self, now: datetime) -> set[str]:
        return set(sweep(self.swept, now, self.find))


def shelf_of(things: dict[str, datetime], kind: str) -> Shelf:
    """The index of what is due of one kind, swept for that kind."""
    return Shelf(things, kind, kind)


@pytest.fixture(scope="module", autouse=True)
def _watermarks() -> Iterator[None]:
    """Watermarks are kept in memory; the table is tested on its own below."""
    kept: dict[str, datetime] = {}

    def get(pk: str, *_: object, **__: object) -> WatermarkItem:
        if pk not in kept:
            raise WatermarkItem.DoesNotExist
        return WatermarkItem(pk, "WATERMARK", hour=kept[pk])

    def save(item: WatermarkItem) -> None:
        kept[item.pk] = item.hour

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WatermarkItem, "get", get)
        patch.setattr(WatermarkItem, "save", save)
        patch.setattr(WatermarkItem, "forget", kept.clear, raising=False)
        yield


def never_looked() -> None:
    """As if there had been no run before."""
    WatermarkItem.forget()  # type: ignore[attr-defined]


@KINDS
@given(things=THINGS, now=MOMENTS)
def test_the_first_run_finds_everything_due_and_nothing_due_later(
    kind: str, things: dict[str, datetime], now: datetime
) -> None:
    never_looked()
    expected = {thing for thing, at in things.items() if clock.to_text(at) <= clock.to_text(now)}
    assert shelf_of(things, kind).due(now) == expected


@KINDS
@given(things=THINGS, gaps=st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=3)), max_size=5))
def test_run_after_run_each_thing_is_found_in_the_first_run_after_it_is_due(
    kind: str, things: dict[str, datetime], gaps: list[timedelta]
) -> None:
    never_looked()
    shelf, now = shelf_of({}, kind), START
    shelf.due(now)
    shelf.keys = shelf_of(things, kind).keys
    left = dict(things)
    for gap in gaps:
        now += gap
        expected = {thing for thing, at in left.items() if clock.to_text(at) <= clock.to_text(now)}
        assert shelf.due(now) == expected
        for thing in expected:
            del left[thing], shelf.keys[thing]


@KINDS
@given(
    at=MOMENTS, thing=IDS, gaps=st.lists(st.timedeltas(timedelta(seconds=1), timedelta(days=3)), min_size=1, max_size=4)
)
def test_what_nobody_deals_with_is_found_again_and_again(
    kind: str, at: datetime, thing: str, gaps: list[timedelta]
) -> None:
    never_looked()
    shelf, now = shelf_of({thing: at}, kind), START + timedelta(hours=30)
    for gap in gaps:
        assert shelf.due(now) == {thing}
        now += gap


@KINDS
@given(at=MOMENTS, thing=IDS)
def test_what_is_due_this_very_millisecond_is_found(kind: str, at: datetime, thing: str) -> None:
    never_looked()
    assert shelf_of({thing: at}, kind).due(at) == {thing}


def test_things_of_another_kind_are_not_looked_at() -> None:
    never_looked()
    assert Shelf({"thing": START}, kind="WINDOW").due(START) == set()


def test_what_is_written_as_due_at_once_is_found_even_if_its_writer_was_slow() -> None:
    never_looked()
    shelf = Shelf({})
    began = datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC)
    shelf.due(began + timedelta(minutes=1))
    shelf.keys = Shelf({"late": began}).keys
    assert shelf.due(began + timedelta(minutes=2)) == {"late"}


def test_the_oldest_hour_comes_first() -> None:
    never_looked()
    things = {f"thing-{hours}": START - timedelta(hours=hours) for hours in range(5)}
    assert list(sweep("HOLD", START, Shelf(things).find)) == ["thing-4", "thing-3", "thing-2", "thing-1", "thing-0"]


def test_many_things_due_in_one_hour_are_spread() -> None:
    keys = {due_key("HOLD", START, f"booking_{number:06d}")[0] for number in range(100)}
    assert len(keys) == SHARDS


def test_a_run_soon_after_another_costs_little() -> None:
    never_looked()
    shelf = Shelf({})
    shelf.due(START)
    first, shelf.looks = shelf.looks, 0
    shelf.due(START + timedelta(minutes=1))
    assert shelf.looks <= 3 * SHARDS < first


def test_a_daily_run_asks_for_days_and_not_for_their_hours() -> None:
    never_looked()
    shelf = shelf_of({}, "LEAVER")
    shelf.due(START)
    for day in range(1, 30):
        shelf.looks = 0
        shelf.due(START + timedelta(days=day))
        assert shelf.looks <= 3 * SHARDS


@pytest.mark.parametrize(("kind", "pace"), [("HOLD", HOURLY), ("LEAVER", DAILY), ("LINK_END", DAILY)])
def test_what_was_overdue_before_the_first_run_ever_is_found_as_far_back_as_is_said(kind: str, pace: Pace) -> None:
    never_looked()
    shelf = shelf_of({"old": START - pace.look_back, "older": START - pace.look_back - pace.bucket}, kind)
    assert shelf.due(START) == {"old"}


def test_a_clock_that_went_back_fails_nothing() -> None:
    never_looked()
    shelf = Shelf({"thing": START})
    shelf.due(START + timedelta(hours=5))
    assert shelf.due(START) == {"thing"}
