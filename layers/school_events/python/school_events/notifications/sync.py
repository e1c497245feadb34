"""Walking a person's change feed: every row handed out, none twice, whenever the writes behind them commit.

A row is stamped when its request begins and committed some seconds later, so a row can appear behind one that was
read already. Hence a bookmark: every row stamped before ``since`` has been handed out, and of those stamped later it
remembers a mark for each that was. A refresh reads from ``since`` on and leaves out what is marked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from school_events.core import clock, feed
from school_events.core.context import Actor
from school_events.core.feed import FeedRow

OVERLAP = timedelta(seconds=60)
"""How long after its stamp a row may still appear: requests end within 30 s, clocks differ a little."""

OLDEST = feed.LIFE - timedelta(days=1)
"""How old a bookmark may be: rows after it are still there."""

PAGE = 100
_MARK_LENGTH = 8
_MOST_MARKS = 250
"""Beyond these, rows of the last minute are handed out again, which does no harm; a cursor stays under 8 KB."""

_SEPARATOR = "."


@dataclass(frozen=True)
class Row:
    """A row of the feed: its place, and which thing was ``created``, ``changed`` or ``removed``."""

    position: str
    thing: str
    thing_id: str
    what: str

    @property
    def mark(self) -> str:
        """Names the row in a bookmark: the random end of its id."""
        return self.position[-_MARK_LENGTH:]


@dataclass(frozen=True)
class Bookmark:
    """How far a person's app has come.

    Args:
        since: every row stamped before has been handed out (:func:`feed.position` sorts against it).
        seen: marks of rows stamped later that were handed out.
        after: within a walk of several pages, the last row read.
        then_since: within a walk, ``since`` of the bookmark it will end with.
        then_seen: within a walk, the marks of that bookmark so far.
    """

    since: str
    seen: frozenset[str] = frozenset()
    after: str = ""
    then_since: str = ""
    then_seen: frozenset[str] = frozenset()

    def to_cursor(self) -> dict[str, str]:
        """The bookmark as a cursor's position."""
        return {
            "s": self.since,
            "m": _SEPARATOR.join(sorted(self.seen)),
            "a": self.after,
            "t": self.then_since,
            "n": _SEPARATOR.join(sorted(self.then_seen)),
        }

    @classmethod
    def from_cursor(cls, position: Mapping[str, str]) -> "Bookmark":
        """The bookmark a cursor's position holds."""
        return cls(position["s"], _marks(position["m"]), position["a"], position["t"], _marks(position["n"]))

    def is_too_old(self, now: datetime) -> bool:
        """Whether rows after it may have been deleted already."""
        return clock.from_text(self.since) < now - OLDEST

    @property
    def start(self) -> str:
        """Where to read on: rows after this position."""
        return self.after or self.since


def first_bookmark(now: datetime) -> Bookmark:
    """The bookmark of somebody who is about to read everything anew; walk from it before reading."""
    return Bookmark(since=clock.to_text(now - OVERLAP))


def turn(bookmark: Bookmark, read: Sequence[Row], now: datetime, *, is_last: bool) -> tuple[list[Row], Bookmark]:
    """What a page of the feed says that is new, and the bookmark after it.

    Args:
        bookmark: where the page begins.
        read: the rows of the page, in order, read strongly at or after ``now``.
        now: when the refresh began, UTC.
        is_last: whether there is no further page.
    """
    then_since = bookmark.then_since or max(bookmark.since, clock.to_text(now - OVERLAP))
    news = [row for row in read if row.mark not in bookmark.seen]
    late = [row.mark for row in read if row.position >= then_since]
    then_seen = bookmark.then_seen | frozenset(late[: _MOST_MARKS - len(bookmark.then_seen)])
    if is_last:
        return news, Bookmark(since=then_since, seen=then_seen)
    return news, Bookmark(bookmark.since, bookmark.seen, read[-1].position, then_since, then_seen)


def read_page(school_id: str, person: Actor, bookmark: Bookmark) -> tuple[list[Row], bool]:
    """A page of a person's feed, read strongly: its rows in order, and whether it is the last."""
    found = FeedRow.query(
        feed.partition(school_id, person.kind, person.id),
        FeedRow.sk > bookmark.start,
        consistent_read=True,
        limit=PAGE + 1,
    )
    rows = _rows(found)
    return rows[:PAGE], len(rows) <= PAGE


def _rows(items: Iterable[FeedRow]) -> list[Row]:
    return [Row(item.sk, item.thing, item.thing_id, item.what) for item in items]


def _marks(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(_SEPARATOR)))
