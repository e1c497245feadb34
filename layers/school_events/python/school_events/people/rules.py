"""Decisions about people, without I/O and without a clock: which message counts, and who has access.

A thing is three registers (``infra/decisions``, "What the Portal says, in any order"): hearing the same statements in
any order, any number of times, ends in the same state (A5).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from school_events.core import clock
from school_events.core.inventory import Record
from school_events.people.categories import permitted, withheld
from school_events.people.model import DataCategory, GroupDetails, Link, PupilDetails, Standing

ThingKind = Literal["school", "calendar", "pupil", "contact", "link", "staff", "teaching_group"]
What = Literal["told", "left", "removed"]
State = Standing | Literal["untold", "anonymised"]
"""``untold``: a leaving arrived before the pupil it names; nobody sees them yet. ``anonymised``: gone by our clock."""

RemovedBy = Literal["portal", "absence", "leaver_clock"]
"""Who says that a thing is gone: a message, two snapshots that lacked it (A2), or the clock for leavers (H1)."""

_RANK: dict[What, int] = {"told": 0, "left": 1, "removed": 2}
_VERSION_DIGITS = 16
_CATEGORIES: tuple[DataCategory, ...] = get_args(DataCategory)


@dataclass(frozen=True)
class Thing:
    """Names what a message is about; ``ids`` are (contact, pupil) for a link, one id for everything else."""

    kind: ThingKind
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """What one message says of one thing.

    Args:
        thing: what it is about.
        order: its place among all statements about the thing (:func:`order`).
        what: that the thing is so (``told``), that it ``left`` (a pupil; of a school: that its contract ended), or
            that it was ``removed``.
        details: how the thing is, if told.
        left_on: the last day on roll or of the contract (local), if left.
        merged_into: the contact who takes over, if removed for that.
    """

    thing: Thing
    order: str
    what: What
    details: Record | None = None
    left_on: date | None = None
    merged_into: str | None = None


@dataclass(frozen=True)
class Heard:
    """All that still matters of what was said about one thing; the order of hearing leaves no trace.

    It is three registers, each keeping the highest statement of its kind. ``told``, ``left`` and ``removed`` are the
    orders of the statements kept, or ``""``. ``withheld`` are the categories that the details could have had and were
    not authorised; ``missing_since`` is when a snapshot was taken that lacks the thing (UTC).
    """

    told: str = ""
    details: Record | None = None
    withheld: tuple[DataCategory, ...] = ()
    left: str = ""
    left_on: date | None = None
    removed: str = ""
    removed_by: RemovedBy | None = None
    merged_into: str | None = None
    missing_since: datetime | None = None

    @property
    def state(self) -> State:
        """What the thing now is."""
        if self.told:
            return "left" if self.left else "current"
        if self.removed:
            return "anonymised" if self.removed_by == "leaver_clock" else "removed"
        return "untold"

    @property
    def latest(self) -> str:
        """The order of the highest statement kept."""
        return max(self.told, self.left, self.removed)


NOTHING_HEARD = Heard()


def order(version: int, occurred_at: datetime, what: What) -> str:
    """Where a statement stands among all about the same thing, as sortable text.

    By version, then by when it happened (UTC). Where both are equal, a removal beats a leaving beats a change, so that
    doubt never lets anybody in; between two changes the content decides (:func:`hear`).
    """
    return f"{version:0{_VERSION_DIGITS}d}.{clock.to_text(occurred_at)}.{_RANK[what]}"


def version_of(order: str) -> int:
    """The version in an order; 0 for none."""
    return int(order[:_VERSION_DIGITS] or 0)


def instant_of(order: str) -> datetime:
    """When what has this order happened, UTC."""
    return clock.from_text(order[_VERSION_DIGITS + 1 : -2])


def hear(heard: Heard, statement: Statement, authorised: Collection[DataCategory]) -> Heard:
    """What matters after one more statement; one that is overtaken changes nothing.

    One heard before is taken again under what is authorised now: that is how data comes back which was withheld when
    it came first. Of two with one version, one instant and different content, the greater content wins, whichever
    came first.

    Args:
        heard: what matters so far.
        statement: what is said now.
        authorised: what the school lets us hold now; nothing else of the statement is kept (A4).
    """
    known: str = getattr(heard, statement.what)
    if statement.order < known:
        return heard
    if statement.order > known:
        return _without_what_is_overtaken(_taken(heard, statement, authorised))
    if statement.what == "left":
        return replace(heard, left_on=max(day for day in (heard.left_on, statement.left_on) if day))
    if statement.what == "removed":
        return _without_what_is_overtaken(
            replace(heard, merged_into=max(heard.merged_into or "", statement.merged_into or "") or None)
        )
    mine, other = _comparable(heard, statement)
    return refit(heard, authorised) if mine > other else _taken(heard, statement, authorised)


def refit(heard: Heard, authorised: Collection[DataCategory]) -> Heard:
    """What may still be held after the school has changed what it authorises; what is withdrawn is gone (A4)."""
    if heard.details is None:
        return heard
    gone = {*heard.withheld, *withheld(heard.details, authorised)}
    kept = permitted(heard.details, authorised)
    return replace(heard, details=kept, withheld=tuple(one for one in _CATEGORIES if one in gone))


def clashes(heard: Heard, statement: Statement) -> bool:
    """Whether the Portal has used one version for two different states of the thing; the winner is :func:`hear`'s."""
    if statement.order == heard.told:
        mine, other = _comparable(heard, statement)
        return mine != other
    known = (heard.told, heard.left, heard.removed)
    return statement.order not in known and any(version_of(one) == version_of(statement.order) for one in known if one)


def as_of(heard: Heard, statement: Statement, taken_at: datetime) -> Statement | None:
    """How a line of a snapshot is to be heard; nothing if it says what is known, or is overtaken (A2).

    A version that is not known yet was missed. A known version with other content was mangled, or removed on our own
    account: the snapshot, which is later, is right, and so counts as said when it was taken, which also outranks late
    copies of what was mangled. It never outranks a removal that the Portal has told.

    Args:
        heard: what matters so far.
        statement: what the line says.
        taken_at: the instant the snapshot shows, UTC.
    """
    version = version_of(statement.order)
    removed_by_us = heard.removed_by in {"absence", "leaver_clock"}
    if version < version_of(heard.removed) or (version == version_of(heard.removed) and not removed_by_us):
        return None
    known: str = getattr(heard, statement.what)
    if version > max(version_of(known), version_of(heard.removed)):
        return statement
    later = replace(statement, order=order(version, taken_at, statement.what))
    if version < version_of(known) or later.order <= max(known, heard.removed) or _says(heard, statement):
        return None
    return later


def absent(heard: Heard, taken_at: datetime) -> Heard:
    """What matters of a thing that a snapshot lacks: missing at first, removed when a later one agrees (A2).

    Only for what was current before the snapshot was taken; leavers have a clock of their own (H1).

    Args:
        heard: what matters so far.
        taken_at: the instant the snapshot shows, UTC.
    """
    taken_at = clock.from_text(clock.to_text(taken_at))
    if heard.state != "current" or instant_of(heard.told) >= taken_at:
        return heard
    if heard.missing_since is None:
        return replace(heard, missing_since=taken_at)
    if heard.missing_since >= taken_at:
        return heard
    gone = order(version_of(heard.told), taken_at, "removed")
    return _without_what_is_overtaken(replace(heard, removed=gone, removed_by="absence", merged_into=None))


def present(heard: Heard) -> Heard:
    """What matters of a thing that a snapshot has."""
    return replace(heard, missing_since=None)


def anonymised(heard: Heard, now: datetime) -> Heard:
    """What is left of a person whose time is over: enough to refuse a late update, and nothing about them (A5, H1).

    Args:
        heard: what matters so far.
        now: the present instant, UTC.
    """
    return Heard(removed=order(version_of(heard.latest), now, "removed"), removed_by="leaver_clock")


def _taken(heard: Heard, statement: Statement, authorised: Collection[DataCategory]) -> Heard:
    if statement.what == "left":
        return replace(heard, left=statement.order, left_on=statement.left_on)
    if statement.what == "removed":
        by: RemovedBy = "leaver_clock" if heard.removed_by == "leaver_clock" else "portal"
        return replace(heard, removed=statement.order, removed_by=by, merged_into=statement.merged_into)
    missing = heard.missing_since
    return replace(
        heard,
        told=statement.order,
        details=permitted(statement.details, authorised),
        withheld=withheld(statement.details, authorised),
        missing_since=missing if missing and instant_of(statement.order) <= missing else None,
    )


def _comparable(heard: Heard, statement: Statement) -> tuple[str, str]:
    """What is held and what is said, as far as both may be known, as text that can be compared."""
    shared = [category for category in _CATEGORIES if category not in heard.withheld]
    mine, other = permitted(heard.details, shared), permitted(statement.details, shared)
    return _text(mine), _text(other)


def _text(details: Record | None) -> str:
    return "" if details is None else details.model_dump_json()


def _says(heard: Heard, statement: Statement) -> bool:
    """Whether what is held already says so."""
    if getattr(heard, statement.what) == "":
        return False
    if statement.what == "left":
        return heard.left_on == statement.left_on
    mine, other = _comparable(heard, statement)
    return mine == other


def _without_what_is_overtaken(heard: Heard) -> Heard:
    """A removal takes everything said before it along, for good: a late update finds the removal's order (A5)."""
    if heard.told < heard.removed:
        heard = replace(heard, told="", details=None, withheld=(), missing_since=None)
    elif heard.told:
        heard = replace(heard, removed_by=None, merged_into=None)
    if heard.left < max(heard.told, heard.removed):
        heard = replace(heard, left="", left_on=None)
    return heard


def pupils_named(statements: Iterable[Statement]) -> frozenset[str]:
    """The ids of the pupils whom statements put into teaching groups."""
    groups = (one.details for one in statements if isinstance(one.details, GroupDetails))
    return frozenset(pupil_id for group in groups for pupil_id in group.pupil_ids)


def without_pupils[T: (Heard, Statement)](one: T, forgotten: Collection[str]) -> T:
    """The same without these pupils: a late message must not bring back that they were in a group (A5, H2)."""
    if not isinstance(one.details, GroupDetails):
        return one
    kept = tuple(pupil_id for pupil_id in one.details.pupil_ids if pupil_id not in forgotten)
    return replace(one, details=one.details.model_copy(update={"pupil_ids": kept}))


def today(now: datetime) -> date:
    """The local day at an instant. All schools of the United Kingdom share one time zone."""
    return now.astimezone(clock.LONDON).date()


def is_open(link: Link, day: date) -> bool:
    """Whether a link gives access on a local day: there, not restricted, not ended (A8)."""
    return link.state == "current" and not link.restricted and (link.ends_on is None or day <= link.ends_on)


def looks_different_to_families(before: Record | None, after: Record | None) -> bool:
    """Whether what a parent sees of a child has changed; characteristics are not shown to them."""
    return _shown(before) != _shown(after)


def _shown(details: Record | None) -> tuple[str | None, ...] | None:
    if not isinstance(details, PupilDetails):
        return None
    return details.first_name, details.last_name, details.year_group, details.registration_group
