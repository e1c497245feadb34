"""Files: safe, exact, readable by Excel, and of the same size in memory whatever their length."""

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.reports import cells, files, rules
from school_events.reports.model import Column, ColumnKind, ExportFormat, Row
from school_events.reports.payments import PAYMENTS

COLUMNS = (
    Column("at", "Entered at", ColumnKind.INSTANT),
    Column("day", "Day", ColumnKind.DAY),
    Column("name", "Name"),
    Column("places", "Places", ColumnKind.WHOLE),
    Column("amount", "Amount", ColumnKind.MONEY),
)
AT = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", '"=1', "x;=1", "x,@y", "x;\t-2")


def a_row(name: str | None = "Zoë", pence: int | None = 1250) -> Row:
    return (AT, date(2026, 7, 2), name, 3, pence)


def written(file_format: ExportFormat, path: Path, rows: list[Row]) -> None:
    tally = rules.tally(PAYMENTS, ())
    files.WRITERS[file_format](path, "Payments", COLUMNS, iter(rows), tally.totals)


def csv_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def worksheet(path: Path, name: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))[name]


def sheet(path: Path, name: str) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in worksheet(path, name).iter_rows()]


def test_csv_begins_with_a_byte_order_mark_so_that_excel_reads_accents(tmp_path: Path) -> None:
    written(ExportFormat.CSV, tmp_path / "f", [a_row("Zoë 😀 عربي")])
    assert (tmp_path / "f").read_bytes().startswith(b"\xef\xbb\xbf")
    assert csv_rows(tmp_path / "f")[1][2] == "Zoë 😀 عربي"


def test_instants_are_in_london_time_and_money_is_in_pounds_and_exact_pence(tmp_path: Path) -> None:
    written(ExportFormat.CSV, tmp_path / "c", [a_row(), a_row(pence=-5), a_row(pence=None)])
    heading, first, second, third, *_ = csv_rows(tmp_path / "c")
    assert heading == ["Entered at (London time)", "Day", "Name", "Places", "Amount (£)", "Amount (pence)"]
    assert first == ["2026-07-01 09:30", "2026-07-02", "Zoë", "3", "12.50", "1250"]
    assert second[4:] == ["-0.05", "-5"]
    assert third[4:] == ["", ""]
    written(ExportFormat.XLSX, tmp_path / "x", [a_row(), a_row(pence=-5), a_row(pence=None)])
    _, *lines = sheet(tmp_path / "x", "Payments")
    assert lines[0] == ["2026-07-01 09:30", "2026-07-02", "Zoë", 3, 12.5, 1250]
    assert [line[4:] for line in lines[1:]] == [[-0.05, -5], [None, None]]


def test_money_in_a_workbook_is_shown_with_two_decimals(tmp_path: Path) -> None:
    written(ExportFormat.XLSX, tmp_path / "x", [a_row()])
    row = next(worksheet(tmp_path / "x", "Payments").iter_rows(min_row=2))
    assert [cell.number_format for cell in row[3:]] == ["0", "#,##0.00", "0"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_csv_cell_begins_like_a_formula_whatever_the_separator(tmp_path: Path, text: str) -> None:
    written(ExportFormat.CSV, tmp_path / "c", [a_row(text)])
    cell = csv_rows(tmp_path / "c")[1][2]
    for part in cell.replace(";", ",").split(","):
        assert part.lstrip(' "') == "" or part.lstrip(' "')[0] not in "=+-@＝＋－＠\t\r\n"


@pytest.mark.parametrize("text", FORMULAS)
def test_a_workbook_keeps_what_looks_like_a_formula_as_text(tmp_path: Path, text: str) -> None:
    written(ExportFormat.XLSX, tmp_path / "x", [a_row(text)])
    row = next(worksheet(tmp_path / "x", "Payments").iter_rows(min_row=2))
    assert row[2].data_type == "s"
    assert row[2].value == cells.plain_text(text)


@given(st.text(max_size=40))
def test_text_survives_unless_it_is_dangerous(text: str) -> None:
    inert = cells.inert_text(text)
    assert not inert.lstrip(" '\"").startswith(tuple("=+-@＝＋－＠")) or inert.lstrip(' "').startswith("'")
    assert not any(character < " " or character == "\x7f" for character in inert)
    if text.replace(" ", "").isalnum():
        assert inert == text


def test_a_text_longer_than_a_cell_is_cut_not_refused(tmp_path: Path) -> None:
    written(ExportFormat.XLSX, tmp_path / "x", [a_row("x" * 40_000)])
    assert len(sheet(tmp_path / "x", "Payments")[1][2]) == cells.LONGEST_TEXT


@pytest.mark.parametrize("file_format", ExportFormat)
def test_an_empty_report_still_has_headings_and_totals(tmp_path: Path, file_format: ExportFormat) -> None:
    written(file_format, tmp_path / "f", [])
    if file_format is ExportFormat.CSV:
        table = csv_rows(tmp_path / "f")
        assert table[0][0] == "Entered at (London time)"
        assert table[-1] == ["balance", "0", "0.00", "0"]
        return
    assert sheet(tmp_path / "f", "Payments")[0][0] == "Entered at (London time)"
    assert sheet(tmp_path / "f", "Totals")[-1] == ["balance", 0, 0, 0]


MOVED = ("stripe_balance", "event_income", 1)


def ledger_rows(many: int) -> Iterator[Row]:
    for number in range(many):
        entry, pence = (("charge", 1999 + number), ("fee", -39), ("refund", -(number + 1)))[number % 3]
        yield (AT, entry, "Castle trip", "Ann O'Connor", pence, "paid", f"payment_{number}", f"ch_{number}", *MOVED)


def test_totals_are_what_the_lines_add_up_to_in_both_forms(tmp_path: Path) -> None:
    expected = dict.fromkeys(("charge", "refund", "fee", "balance"), 0)
    for row in ledger_rows(700):
        pence = row[4]
        assert isinstance(pence, int)
        expected[str(row[1])] += pence
        expected["balance"] += pence
    for file_format in ExportFormat:
        tally = rules.Tally(PAYMENTS)

        def passing(tally: rules.Tally = tally) -> Iterator[Row]:
            for row in ledger_rows(700):
                tally.add(row)
                yield row

        files.WRITERS[file_format](tmp_path / file_format, "Payments", PAYMENTS.columns, passing(), tally.totals)
    _, *lines = sheet(tmp_path / "xlsx", "Payments")
    heading, *totals = sheet(tmp_path / "xlsx", "Totals")
    assert heading == ["Total", "Rows", "Amount (£)", "Amount (pence)"]
    assert {row[0]: row[3] for row in totals} == expected
    assert sum(line[5] for line in lines) == expected["balance"]
    assert all(round(row[2] * 100) == row[3] for row in totals)
    assert totals[-1][1] == len(lines) == 700
    table = csv_rows(tmp_path / "csv")
    gap = table.index([])
    assert {row[0]: int(row[3]) for row in table[gap + 2 :]} == expected


@pytest.mark.parametrize("file_format", ExportFormat)
def test_memory_does_not_grow_with_the_lines(tmp_path: Path, file_format: ExportFormat) -> None:
    def peak(many: int) -> int:
        tracemalloc.start()
        files.WRITERS[file_format](
            tmp_path / "f", "Payments", PAYMENTS.columns, ledger_rows(many), rules.tally(PAYMENTS, ()).totals
        )
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(100)
    assert peak(10_000) < peak(1_000) + 256 * 1024
