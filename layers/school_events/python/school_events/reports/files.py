"""Files: a report's lines and its totals, written as they come, in memory that does not grow with them.

Both forms carry the same two tables. CSV has one sheet, so the totals follow the lines after an empty line.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from school_events.reports.cells import Cell, headings, inert_text, plain_text, to_cells, total_table
from school_events.reports.model import Column, ColumnKind, ExportFormat, Row, Total

MEDIA_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
TOTALS_SHEET = "Totals"
_POUNDS_FORMAT = "#,##0.00"
_WHOLE_FORMAT = "0"
_WIDTHS = {ColumnKind.TEXT: 24.0, ColumnKind.WHOLE: 10.0, ColumnKind.MONEY: 14.0, ColumnKind.INSTANT: 18.0}
_USUAL_WIDTH = 12.0

Totals = Callable[[], Sequence[Total]]
"""Asked for the totals once the last line is written."""


def write_csv(path: Path, _title: str, columns: Sequence[Column], rows: Iterable[Row], totals: Totals) -> None:
    """Write a CSV file: UTF-8 with a byte order mark, without which Excel takes it for Windows-1252."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(headings(columns))
        writer.writerows(map(to_cells(columns, inert_text, _pounds_as_text), rows))
        total_columns, total_rows = total_table(totals())
        writer.writerow([])
        writer.writerow(headings(total_columns))
        writer.writerows(map(to_cells(total_columns, inert_text, _pounds_as_text), total_rows))


def write_xlsx(path: Path, title: str, columns: Sequence[Column], rows: Iterable[Row], totals: Totals) -> None:
    """Write a workbook with two sheets, the lines (named by ``title``) and the totals; texts are never formulas."""
    from rustpy_xlsxwriter import Format, write_worksheets

    total_columns, _ = total_table(totals())
    pounds, whole = Format().set_num_format(_POUNDS_FORMAT), Format().set_num_format(_WHOLE_FORMAT)

    def total_records() -> Iterator[dict[str, Cell]]:
        # The library writes one sheet after the other: by now every line has passed.
        return _records(total_columns, total_table(totals())[1])

    sheets = {title: columns, TOTALS_SHEET: total_columns}
    write_worksheets(
        [(title, _records(columns, rows)), (TOTALS_SHEET, _late(total_records))],
        str(path),
        bold_headers=True,
        freeze_panes={"general": {"row": 1, "col": 0}},
        column_widths={name: _widths(of_sheet) for name, of_sheet in sheets.items()},
        column_formats={
            name: {
                heading: pounds if heading.endswith("(£)") else whole
                for heading, _ in _with_headings(of_sheet, {ColumnKind.MONEY, ColumnKind.WHOLE})
            }
            for name, of_sheet in sheets.items()
        },
    )


WRITERS: Mapping[ExportFormat, Callable[[Path, str, Sequence[Column], Iterable[Row], Totals], None]] = {
    ExportFormat.CSV: write_csv,
    ExportFormat.XLSX: write_xlsx,
}


def _records(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[dict[str, Cell]]:
    names = headings(columns)
    convert = to_cells(columns, plain_text, _pounds_as_number)
    empty = True
    for row in rows:
        empty = False
        yield dict(zip(names, convert(row), strict=True))
    if empty:
        # The library takes the headings from the first record.
        yield dict.fromkeys(names)


def _late(records: Callable[[], Iterator[dict[str, Cell]]]) -> Iterator[dict[str, Cell]]:
    yield from records()


def _widths(columns: Sequence[Column]) -> dict[str, float]:
    return {heading: _WIDTHS.get(kind, _USUAL_WIDTH) for heading, kind in _with_headings(columns, set(ColumnKind))}


def _with_headings(columns: Sequence[Column], kinds: set[ColumnKind]) -> Iterator[tuple[str, ColumnKind]]:
    for column in columns:
        if column.kind in kinds:
            yield from ((heading, column.kind) for heading in headings([column]))


def _pounds_as_text(pence: int) -> Cell:
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def _pounds_as_number(pence: int) -> Cell:
    return pence / 100
