"""What a report is, and what an export of one is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from school_events.core.context import Role
from school_events.core.ids import OpaqueId, PortalId
from school_events.core.inventory import Category, Kept, Purpose, Record, Retention

ORDER = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.DAY)
_WHICH = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.DAY)

Value = str | int | date | datetime | None
Row = tuple[Value, ...]
"""One line of a report: a value for each of its columns."""

Position = Mapping[str, str]
"""Where in a report a line stands: ids and instants only, since it ends up in a cursor."""


class ColumnKind(StrEnum):
    """What a column's values are: text, a whole number, pence, an instant (UTC) or a local day."""

    TEXT = "text"
    WHOLE = "whole"
    MONEY = "money"
    INSTANT = "instant"
    DAY = "day"


@dataclass(frozen=True)
class Column:
    """A column: its name in the API, its heading on paper, and what its values are."""

    name: str
    heading: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True)
class Step:
    """A line that was looked at, its place, and the row it makes; none if the filters leave it out."""

    position: Position
    row: Row | None


class ReportName(StrEnum):
    """The reports there are."""

    PARTICIPATION = "participation"
    PAYMENTS = "payments"


class Filters(Record):
    """What a report is narrowed to; both days are included and local (Europe/London)."""

    event_id: Annotated[OpaqueId | None, _WHICH] = None
    since: Annotated[date | None, ORDER] = None
    until: Annotated[date | None, ORDER] = None


@dataclass(frozen=True)
class Definition:
    """A report.

    Args:
        name: as the API calls it.
        title: for people.
        columns: what each line shows.
        roles: who may read it for the whole school.
        for_allocated_staff: whether staff may read it for an event they are allocated to.
        labels: the kinds of line that are totalled, in this order.
        label_of: the kind of a line.
        overall: what the total of all lines is called.
        steps: the lines of a school from a position on, in the order of their positions, read as they are asked for.
    """

    name: ReportName
    title: str
    columns: tuple[Column, ...]
    roles: frozenset[Role]
    for_allocated_staff: bool
    labels: tuple[str, ...]
    label_of: Callable[[Row], str]
    overall: str
    steps: Callable[[str, Filters, Position | None], Iterator[Step]]


@dataclass(frozen=True)
class Total:
    """How many lines of a kind there are, and what they come to in pence where lines have an amount."""

    label: str
    rows: int
    pence: int | None


class ExportFormat(StrEnum):
    """The kinds of file."""

    CSV = "csv"
    XLSX = "xlsx"


class ExportState(StrEnum):
    """Where an export stands.

    ::

        queued → running → ready
        queued | running → failed
    """

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why an export failed: the event is gone, it takes longer than a function may run, or a fault of ours."""

    EVENT_GONE = "event-gone"
    TOO_LARGE = "too-large"
    INTERNAL = "internal"


class ExportOrder(Record):
    """What was asked for.

    Args:
        id: ours, opaque; names the file too.
        report: which report.
        filters: what it is narrowed to.
        format: the kind of file.
        asked_by: the member of staff who asked.
        asked_at: when, UTC.
    """

    id: Annotated[OpaqueId, _WHICH]
    report: Annotated[ReportName, ORDER]
    filters: Filters
    format: Annotated[ExportFormat, ORDER]
    asked_by: Annotated[PortalId, _WHICH]
    asked_at: Annotated[datetime, ORDER]


class Export(Record):
    """An export as it stands.

    Args:
        order: what was asked for.
        state: where it stands.
        rows: how many lines are written so far.
        failure: why it failed, if it did.
        ready_at: when the file was there, UTC.
        expires_at: when file and row are gone, UTC.
    """

    order: ExportOrder
    state: Annotated[ExportState, ORDER]
    rows: Annotated[int, ORDER] = 0
    failure: Annotated[FailureReason | None, ORDER] = None
    ready_at: Annotated[datetime | None, ORDER] = None
    expires_at: Annotated[datetime, ORDER]


class ExportMessage(BaseModel):
    """The body of a message on the exports queue: which export is to be made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    school_id: PortalId
    export_id: OpaqueId
