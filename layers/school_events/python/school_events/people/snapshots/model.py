"""What a daily snapshot is, how far its reading has come, and what it showed (A2)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from school_events.core.inventory import Category, Count, Flag, Kept, Purpose, Record, Retention

_RUNNING = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.SNAPSHOT)
_ABOUT = Kept(Category.TECHNICAL, Purpose.ACCOUNTABILITY, Retention.SNAPSHOT)
_WHOM = Kept(Category.IDENTIFIER, Purpose.ACCOUNTABILITY, Retention.SNAPSHOT)

MOST_NAMED = 100
"""So many things or lines of each sort are named in a report; all are counted."""

MOST_RECORDS = 1_000_000
"""Which lines differ is remembered by a bit each, in one item."""

Phase = Literal["compare", "guard", "apply", "absences"]
SnapshotState = Literal["running", "finished", "refused"]
_Text = Annotated[str, _ABOUT]
_Instant = Annotated[datetime, _ABOUT]
_Counts = Annotated[dict[str, int], _ABOUT]
_Names = Annotated[tuple[str, ...], _WHOM]


class SnapshotRefused(Exception):
    """A snapshot that must not be applied, whatever is right in it.

    Args:
        reason: a slug, without personal data.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Progress(Record):
    """How far a snapshot has been worked through: what is behind ``line`` of the ``stage`` of the phase is done."""

    phase: Annotated[Phase, _RUNNING] = "compare"
    stage: Annotated[int, _RUNNING] = 0
    line: Annotated[int, _RUNNING] = 0


class InvalidLine(Record):
    """A line that says nothing we can use: its number (from 1) and why, by the schema's words only."""

    number: Count
    reason: _Text


class Drift(Record):
    """How what we held differed from what the Portal says, by kind of thing; nothing but ids and names of fields.

    ``missing``: not here; ``wrong``: here, but otherwise; ``extra``: here, but not there; ``removed``: those of the
    extra that an earlier snapshot lacked too; ``contradicted``: the Portal had told us of a later state before it took
    the snapshot. Counts are exact, the named are at most ``MOST_NAMED`` of each sort.
    """

    missing: _Counts = Field(default_factory=dict)
    wrong: _Counts = Field(default_factory=dict)
    extra: _Counts = Field(default_factory=dict)
    removed: _Counts = Field(default_factory=dict)
    contradicted: _Counts = Field(default_factory=dict)
    wrong_fields: _Counts = Field(default_factory=dict)
    invalid: Count = 0
    named_missing: _Names = ()
    named_wrong: _Names = ()
    named_extra: _Names = ()
    named_contradicted: _Names = ()
    invalid_lines: tuple[InvalidLine, ...] = ()


class SnapshotReport(Record):
    """What became of a snapshot, for those who run the school's connection.

    ``absences_judged`` is false where a line could not be read so far that it could be known what it is about: then
    nothing counts as absent. ``differing`` counts the lines that say something else than what was held.
    """

    id: _Text
    taken_at: _Instant
    version: Count
    records: Count
    began_at: _Instant
    ended_at: Annotated[datetime | None, _ABOUT] = None
    state: Annotated[SnapshotState, _ABOUT] = "running"
    reason: Annotated[str | None, _ABOUT] = None
    absences_judged: Flag = True
    differing: Count = 0
    drift: Drift = Drift()
