"""What a snapshot says and what is held, side by side: reading only."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from school_events.core.dynamodb import get_many
from school_events.people import groups
from school_events.people import store as people
from school_events.people.categories import permitted, withheld
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import NeverRight, Received, read
from school_events.people.model import DataCategory, School, SchoolDetails
from school_events.people.rules import Heard, Thing, absent, as_of, hear, pupils_named, without_pupils
from school_events.people.snapshots import reader, rules, store
from school_events.people.snapshots.model import SnapshotRefused
from school_events.people.snapshots.reader import Contents
from school_events.people.snapshots.rules import Judgement

type Line = tuple[int, Received | NeverRight]
"""A line's number and what it says, or why it says nothing."""


@dataclass(frozen=True)
class Absences:
    """What of a school a snapshot lacks; by kind, how many it could lack, and how many go for good."""

    things: tuple[Thing, ...]
    held: Mapping[str, int]
    removed: Mapping[str, int]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many of each kind are absent."""
        return Counter(thing.kind for thing in self.things)


def read_line(number: int, line: bytes | None) -> Line:
    """What a line says."""
    record = reader.parse(line)
    if record is None:
        return number, NeverRight("too-long" if line is None else "not-a-record")
    if record[0] not in rules.TYPES:
        return number, NeverRight("not-in-a-snapshot")
    return number, _received(record)


def _received(record: tuple[str, dict[str, Any]]) -> Received | NeverRight:
    try:
        return read(*record)
    except NeverRight as refusal:
        return refusal


def about_school(contents: Contents) -> list[Received]:
    """What the snapshot says of the school itself."""
    return [said for record in contents.school if isinstance(said := _received(record), Received)]


def school_of(school_id: str, contents: Contents, taken_at: datetime) -> School:
    """The school as it will be once the snapshot is applied: it decides what is compared at all.

    Raises:
        SnapshotRefused: neither we nor the snapshot know the school.
    """
    key = people.school_key_of(school_id)
    heard = heard_of(get_many([key]).get(key))
    for one in about_school(contents):
        said = as_of(heard, one.statement, taken_at)
        heard = heard if said is None else hear(heard, said, ())
    if not isinstance(heard.details, SchoolDetails):
        raise SnapshotRefused("unauthorised-school")
    return School(id=school_id, contract_ends_on=heard.left_on, **dict(heard.details))


def compare(
    school_id: str,
    received: Sequence[Received],
    contents: Contents,
    authorised: Collection[DataCategory],
    taken_at: datetime,
) -> Iterator[Judgement]:
    """Compare up to 100 lines with what is held of their things, which is read strongly in one round trip."""
    keys = [key_of(school_id, one.statement.thing) for one in received]
    rows = store.rows_of(keys)
    for one, key in zip(received, keys, strict=True):
        row, statement = rows.get(key), one.statement
        gone = withheld(statement.details, authorised)
        details = permitted(statement.details, authorised) if gone else statement.details
        if row is not None and store.says_so(row, statement, details, gone):
            yield rules.SETTLED
        else:
            heard = heard_of(None if row is None else key.item.from_raw_data(row))
            yield _judge(heard, _without_forgotten(school_id, one), contents, authorised, taken_at)


def _without_forgotten(school_id: str, received: Received) -> Received:
    """A line without pupils whom we have forgotten: that the Portal still names them is no drift."""
    forgotten = groups.anonymised_among(school_id, pupils_named([received.statement]))
    return replace(received, statement=without_pupils(received.statement, forgotten))


def _judge(
    heard: Heard, received: Received, contents: Contents, authorised: Collection[DataCategory], taken_at: datetime
) -> Judgement:
    statement = received.statement
    is_leaver = contents.says_left(statement.thing)
    after = rules.after_line(heard, statement, taken_at, authorised, may_return=not is_leaver)
    judgement = rules.judge(heard, after, statement, taken_at)
    if heard.state == "anonymised" and statement.thing.kind in {"link", "contact"}:
        # Whether they may come back depends on who else does.
        return replace(judgement, sort=None, is_certain=False)
    return judgement


def absences(school_id: str, contents: Contents, taken_at: datetime) -> Absences:
    """What is held and not in the snapshot, of everything it could lack; things told of later are not among it."""
    things: list[Thing] = []
    could: Counter[str] = Counter()
    removed: Counter[str] = Counter()
    for kind in store.LISTINGS:
        for thing, heard in store.held(school_id, kind):
            after = absent(heard, taken_at)
            if after is heard:
                continue
            could[kind] += 1
            if rules.name_of(thing) not in contents.things:
                things.append(thing)
                removed[kind] += after.state == "removed"
    return Absences(tuple(things), could, +removed)
