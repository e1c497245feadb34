"""Who of the school reads who paid what stands in the audit log: it tells which places were remitted (H6, B8)."""

from typing import Any

import pytest

from functions.payments.handler import lambda_handler as payments
from functions.payouts.handler import lambda_handler as payouts
from functions.receipts.handler import lambda_handler as receipts
from functions.refunds.handler import lambda_handler as refunds
from school_events.events.model import SchoolEvent
from school_events.people.aliases import alias_of
from tests.support.booked_world import book
from tests.support.contexts import SCHOOL
from tests.support.http_events import LambdaContext, http_event
from tests.support.tables import rows
from tests.unit.functions.payments.test_handler import ADMIN, FINANCE, LIST, ONE, ROUTE, ask, event, parent

__all__ = ["event"]


def readings() -> list[tuple[str, str, str]]:
    """What was read, and by whom: action, subject, alias."""
    lines = [row for row in rows("Audit") if row["action"]["S"].endswith(".read")]
    return sorted((row["action"]["S"], row["subject"]["S"], row["actor"]["S"]) for row in lines)


@pytest.mark.parametrize("caller", [ADMIN, FINANCE], ids=["administrator", "finance"])
def test_what_staff_read_of_payments_is_in_the_audit_log(event: SchoolEvent, caller: dict[str, Any]) -> None:
    payment_id = book(event, "pupil-1").payment_id or ""
    assert ask(LIST, caller)[0] == ask(LIST, caller, query={"event_id": event.id})[0] == 200
    assert ask(ONE, caller, payment_id=payment_id)[0] == 200
    for handler, what in ((refunds, "refunds"), (receipts, "receipts")):
        asked = http_event(f"GET {ROUTE}/payments/{{payment_id}}/{what}", {"payment_id": payment_id}, **caller)
        assert handler(asked, LambdaContext())["statusCode"] == 200
    reader = alias_of(SCHOOL, "staff", caller["person"])
    assert readings() == [
        ("payment.read", payment_id, reader),
        ("payments.read", event.id, reader),
        ("payments.read", SCHOOL, reader),
        ("receipts.read", payment_id, reader),
        ("refunds.read", payment_id, reader),
    ]


def test_lists_that_name_payments_are_in_the_audit_log_and_sums_are_not(event: SchoolEvent) -> None:
    for handler, route, query in (
        (payments, "attention", None),
        (payouts, "payments/reconciliation", {"from": "2026-11-01", "to": "2026-11-23"}),
        (payouts, "payouts", None),
        (refunds, f"events/{event.id}/refunds", None),
    ):
        path = route.replace(event.id, "{event_id}")
        asked = http_event(f"GET {ROUTE}/{path}", {"event_id": event.id}, query=query, **FINANCE)
        assert handler(asked, LambdaContext())["statusCode"] == 200, route
    reader = alias_of(SCHOOL, "staff", FINANCE["person"])
    assert readings() == [("attention.read", SCHOOL, reader), ("reconciliation.read", SCHOOL, reader)]


def test_what_a_payer_reads_of_their_own_is_not(event: SchoolEvent) -> None:
    payment_id = book(event, "pupil-1").payment_id or ""
    assert ask(ONE, parent(), payment_id=payment_id)[0] == 200
    assert readings() == []


def test_what_is_not_there_was_not_read(event: SchoolEvent) -> None:
    assert ask(ONE, ADMIN, payment_id="payment_none")[0] == 404
    asked = http_event(f"GET {ROUTE}/payouts/{{payout_id}}", {"payout_id": "po_none"}, **ADMIN)
    assert payouts(asked, LambdaContext())["statusCode"] == 404
    assert readings() == []
