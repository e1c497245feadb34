"""Decisions about a snapshot, without I/O: what a line is about, how it is heard, what has drifted, when to refuse."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from school_events.core.inventory import Record
from school_events.people.model import DataCategory
from school_events.people.rules import (
    Heard,
    Statement,
    Thing,
    ThingKind,
    as_of,
    clashes,
    hear,
    instant_of,
    present,
    version_of,
)

FEW = 3
"""So many absences of a kind are never too many: of a handful, any share would be."""

_PORTAL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_YEAR = re.compile(r"[0-9]{4}-[0-9]{2}")
_WHERE: Mapping[str, tuple[ThingKind, tuple[str, ...]]] = {
    "SchoolUpdated": ("school", ("school_id",)),
    "SchoolUpdated.v2": ("school", ("school_id",)),
    "SchoolContractEnded": ("school", ("school_id",)),
    "TermCalendarUpdated": ("calendar", ("calendar.academic_year",)),
    "PupilChanged": ("pupil", ("pupil.id",)),
    "PupilLeft": ("pupil", ("pupil_id",)),
    "ContactChanged": ("contact", ("contact.id",)),
    "LinkChanged": ("link", ("link.contact_id", "link.pupil_id")),
    "StaffChanged": ("staff", ("staff.id",)),
    "TeachingGroupChanged": ("teaching_group", ("teaching_group.id",)),
}
"""The types a snapshot has, and where in each is written what it is about."""

TYPES = frozenset(_WHERE)

STAGES: tuple[frozenset[ThingKind], ...] = (
    frozenset({"school"}),
    frozenset({"calendar", "pupil", "staff"}),
    frozenset({"link", "teaching_group"}),
    frozenset({"contact"}),
)
"""In which order kinds are applied: first what may be held at all; pupils before the groups they may come back to and
the links that may bring somebody back to them, and links before their contacts."""

Sort = Literal["missing", "wrong", "contradicted"]


@dataclass(frozen=True)
class Judgement:
    """What a line means for what is held.

    Args:
        differs: whether applying it changes something.
        sort: how the two have drifted apart, if they have.
        fields: what is wrong, by name.
        is_certain: whether that is all there is to say; else it is decided when the line is applied.
    """

    differs: bool
    sort: Sort | None = None
    fields: tuple[str, ...] = ()
    is_certain: bool = True


SETTLED = Judgement(differs=False)


def thing_of(message_type: str, detail: Mapping[str, Any]) -> Thing | None:
    """What a line is about; nothing if that cannot be read or is none of a snapshot's types."""
    if message_type not in _WHERE:
        return None
    kind, paths = _WHERE[message_type]
    form = _YEAR if kind == "calendar" else _PORTAL_ID
    ids = tuple(_at(detail, path) for path in paths)
    if not all(isinstance(one, str) and form.fullmatch(one) for one in ids):
        return None
    return Thing(kind, ids)


def is_of_stage(record: tuple[str, Mapping[str, Any]] | None, stage: int) -> bool:
    """Whether a line is about a kind of thing that is applied in a stage."""
    return record is not None and record[0] in _WHERE and _WHERE[record[0]][0] in STAGES[stage]


def name_of(thing: Thing) -> str:
    """A thing in one word, such as ``pupil#pup_0001``: for a set of very many, and for reports."""
    return "#".join((thing.kind, *thing.ids))


def after_line(
    heard: Heard,
    statement: Statement,
    taken_at: datetime,
    authorised: Collection[DataCategory],
    *,
    may_return: bool,
) -> Heard:
    """What matters of a thing after a line of a snapshot about it.

    Args:
        heard: what matters so far.
        statement: what the line says.
        taken_at: the instant the snapshot shows, UTC.
        authorised: what the school lets us hold now.
        may_return: whether somebody whom we have anonymised may come back without a new version (:func:`as_of` takes
            a snapshot's word against our own clock): not those whom that clock would only take away again.
    """
    if heard.state == "anonymised" and not may_return and version_of(statement.order) <= version_of(heard.removed):
        return heard
    said = as_of(heard, statement, taken_at)
    if said is None and _gives_back(heard, statement, authorised):
        said = replace(statement, order=heard.told)
    after = heard if said is None else hear(heard, said, authorised)
    is_there = after.missing_since is not None and statement.what == "told" and taken_at > after.missing_since
    return present(after) if is_there else after


def judge(heard: Heard, after: Heard, statement: Statement, taken_at: datetime) -> Judgement:
    """How a line and what is held have drifted apart.

    Args:
        heard: what is held.
        after: what would be, after the line.
        statement: what the line says.
        taken_at: the instant the snapshot shows, UTC.
    """
    if after == heard:
        return Judgement(differs=False, sort="contradicted") if _contradicts(heard, statement, taken_at) else SETTLED
    if heard.state not in {"current", "left"}:
        return Judgement(differs=True, sort="missing" if statement.what == "told" else None)
    fields = _fields(heard, after)
    return Judgement(differs=True, sort="wrong" if fields else None, fields=fields)


def too_many(absent: Mapping[str, int], held: Mapping[str, int], most_percent: int) -> str | None:
    """The kind of which a snapshot would take away more than a mistake may cost; nothing if it is no more than that.

    Args:
        absent: how many of each kind the snapshot lacks.
        held: how many of each kind it could lack.
        most_percent: the share that may be absent, besides :data:`FEW`.
    """
    return next((kind for kind, count in absent.items() if count > max(FEW, held[kind] * most_percent / 100)), None)


def _at(detail: Mapping[str, Any], path: str) -> Any:
    value: Any = detail
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _gives_back(heard: Heard, statement: Statement, authorised: Collection[DataCategory]) -> bool:
    """Whether the line has data that was withheld when the same was heard before, and is authorised now."""
    return (
        statement.what == "told"
        and bool(heard.told)
        and not set(heard.withheld).isdisjoint(authorised)
        and version_of(heard.told) == version_of(statement.order)
        and not clashes(heard, replace(statement, order=heard.told))
    )


def _contradicts(heard: Heard, statement: Statement, taken_at: datetime) -> bool:
    """Whether the Portal had told us of a later state of the thing before it took the snapshot."""
    known: str = max(getattr(heard, statement.what), heard.removed if heard.removed_by == "portal" else "")
    is_later = version_of(statement.order) < version_of(known) or known == heard.removed != ""
    return is_later and instant_of(known) < taken_at


def _fields(heard: Heard, after: Heard) -> tuple[str, ...]:
    """Names of what differs; data that comes back because it is authorised again was not wrong."""
    names = _different(heard.details, after.details) if heard.withheld == after.withheld else []
    names += [name for name in ("state", "left_on") if getattr(heard, name) != getattr(after, name)]
    if heard.missing_since != after.missing_since:
        names.append("presence")
    if not names and version_of(heard.latest) != version_of(after.latest):
        names.append("version")
    return tuple(names)


def _different(mine: Record | None, other: Record | None) -> list[str]:
    if mine is None or other is None:
        return []
    return [name for name in type(other).model_fields if getattr(mine, name, None) != getattr(other, name)]
