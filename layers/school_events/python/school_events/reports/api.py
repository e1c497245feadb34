"""Request and response models of the report routes."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from school_events.core import clock
from school_events.core.errors import Invalid
from school_events.core.http import ApiModel, LocalDate
from school_events.core.ids import OpaqueId
from school_events.core.money import Money
from school_events.reports.model import (
    Column,
    ColumnKind,
    Export,
    ExportFormat,
    ExportState,
    FailureReason,
    Filters,
    ReportName,
    Row,
    Total,
    Value,
)

FAILURES = {
    FailureReason.EVENT_GONE: "The event is no longer there",
    FailureReason.TOO_LARGE: "It is too large to be made in one go: ask for fewer days",
    FailureReason.INTERNAL: "Something went wrong on our side: ask again",
}


class ReportFilters(ApiModel):
    """What a report is narrowed to; both days are included, London time."""

    event_id: OpaqueId | None = None
    since: LocalDate | None = Field(
        default=None, description="Events that begin, or ledger entries made, on this day or later"
    )
    until: LocalDate | None = Field(default=None, description="… on this day or earlier")

    def filters(self, path: str = "") -> Filters:
        """As the report's own words.

        Args:
            path: where in the request they stand, such as ``filters.``, to blame a field.

        Raises:
            Invalid: the last day is before the first.
        """
        if self.since and self.until and self.since > self.until:
            raise Invalid.of(f"{path}until", "must not be before since")
        return Filters(event_id=self.event_id, since=self.since, until=self.until)


class NewExport(ApiModel):
    """A report to be made into a file."""

    name: ReportName
    filters: ReportFilters = ReportFilters()
    format: ExportFormat


class ExportFailure(ApiModel):
    """Why there is no file."""

    reason: FailureReason
    message: str


class ExportView(ApiModel):
    """An export: ask again until ``state`` is ``ready`` or ``failed``."""

    id: str
    name: ReportName
    filters: ReportFilters
    format: ExportFormat
    state: ExportState
    rows: int = Field(description="How many lines are written so far")
    failure: ExportFailure | None = None
    asked_at: datetime
    ready_at: datetime | None = None
    expires_at: datetime = Field(description="When the file can no longer be fetched")
    file: str | None = Field(default=None, description="Where the file can be fetched, once it is ready")


class ColumnView(ApiModel):
    """A column of a report."""

    name: str
    heading: str
    kind: ColumnKind


class TotalView(ApiModel):
    """How many lines of a kind there are and what they come to."""

    label: str
    rows: int
    amount: Money | None = None


class ReportPage(ApiModel):
    """A page of a report; ``totals`` are of every line up to here, so the last page has those of the whole."""

    name: ReportName
    title: str
    columns: list[ColumnView]
    items: list[dict[str, Any]] = Field(description="By column name; money as an amount in pence with its currency")
    totals: list[TotalView]
    next_cursor: str | None = Field(default=None, description="Ask again with `cursor=` this; null on the last page")


def export_view(school_id: str, export: Export) -> ExportView:
    """An export as the API shows it."""
    order = export.order
    return ExportView(
        id=order.id,
        name=order.report,
        filters=ReportFilters(**order.filters.model_dump()),
        format=order.format,
        state=export.state,
        rows=export.rows,
        failure=ExportFailure(reason=export.failure, message=FAILURES[export.failure]) if export.failure else None,
        asked_at=order.asked_at,
        ready_at=export.ready_at,
        expires_at=export.expires_at,
        file=f"{export_path(school_id, order.id)}/file" if export.state is ExportState.READY else None,
    )


def export_path(school_id: str, export_id: str) -> str:
    """Where an export can be asked about."""
    return f"/v1/schools/{school_id}/report-exports/{export_id}"


def row_view(columns: tuple[Column, ...], row: Row) -> dict[str, Any]:
    """A line as the API shows it."""
    return {column.name: _shown(column.kind, value) for column, value in zip(columns, row, strict=True)}


def total_view(total: Total) -> TotalView:
    """A total as the API shows it."""
    amount = None if total.pence is None else Money(amount=total.pence)
    return TotalView(label=total.label, rows=total.rows, amount=amount)


def column_view(column: Column) -> ColumnView:
    """A column as the API shows it."""
    return ColumnView(name=column.name, heading=column.heading, kind=column.kind)


def _shown(kind: ColumnKind, value: Value) -> Any:
    if kind is ColumnKind.MONEY and isinstance(value, int):
        return Money(amount=value).model_dump()
    if isinstance(value, datetime):
        return clock.to_text(value)
    return value.isoformat() if isinstance(value, date) else value
