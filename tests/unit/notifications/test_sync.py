"""A refresh hands out every row once, however late the writes behind it commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from school_events.core import clock, cursors
from school_events.core.context import Actor
from school_events.core.feed import row
from school_events.notifications import sync
from school_events.notifications.sync import Bookmark, Row
from tests.support.contexts import NOW, SCHOOL, a_context

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PARENT = Actor("contact", "contact-1")


@dataclass(frozen=True)
class Write:
    """A row: when its request began, and how long after that it committed (seconds)."""

    at: float
    took: float
    name: int

    @property
    def row(self) -> Row:
        stamped = clock.to_text(START + timedelta(seconds=self.at))
        return Row(f"{stamped}#row_{self.name:08}", "booking", f"booking-{self.name}", "created")

    @property
    def committed(self) -> float:
        return self.at + self.took


SECONDS = st.floats(0, 300, allow_nan=False).map(lambda seconds: round(seconds, 3))
WRITES = st.lists(st.tuples(SECONDS, st.floats(0, 30)), max_size=40).map(
    lambda pairs: [Write(at, took, name) for name, (at, took) in enumerate(pairs)]
)
REFRESHES = st.lists(SECONDS, min_size=1, max_size=12).map(sorted)


def read(writes: Sequence[Write], bookmark: Bookmark, at: float, page: int) -> tuple[list[Row], bool]:
    """What the table answers at a moment."""
    there = sorted(write.row.position for write in writes if write.committed <= at)
    by_position = {write.row.position: write.row for write in writes}
    rows = [by_position[position] for position in there if position > bookmark.start]
    return rows[:page], len(rows) <= page


def refresh(
    writes: Sequence[Write], bookmark: Bookmark, at: float, page: int, pause: float
) -> tuple[list[Row], Bookmark, float]:
    """All pages of a refresh, some time apart: the rows, the bookmark after it, and when it ended."""
    found: list[Row] = []
    is_last = False
    while not is_last:
        rows, is_last = read(writes, bookmark, at, page)
        news, bookmark = sync.turn(bookmark, rows, START + timedelta(seconds=at), is_last=is_last)
        bookmark = Bookmark.from_cursor(bookmark.to_cursor())
        found += news
        at += pause
    return found, bookmark, at


@settings(deadline=None)
@given(WRITES, REFRESHES, st.integers(1, 7), st.floats(0, 20))
def test_nothing_is_missed_and_nothing_comes_twice(
    writes: list[Write], refreshes: list[float], page: int, pause: float
) -> None:
    known: list[Row] = []
    bookmark, ended = sync.first_bookmark(START), 0.0
    for at in [*refreshes, 10_000.0]:
        news, bookmark, ended = refresh(writes, bookmark, max(at, ended), page, pause)
        known += news
    assert sorted(one.position for one in known) == sorted(write.row.position for write in writes)


@settings(deadline=None)
@given(WRITES, SECONDS)
def test_what_was_committed_before_a_refresh_is_in_it(writes: list[Write], at: float) -> None:
    found, *_ = refresh(writes, sync.first_bookmark(START), at, 100, 0)
    assert {one.position for one in found} == {write.row.position for write in writes if write.committed <= at}


def test_a_bookmark_carries_marks_of_the_last_minute_only() -> None:
    writes = [Write(float(second), 0, second) for second in range(300)]
    _, bookmark, _ = refresh(writes, sync.first_bookmark(START), 300, 1000, 0)
    assert len(bookmark.seen) == sync.OVERLAP.total_seconds()


def test_a_bookmark_never_outgrows_a_cursor_not_even_within_a_walk() -> None:
    writes = [Write(299.5, 0, number) for number in range(1000)]
    _, bookmark, _ = refresh(writes, sync.first_bookmark(START), 300, 100, 0)
    sizes = []
    is_last = False
    while not is_last:
        sizes.append(len(cursors.seal(bookmark.to_cursor(), "school/contact/someone/sync", key=b"key")))
        rows, is_last = read(writes, bookmark, 310, 100)
        _, bookmark = sync.turn(bookmark, rows, START + timedelta(seconds=310), is_last=is_last)
    assert max(sizes) < 8192


def test_a_bookmark_older_than_the_rows_is_told_apart() -> None:
    bookmark = Bookmark(since=clock.to_text(START))
    assert not bookmark.is_too_old(START + timedelta(days=59))
    assert bookmark.is_too_old(START + timedelta(days=59, seconds=1))


def test_a_persons_rows_are_read_in_pages(tables: None) -> None:
    ctx = a_context()
    for number in range(sync.PAGE + 1):
        row(ctx, "contact", "contact-1", thing="booking", thing_id=f"b{number}", what="created").save()
    row(ctx, "contact", "contact-2", thing="booking", thing_id="other", what="created").save()
    first, is_last = sync.read_page(SCHOOL, PARENT, sync.first_bookmark(NOW))
    assert (len(first), is_last) == (sync.PAGE, False)
    _, bookmark = sync.turn(sync.first_bookmark(NOW), first, NOW, is_last=False)
    second, is_last = sync.read_page(SCHOOL, PARENT, bookmark)
    assert ([one.thing_id for one in second], is_last) == ([f"b{sync.PAGE}"], True)
