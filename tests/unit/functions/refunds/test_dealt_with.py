"""What nothing takes off the list of what somebody has to look at, finance staff mark as dealt with; nothing else."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from functions.outbox.handler import lambda_handler as outbox
from functions.payments import handler as payments
from school_events.bookings import disputed
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.money import pounds
from school_events.events.model import SchoolEvent
from school_events.payments.accounts import service as accounts
from school_events.payments.attention import marking, store
from school_events.payments.attention import service as attention
from school_events.payments.attention.model import Attention, AttentionKind
from school_events.payments.model import Payment
from school_events.payments.refunds import gateway
from school_events.payments.refunds.model import StripeRefund
from school_events.payments.refunds.store import find_refund
from school_events.people.aliases import alias_of
from tests.support.booked_world import as_system, book, payment_of
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.shop import Shop, ledger_balance
from tests.support.streams import row_record, stream_event
from tests.support.tables import everything, rows
from tests.unit.bookings.attempts import pay_twice
from tests.unit.bookings.paying import apply
from tests.unit.functions.refunds.test_handler import (
    ADMIN,
    ALL,
    FINANCE,
    PAID_OUT,
    PARENT,
    REFUNDS,
    RETRY,
    STAFF,
    ask,
    bought,
    event,
    give_back,
)
from tests.unit.payments.refunds.giving_back import hear, housekeeping

__all__ = ["bought", "event"]

SETTLE = "POST /v1/schools/{school_id}/attention/{kind}/{thing_id}/settle"
LATER = NOW + timedelta(hours=3)
LOST = "dispute_lost"


def settle(kind: str, thing_id: str, caller: Mapping[str, Any] = FINANCE, **others: Any) -> tuple[int, Any]:
    """Mark something as dealt with."""
    return ask(SETTLE, {**caller, **others}, kind=kind, thing_id=thing_id)


def listed() -> list[tuple[str, str]]:
    """What finance staff have to look at."""
    answer = payments.lambda_handler(http_event("GET /v1/schools/{school_id}/attention", **FINANCE), LambdaContext())
    return [(one["kind"], one["thing_id"]) for one in json_of(answer)["items"]]


def raise_(kind: AttentionKind, thing_id: str, payment_id: str | None = None, now: datetime = NOW) -> None:
    """Put something on the list."""
    write(lambda transaction, ctx: attention.raise_for(transaction, ctx, kind, "thing", thing_id, payment_id), now)


def write(what: Callable[[Transaction, Context], None], now: datetime) -> None:
    """Write something down, as a worker does."""
    transaction = Transaction(ctx := as_system(now))
    what(transaction, ctx)
    transaction.commit()


def lost_dispute(shop: Shop, payment: Payment) -> str:
    """A dispute of a payment that the payer's bank has decided for the payer."""
    dispute_id = str(shop.server.dashboard.dispute(payment.charge_id or "")["id"])
    disputed.apply_dispute(as_system(name="stripe_events"), shop.account_id, dispute_id)
    shop.server.dashboard.decide(dispute_id, "lost")
    disputed.apply_dispute(as_system(name="stripe_events"), shop.account_id, dispute_id)
    return dispute_id


def failed(shop: Shop, booked: Booked) -> str:
    """A refund of the first line that failed days later: its money is there again."""
    line = {"booking_id": booked.booking_ids[0]}
    (refund,) = give_back(booked, {**ALL, "lines": [line]})[1]["items"]
    shop.server.dashboard.fail_refund(shop.all("refund")[0]["id"])
    hear(payment_of(booked))
    return str(refund["id"])


@pytest.mark.parametrize("caller", [FINANCE, ADMIN])
def test_a_lost_dispute_is_off_the_list_once_and_the_same_again_is_answered_alike(
    shop: Shop, bought: Booked, caller: Mapping[str, Any]
) -> None:
    lost = lost_dispute(shop, payment_of(bought))
    assert listed() == [(LOST, lost)]
    status, answer = settle(LOST, lost, caller)
    assert (status, answer["thing_id"], answer["settled_at"] is None) == (200, lost, False)
    assert listed() == []
    before = everything()
    with time_machine.travel(LATER, tick=False):
        assert settle(LOST, lost, caller) == (status, answer)
    assert everything() == before


def test_it_is_in_the_audit_log_who_did(shop: Shop, bought: Booked) -> None:
    lost = lost_dispute(shop, payment_of(bought))
    settle(LOST, lost)
    (row,) = [row for row in rows("Payments") if row["sk"]["S"] == f"ATTENTION#{LOST}#{lost}"]
    outbox(stream_event(row_record(row)), LambdaContext())
    told = [(line["action"]["S"], line["actor"]["S"]) for line in rows("Audit") if line["subject"]["S"] == lost]
    assert told == [("attention.settled", alias_of(SCHOOL, "staff", "staff-finance"))]


@pytest.mark.parametrize("caller", [PARENT, STAFF])
def test_nobody_else_may(shop: Shop, bought: Booked, caller: Mapping[str, Any]) -> None:
    lost = lost_dispute(shop, payment_of(bought))
    before = everything()
    assert settle(LOST, lost, caller)[0] == 403
    assert everything() == before


def test_what_is_not_on_the_schools_list_is_not_there(shop: Shop, bought: Booked) -> None:
    lost = lost_dispute(shop, payment_of(bought))
    before = everything()
    assert settle(LOST, "dp_none")[0] == settle("dispute", "dp_none")[0] == settle("nonsense", lost)[0] == 404
    assert settle(LOST, lost, school_id="school-2")[0] == 404
    assert everything() == before


def test_what_happens_anew_is_on_the_list_anew(shop: Shop, bought: Booked) -> None:
    """Its account is back, but now the payer's bank is in the way."""
    shop.server.holders.deauthorise(shop.account_id)
    give_back(bought, {**ALL, "lines": [{"booking_id": bought.booking_ids[0]}]})
    ((kind, refund_id),) = listed()
    settle(kind, refund_id)
    housekeeping(LATER)
    assert listed() == [], "the same still going on is nothing new"
    shop.server.holders.reauthorise(shop.account_id)
    shop.server.dashboard.dispute(payment_of(bought).charge_id or "")
    housekeeping(LATER + timedelta(hours=3))
    assert listed() == [(kind, refund_id)]
    assert settle(kind, refund_id)[0] == 409


@pytest.mark.parametrize("kind", list(marking.SETTLED_BY))
def test_what_something_settles_says_what_and_stays(shop: Shop, bought: Booked, kind: AttentionKind) -> None:
    thing_id, payment_id = shop.account_id, None
    if kind in {AttentionKind.REFUND_FAILED, AttentionKind.REFUND_STUCK}:
        thing_id, payment_id = failed(shop, bought), bought.payment_id
    raise_(kind, thing_id, payment_id)
    before = everything()
    status, problem = settle(kind, thing_id)
    assert (status, problem["detail"]) == (409, f"This is settled by {marking.SETTLED_BY[kind]}")
    assert everything() == before


def test_every_kind_is_thought_of() -> None:
    assert set(AttentionKind) - set(marking.SETTLED_BY) == {AttentionKind.DISPUTE_LOST}


def test_a_failed_refund_whose_money_went_back_otherwise_can_be_dealt_with(shop: Shop, bought: Booked) -> None:
    refund_id = failed(shop, bought)
    assert settle("refund_failed", refund_id)[0] == 409
    give_back(bought)
    assert listed() == [("refund_failed", refund_id)]
    assert settle("refund_failed", refund_id)[0] == 200
    assert listed() == []


def test_so_can_one_of_what_the_payers_bank_took(shop: Shop, bought: Booked) -> None:
    refund_id = failed(shop, bought)
    lost = lost_dispute(shop, payment_of(bought))
    assert settle("refund_failed", refund_id)[0] == 200
    assert listed() == [(LOST, lost)]


def test_so_can_one_of_what_somebody_gave_back_in_the_dashboard(shop: Shop, bought: Booked) -> None:
    shop.server.faults.outage(2)
    give_back(bought)
    shop.server.dashboard.refund(payment_of(bought).charge_id or "")
    housekeeping(LATER)
    gone = listed()
    assert {kind for kind, _ in gone} == {"refund_failed"}
    assert {settle(kind, thing_id)[0] for kind, thing_id in gone} == {200}
    assert listed() == []


def test_so_can_one_of_what_was_paid_twice_which_is_given_back_in_the_dashboard(
    shop: Shop, event: SchoolEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book(event)
    pay_twice(shop, booked, monkeypatch)
    apply(booked)
    shop.server.dashboard.fail_refund(shop.all("refund")[0]["id"])
    hear(payment_of(booked))
    ((kind, refund_id),) = listed()
    assert kind == "refund_failed"
    assert settle(kind, refund_id)[0] == 200
    assert listed() == []


def test_a_word_on_what_had_failed_already_does_not_bring_it_back(
    shop: Shop, bought: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.server.faults.outage(2)
    give_back(bought, {**ALL, "lines": [{"booking_id": bought.booking_ids[0]}]})
    payment = payment_of(bought)
    shop.server.dashboard.refund(payment.charge_id or "")
    housekeeping(LATER)
    ((kind, refund_id),) = listed()
    settle(kind, refund_id)
    known = StripeRefund(
        id="re_1",
        charge_id=payment.charge_id or "",
        amount=pounds(1250),
        status="failed",
        taken=False,
        refund_id=refund_id,
    )
    monkeypatch.setattr(gateway, "refunds_of_charge", lambda *_: [known])
    hear(payment)
    troubles = {row["id"]: row["trouble"] for row in ask(f"GET {REFUNDS}", FINANCE, payment_id=payment.id)[1]["items"]}
    assert troubles[refund_id] == "failed"
    assert listed() == []


def test_money_that_comes_back_as_it_is_marked_keeps_it_on_the_list(
    shop: Shop, bought: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = failed(shop, bought)
    give_back(bought)
    looked = find_refund
    made = [one["id"] for one in shop.all("refund") if one["status"] == "succeeded"]

    def find_and_be_overtaken(school_id: str, payment_id: str, refund_id: str) -> Any:
        monkeypatch.setattr(marking, "find_refund", looked)
        for refund in made:
            shop.server.dashboard.fail_refund(refund)
        hear(payment_of(bought))
        return looked(school_id, payment_id, refund_id)

    monkeypatch.setattr(marking, "find_refund", find_and_be_overtaken)
    assert settle("refund_failed", first)[0] == 409
    assert ("refund_failed", first) in listed()


def test_what_is_raised_anew_as_it_is_marked_stays(shop: Shop, bought: Booked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Won, and lost once more, between reading and writing."""
    lost = lost_dispute(shop, payment_of(bought))
    find = store.find

    def find_and_be_overtaken(school_id: str, kind: str, thing_id: str) -> Attention | None:
        monkeypatch.setattr(store, "find", find)
        known = find(school_id, kind, thing_id)
        write(lambda transaction, ctx: attention.settle(transaction, ctx, AttentionKind.DISPUTE_LOST, lost), LATER)
        raise_(AttentionKind.DISPUTE_LOST, lost, bought.payment_id, LATER)
        return known

    monkeypatch.setattr(store, "find", find_and_be_overtaken)
    status, answer = settle(LOST, lost)
    assert status == 200
    assert answer["raised_at"] == LATER.isoformat().replace("+00:00", "Z"), "read anew: so it is what they saw last"


def test_what_waits_for_an_account_the_school_has_left_can_be_dealt_with(shop: Shop, bought: Booked) -> None:
    shop.server.holders.deauthorise(shop.account_id)
    give_back(bought, {**ALL, "lines": [{"booking_id": bought.booking_ids[0]}]})
    ((kind, refund_id),) = listed()
    assert kind == "refund_stuck"
    assert settle(kind, refund_id)[0] == 200
    assert listed() == []


def test_so_can_a_payout_to_it_that_came_back(shop: Shop, bought: Booked) -> None:
    raise_(AttentionKind.PAYOUT_FAILED, shop.account_id)
    raise_(AttentionKind.PAYOUT_FAILED, "acct_former")
    assert settle("payout_failed", "acct_former")[0] == 200
    shop.server.holders.deauthorise(shop.account_id)
    accounts.refresh(as_system(), shop.account_id)
    assert settle("payout_failed", shop.account_id)[0] == 200
    assert listed() == [("account_disconnected", shop.account_id)]


def test_what_was_settled_by_what_happened_is_answered_as_it_is(shop: Shop, bought: Booked) -> None:
    refund_id = failed(shop, bought)
    ask(RETRY, FINANCE, payment_id=bought.payment_id, refund_id=refund_id)
    before = everything()
    status, answer = settle("refund_failed", refund_id)
    assert (status, answer["settled_at"] is None) == (200, False)
    assert everything() == before


def test_what_waits_for_an_account_that_left_the_school_hands_over_and_it_is_not_made_once_more(
    shop: Shop, bought: Booked
) -> None:
    ids = {"payment_id": bought.payment_id or ""}
    shop.server.holders.deauthorise(shop.account_id)
    (refund,) = give_back(bought, {**ALL, "lines": [{"booking_id": bought.booking_ids[0]}]})[1]["items"]
    assert (refund["state"], refund["trouble"]) == ("asked", "account_left")
    ids["refund_id"] = refund["id"]
    made = ask(PAID_OUT, FINANCE, {"taken_from": "bank"}, **ids)
    assert (made[0], made[1]["state"], made[1]["through"]) == (200, "made", "school")
    assert ask(PAID_OUT, FINANCE, {"taken_from": "bank"}, **ids) == made
    assert listed() == []
    assert [line.back.amount for line in payment_of(bought).lines] == [1250, 0]
    assert payment_of(bought).refunded == pounds(1250)
    shop.server.holders.reauthorise(shop.account_id)
    housekeeping(LATER + timedelta(days=40))
    assert shop.all("refund") == []
    assert ledger_balance() == shop.balance()


def test_what_is_made_by_itself_as_the_account_is_back_is_not_handed_over_as_well(shop: Shop, bought: Booked) -> None:
    shop.server.holders.deauthorise(shop.account_id)
    (refund,) = give_back(bought, {**ALL, "lines": [{"booking_id": bought.booking_ids[0]}]})[1]["items"]
    shop.server.holders.reauthorise(shop.account_id)
    ids = {"payment_id": bought.payment_id or "", "refund_id": refund["id"]}
    assert ask(PAID_OUT, FINANCE, {"taken_from": "bank"}, **ids)[0] == 409
    housekeeping(LATER)
    assert [one["amount"] for one in shop.all("refund")] == [1250]
