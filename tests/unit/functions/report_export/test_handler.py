"""The export worker: what it writes, when it is called twice, and when it fails."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import openpyxl
import pytest

from functions.report_export.handler import TIME_TO_CLEAN_UP, lambda_handler
from school_events.core import audit, aws, requests
from school_events.events.store import event_key
from school_events.payments.ledger.mirroring import on_balance
from school_events.payments.ledger.store import ledger_of_school
from school_events.reports import gateway, service, store
from school_events.reports.definitions import REPORTS
from school_events.reports.model import (
    Definition,
    Export,
    ExportFormat,
    ExportState,
    FailureReason,
    Filters,
    Position,
    ReportName,
    Step,
)
from school_events.reports.payments import PAYMENTS
from tests.support import tables as cloud
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, sqs_event
from tests.unit.reports import things

CSV, XLSX = ExportFormat.CSV, ExportFormat.XLSX


@pytest.fixture(autouse=True)
def school(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    # The worker asks the clock; what these tests ask for is asked for at the same moment.
    monkeypatch.setattr("functions.report_export.handler.clock.utc_now", lambda: NOW)
    things.a_school()
    things.a_contact()
    things.a_pupil("pupil-1", first_name="=cmd|'/c calc'!A1")
    things.an_event()
    things.a_booking("booking_1")
    things.a_paid_payment("payment_1")
    things.a_paid_payment("payment_2", 999, at=NOW + timedelta(hours=1))
    things.a_refund("payment_1", 250, at=NOW + timedelta(hours=2))


def asked(
    name: ReportName = ReportName.PAYMENTS, file_format: ExportFormat = XLSX, filters: Filters | None = None
) -> dict[str, Any]:
    service.ask(a_context(), name, filters or Filters(), file_format, requests.request(None, "POST"))
    return cloud.messages("exports")[0]


def work(message: Any, receives: int = 1, **lambda_context: Any) -> dict[str, Any]:
    return dict(lambda_handler(sqs_event(message, receives=receives), LambdaContext(**lambda_context)))


def kept(message: dict[str, Any]) -> Export:
    return store.find_export(SCHOOL, message["export_id"])


def file_of(message: dict[str, Any], file_format: ExportFormat) -> bytes:
    key = f"{SCHOOL}/{message['export_id']}.{file_format.value}"
    content: bytes = aws.client("s3").get_object(Bucket="exports", Key=key)["Body"].read()
    return content


def files() -> list[str]:
    return [one["Key"] for one in aws.client("s3").list_objects_v2(Bucket="exports").get("Contents", [])]


def finished_lines() -> list[str]:
    return [row["action"]["S"] for row in cloud.rows("Audit") if row["action"]["S"] == "report.finished"]


def test_the_totals_of_the_workbook_equal_the_ledger() -> None:
    message = asked()
    assert work(message) == {"batchItemFailures": []}
    workbook = openpyxl.load_workbook(io.BytesIO(file_of(message, XLSX)))
    totals = {row[0]: row[3] for row in workbook["Totals"].iter_rows(min_row=2, values_only=True)}
    ledger = list(ledger_of_school(SCHOOL))
    assert totals["balance"] == sum(on_balance(entry) for entry in ledger) == 1250 + 999 - 250 - 2 * 39
    for kind in ("charge", "refund", "fee"):
        assert totals[kind] == sum(on_balance(entry) for entry in ledger if entry.kind == kind)
    assert workbook["Payments"].max_row == len(ledger) + 1
    export = kept(message)
    assert (export.state, export.rows, export.ready_at) == (ExportState.READY, len(ledger), NOW)


def test_a_name_that_is_a_formula_is_text_in_both_forms() -> None:
    as_csv, as_xlsx = asked(ReportName.PARTICIPATION, CSV), asked(ReportName.PARTICIPATION, XLSX)
    work(as_csv)
    work(as_xlsx)
    _, line, *_ = csv.reader(io.StringIO(file_of(as_csv, CSV).decode("utf-8-sig")))
    assert line[3] == "'=cmd|'/c calc'!A1"
    cell = openpyxl.load_workbook(io.BytesIO(file_of(as_xlsx, XLSX)))["Participation"]["D2"]
    assert (cell.value, cell.data_type) == ("=cmd|'/c calc'!A1", "s")


def test_no_file_holds_a_characteristic() -> None:
    message = asked(ReportName.PARTICIPATION, CSV)
    work(message)
    text = file_of(message, CSV).decode("utf-8-sig").lower()
    assert not any(word in text for word in ("sen", "premium", "meals", "fsm", "ehc"))


def test_handing_the_same_message_over_again_changes_nothing() -> None:
    message = asked()
    work(message)
    before, content = cloud.everything(), file_of(message, XLSX)
    assert work(message, receives=2) == {"batchItemFailures": []}
    assert cloud.everything() == before
    assert file_of(message, XLSX) == content
    assert len(files()) == 1
    assert finished_lines() == ["report.finished"]


def test_an_attempt_that_broke_off_is_taken_up_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    message = asked()

    def lost(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "keep_file", lost)
        assert len(work(message)["batchItemFailures"]) == 1
    assert kept(message).state is ExportState.RUNNING
    assert work(message, receives=2) == {"batchItemFailures": []}
    assert kept(message).state is ExportState.READY


def test_a_broken_off_note_is_made_good_when_the_message_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    message = asked()

    def lost(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(audit, "append", lost)
        assert len(work(message)["batchItemFailures"]) == 1
    assert finished_lines() == []
    work(message, receives=2)
    work(message, receives=3)
    assert finished_lines() == ["report.finished"]


def test_after_the_third_failure_the_export_has_failed_and_the_message_is_kept_aside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message = asked()

    def broken(_school: str, _filters: Filters, _after: Position | None) -> Iterator[Step]:
        raise KeyError("secret name")
        yield

    monkeypatch.setitem(cast(dict[ReportName, Definition], REPORTS), ReportName.PAYMENTS, _with_steps(broken))
    for receives in (1, 2):
        assert len(work(message, receives=receives)["batchItemFailures"]) == 1
        assert kept(message).state is ExportState.RUNNING
    assert len(work(message, receives=3)["batchItemFailures"]) == 1
    assert (kept(message).state, kept(message).failure) == (ExportState.FAILED, FailureReason.INTERNAL)
    assert files() == []


def test_what_can_never_work_fails_at_once_and_says_why() -> None:
    message = asked(filters=Filters(event_id="event_1"))
    key = event_key(SCHOOL, "event_1")
    key.item(key.pk, key.sk).delete()
    assert work(message) == {"batchItemFailures": []}
    assert (kept(message).state, kept(message).failure) == (ExportState.FAILED, FailureReason.EVENT_GONE)


def test_a_report_that_takes_too_long_fails_instead_of_being_started_over() -> None:
    message = asked()
    almost_over = int(TIME_TO_CLEAN_UP.total_seconds() * 1000) - 1
    assert work(message, remaining_ms=almost_over) == {"batchItemFailures": []}
    assert (kept(message).state, kept(message).failure) == (ExportState.FAILED, FailureReason.TOO_LARGE)


def test_progress_is_told_every_few_thousand_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(store, "note_progress", lambda _school, _export, rows: told.append(rows))

    def many(_school: str, _filters: Filters, _after: Position | None) -> Iterator[Step]:
        for number in range(12_000):
            yield Step({}, (NOW, "fee", None, None, -1, "paid", f"payment_{number}", "txn", "to", "from", 1))

    monkeypatch.setitem(cast(dict[ReportName, Definition], REPORTS), ReportName.PAYMENTS, _with_steps(many))
    message = asked(file_format=CSV)
    work(message, remaining_ms=300_000)
    assert told == [5000, 10_000]
    assert kept(message).rows == 12_000


def test_an_export_nobody_can_fetch_any_more_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    message = asked()
    monkeypatch.setattr("functions.report_export.handler.clock.utc_now", lambda: NOW + timedelta(hours=24))
    assert work(message, receives=2) == {"batchItemFailures": []}
    assert files() == []


@pytest.mark.parametrize("body", ["not json", "{}", '{"school_id":"school-1","export_id":"a b"}'])
def test_a_message_that_is_no_order_is_kept_aside(body: str) -> None:
    before = cloud.everything()
    assert work(body)["batchItemFailures"] == [{"itemIdentifier": "message-1"}]
    assert cloud.everything() == before


def test_an_order_of_another_school_finds_nothing_there() -> None:
    message = asked()
    work(message | {"school_id": "school-2"})
    assert kept(message).state is ExportState.QUEUED
    assert files() == []


def test_logs_hold_no_name(capsys: pytest.CaptureFixture[str]) -> None:
    message = asked(ReportName.PARTICIPATION, CSV)
    work(message)
    work("no order")
    printed = capsys.readouterr()
    assert not any(word in printed.out + printed.err for word in ("cmd|", "O'Connor", "Castle"))
    assert "pupil" not in json.dumps(message)


def _with_steps(steps: Any) -> Any:
    return type(PAYMENTS)(**{**vars(PAYMENTS), "steps": steps})
