"""Days, totals, and who may fetch what for how long."""

from datetime import UTC, date, datetime, timedelta

import pytest

from school_events.core.context import Actor
from school_events.reports import rules
from school_events.reports.definitions import REPORTS
from school_events.reports.model import Export, ExportFormat, ExportOrder, ExportState, Filters, ReportName, Row
from school_events.reports.payments import PAYMENTS
from tests.support.contexts import NOW, TEACHER, a_context

EXPORT = Export(
    order=ExportOrder(
        id="export_1",
        report=ReportName.PAYMENTS,
        filters=Filters(),
        format=ExportFormat.XLSX,
        asked_by=TEACHER.id,
        asked_at=NOW,
    ),
    state=ExportState.READY,
    expires_at=NOW + rules.EXPORT_LIFE,
)


def test_a_reports_days_are_londons_days_also_when_clocks_change() -> None:
    october = Filters(since=date(2026, 10, 25), until=date(2026, 10, 25))
    assert rules.since_instant(october) == datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert rules.until_instant(october) == datetime(2026, 10, 26, tzinfo=UTC)
    assert rules.since_instant(Filters()) is None
    assert rules.until_instant(Filters()) is None


@pytest.mark.parametrize(("day", "within"), [(3, False), (4, True), (6, True), (7, False)])
def test_both_days_are_included(day: int, within: bool) -> None:
    filters = Filters(since=date(2026, 12, 4), until=date(2026, 12, 6))
    assert rules.is_within(date(2026, 12, day), filters) is within


def test_a_tally_can_be_put_down_and_taken_up_again() -> None:
    rows: list[Row] = [(NOW, kind, None, None, pence, None, "p", "s") for kind, pence in (("charge", 500), ("fee", -9))]
    first = rules.tally(PAYMENTS, rows)
    second = rules.Tally(PAYMENTS, first.state())
    second.add(rows[0])
    assert [(one.label, one.rows, one.pence) for one in second.totals()] == [
        ("charge", 2, 1000),
        ("refund", 0, 0),
        ("fee", 1, -9),
        ("balance", 3, 991),
    ]


def test_an_export_is_for_who_asked_or_an_administrator_until_it_expires() -> None:
    assert rules.may_see_export(a_context(actor=TEACHER), EXPORT)
    assert rules.may_see_export(a_context(), EXPORT)
    assert not rules.may_see_export(a_context(actor=Actor("staff", "staff-2")), EXPORT)
    assert not rules.may_see_export(a_context(actor=Actor("contact", TEACHER.id)), EXPORT)
    assert not rules.may_see_export(a_context(now=EXPORT.expires_at), EXPORT)


def test_a_link_never_outlives_the_file() -> None:
    assert rules.link_life(EXPORT, NOW) == timedelta(minutes=5)
    assert rules.link_life(EXPORT, EXPORT.expires_at - timedelta(seconds=10)) == timedelta(seconds=10)


def test_a_file_is_named_for_the_report_and_londons_day_only() -> None:
    late = EXPORT.order.model_copy(update={"asked_at": datetime(2026, 7, 1, 23, 30, tzinfo=UTC)})
    assert rules.file_name(EXPORT.model_copy(update={"order": late})) == "payments-2026-07-02.xlsx"


def test_no_report_has_a_column_for_a_characteristic() -> None:
    words = ("sen", "meal", "fsm", "premium", "pp", "ehc", "characteristic", "ever6", "special", "price")
    for definition in REPORTS.values():
        for column in definition.columns:
            assert not any(word in f"{column.name} {column.heading}".lower().split() for word in words)
