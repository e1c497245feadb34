"""Decisions about reports: totals, days, who may fetch a file and for how long. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from school_events.core.clock import LONDON
from school_events.core.context import Context
from school_events.reports.model import ColumnKind, Definition, Export, ExportState, Filters, Row, Total

EXPORT_LIFE = timedelta(hours=24)
"""How long a file may be fetched (G2); the bucket deletes it by its own rule."""

LINK_LIFE = timedelta(minutes=5)
"""How long a link to a file works at most (G2)."""


class Tally:
    """Adds up the lines of a report as they pass.

    Args:
        definition: of which report.
        so_far: what :meth:`state` gave for the lines before.
    """

    def __init__(self, definition: Definition, so_far: Mapping[str, str] | None = None) -> None:
        self._definition = definition
        self._money = next((n for n, one in enumerate(definition.columns) if one.kind is ColumnKind.MONEY), None)
        self._rows = dict.fromkeys(definition.labels, 0)
        self._pence = dict.fromkeys(definition.labels, 0)
        for label, text in (so_far or {}).items():
            rows, pence = text.split()
            self._rows[label], self._pence[label] = int(rows), int(pence)

    def add(self, row: Row) -> None:
        """Count a line."""
        label = self._definition.label_of(row)
        self._rows[label] = self._rows.get(label, 0) + 1
        if self._money is not None:
            amount = row[self._money]
            self._pence[label] = self._pence.get(label, 0) + (amount if isinstance(amount, int) else 0)

    @property
    def rows(self) -> int:
        """How many lines were counted."""
        return sum(self._rows.values())

    def state(self) -> dict[str, str]:
        """What was added up, as short texts that a cursor can carry."""
        return {label: f"{self._rows[label]} {self._pence.get(label, 0)}" for label in self._rows}

    def totals(self) -> tuple[Total, ...]:
        """The totals of each kind of line, and of all of them."""
        has_money = self._money is not None
        kinds = [
            Total(label, rows, self._pence.get(label, 0) if has_money else None) for label, rows in self._rows.items()
        ]
        overall = Total(self._definition.overall, self.rows, sum(self._pence.values()) if has_money else None)
        return (*kinds, overall)


def tally(definition: Definition, rows: Iterable[Row]) -> Tally:
    """The tally of some lines."""
    made = Tally(definition)
    for row in rows:
        made.add(row)
    return made


def since_instant(filters: Filters) -> datetime | None:
    """The instant a report's first day begins at in London, UTC."""
    return _midnight(filters.since) if filters.since else None


def until_instant(filters: Filters) -> datetime | None:
    """The instant at which a report's last day is over in London, UTC."""
    return _midnight(filters.until + timedelta(days=1)) if filters.until else None


def is_within(day: date, filters: Filters) -> bool:
    """Whether a local day is one of the report's."""
    return (filters.since is None or filters.since <= day) and (filters.until is None or day <= filters.until)


def may_see_export(ctx: Context, export: Export) -> bool:
    """Whether the caller is who asked for the export, or an administrator; and the export has not expired."""
    asked = ctx.actor.kind == "staff" and ctx.actor.id == export.order.asked_by
    return (asked or ctx.has_role("school_admin")) and ctx.now < export.expires_at


def end_of_life(asked_at: datetime) -> datetime:
    """When an export asked for at an instant is gone: to the second, as tables count (UTC)."""
    return (asked_at + EXPORT_LIFE).replace(microsecond=0)


def link_life(export: Export, now: datetime) -> timedelta:
    """How long a link to the file may live: never past the file's own end."""
    return min(LINK_LIFE, export.expires_at - now)


def is_finished(export: Export) -> bool:
    """Whether nothing more will happen to an export."""
    return export.state in {ExportState.READY, ExportState.FAILED}


def file_name(export: Export) -> str:
    """What a browser saves the file as: the report and its day, no name of anybody."""
    day = export.order.asked_at.astimezone(LONDON).date()
    return f"{export.order.report.value}-{day}.{export.order.format.value}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
