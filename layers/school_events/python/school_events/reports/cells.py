"""Values as cells of a file, with nothing in them that a spreadsheet would run (G3).

The rule, after OWASP's "CSV injection" (https://owasp.org/www-community/attacks/CSV_Injection):

* Control characters (tab, carriage return, line feed, …) in a text become spaces, in every format.
* In CSV, where a cell has no type, an apostrophe goes before a ``=``, ``+``, ``-`` or ``@`` (also full-width) that a
  text begins with, spaces and quotes left aside; and likewise after each ``,`` and ``;`` inside it, since a
  spreadsheet set to another country's separator would begin a cell there. Every field is quoted.
* In XLSX every text is written as a text cell: a spreadsheet never computes it, and it stays as it is.
* Numbers, days and instants are written by us from typed values and need no rule.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from school_events.core.clock import LONDON
from school_events.reports.model import Column, ColumnKind, Row, Total, Value

Cell = str | int | float | None

LONGEST_TEXT = 32_767
"""A cell of a spreadsheet holds no more characters (Excel's limit)."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STARTS_FORMULA = re.compile(r"(?:^|(?<=[,;]))(?=[\s'\"]*[=+\-@＝＋－＠])")

TOTAL_COLUMNS = (Column("label", "Total"), Column("rows", "Rows", ColumnKind.WHOLE))
TOTAL_AMOUNT = Column("amount", "Amount", ColumnKind.MONEY)


def plain_text(text: str) -> str:
    """A text fit for a typed text cell."""
    return _CONTROL.sub(" ", text)[:LONGEST_TEXT]


def inert_text(text: str) -> str:
    """A text fit for a cell without a type: no spreadsheet takes it for a formula."""
    return _STARTS_FORMULA.sub("'", _CONTROL.sub(" ", text))


def headings(columns: Iterable[Column]) -> list[str]:
    """The headings of a file; money has two columns, pounds and exact pence."""
    found: list[str] = []
    for column in columns:
        if column.kind is ColumnKind.MONEY:
            found += [f"{column.heading} (£)", f"{column.heading} (pence)"]
        elif column.kind is ColumnKind.INSTANT:
            found.append(f"{column.heading} (London time)")
        else:
            found.append(column.heading)
    return found


def total_table(totals: Sequence[Total]) -> tuple[tuple[Column, ...], list[Row]]:
    """The totals of a report as a table of their own."""
    if all(total.pence is None for total in totals):
        return TOTAL_COLUMNS, [(total.label, total.rows) for total in totals]
    return (*TOTAL_COLUMNS, TOTAL_AMOUNT), [(total.label, total.rows, total.pence) for total in totals]


def to_cells(
    columns: Sequence[Column], text: Callable[[str], str], pounds: Callable[[int], Cell]
) -> Callable[[Row], list[Cell]]:
    """How rows become cells.

    Args:
        columns: of the rows.
        text: makes a text fit for the format.
        pounds: shows an amount of pence in pounds.
    """
    converters: list[Callable[[Value], Cell]] = []
    sources: list[int] = []
    for number, column in enumerate(columns):
        for converter in _converters(column.kind, text, pounds):
            converters.append(converter)
            sources.append(number)
    plan = list(zip(converters, sources, strict=True))
    return lambda row: [convert(row[source]) for convert, source in plan]


def _converters(
    kind: ColumnKind, text: Callable[[str], str], pounds: Callable[[int], Cell]
) -> tuple[Callable[[Value], Cell], ...]:
    if kind is ColumnKind.MONEY:
        return (lambda value: pounds(value) if isinstance(value, int) else None, _whole)
    if kind is ColumnKind.WHOLE:
        return (_whole,)
    if kind is ColumnKind.INSTANT:
        return (_london,)
    if kind is ColumnKind.DAY:
        return (lambda value: value.isoformat() if isinstance(value, date) else None,)
    return (lambda value: text(value) if isinstance(value, str) else None,)


def _whole(value: Value) -> Cell:
    return value if isinstance(value, int) else None


def _london(value: Value) -> Cell:
    return value.astimezone(LONDON).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else None
