"""Disputes of any amount among refunds, cancellations, cash and the dashboard: all adds up, and no more goes back."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from local.stripe.errors import StripeError
from school_events.bookings import cancelling, chores, disputed, receiving
from school_events.bookings.service import Booked
from school_events.core.context import Context
from school_events.core.errors import Conflict, Invalid, TryAgain
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent
from school_events.payments.model import PaymentState
from school_events.payments.receipts.api import NewReceipt
from school_events.payments.refunds import service, staff
from school_events.payments.refunds.api import NewRefund, PaidOut
from school_events.payments.refunds.model import Refund, RefundState
from tests.support.booked_world import as_system, book, booking_of, payment_of
from tests.support.contexts import NOW, a_context
from tests.support.money_checker import Books, faults_in_the_end, faults_now
from tests.support.shop import Shop, ledger, ledger_balance
from tests.unit.bookings.paying import apply
from tests.unit.payments.refunds.giving_back import FINANCE

SEEDS = int(os.environ.get("DISPUTED_LIVES", "5"))
_STEPS = 12


class _Story:
    """A basket of two places, part of which may be paid in cash, and what happens to its money."""

    def __init__(self, shop: Shop, event: SchoolEvent, chance: random.Random) -> None:
        self.shop, self.chance, self.now = shop, chance, NOW
        self.booked = self._paid(event, chance.choice([0, 0, 700, 1500]))
        self.done: list[str] = []

    def _paid(self, event: SchoolEvent, cash: int) -> Booked:
        booked = book(event, "pupil-1", "pupil-2")
        if cash:
            asked = {"method": "cash", "amount": {"amount": cash}, "reference": "1", "received_on": str(NOW.date())}
            ctx = a_context(actor=FINANCE, roles=("finance",))
            receipt = NewReceipt.model_validate(asked, strict=False)
            receiving.receive(ctx, booked.payment_id or "", receipt, Request(None, ""))
        self.shop.pay(self.shop.open(booked))
        apply(booked)
        return booked

    @property
    def _ctx(self) -> Context:
        return a_context(now=self.now)

    @property
    def _charge(self) -> str:
        return payment_of(self.booked).charge_id or ""

    def refund(self) -> None:
        """Finance staff give some of a line back."""
        line: dict[str, Any] = {"booking_id": self.booked.booking_ids[self.chance.randint(0, 1)]}
        pence = self.chance.choice([1, 200, 600, None])
        amount = {} if pence is None else {"amount": {"amount": pence, "currency": "gbp"}}
        wanted = NewRefund.model_validate({"reason": "goodwill", "lines": [line | amount]})
        staff.ask(self._ctx, self.booked.payment_id or "", wanted, Request(None, ""))

    def out(self) -> None:
        """Stripe does not answer for a while."""
        self.shop.server.faults.outage(self.chance.randint(1, 3))

    def unheard(self) -> None:
        """Stripe does what is asked, and we do not hear of it."""
        self.shop.server.faults.lose_answers(self.chance.randint(1, 3))

    def dashboard(self) -> None:
        """Somebody gives money back at Stripe."""
        self.shop.server.dashboard.refund(self._charge, self.chance.choice([100, 900]))

    def dispute(self) -> None:
        """The bank takes some of it, or all."""
        self.shop.server.dashboard.dispute(self._charge, self.chance.choice([None, 1, 300, 1001]))

    def decide(self) -> None:
        """It decides, one way, the other, or in between."""
        dispute = self.chance.choice(self.shop.all("dispute"))
        outcome, back = self.chance.choice([("won", 0), ("lost", 0), ("lost", dispute["amount"] // 2)])
        self.shop.server.dashboard.decide(dispute["id"], outcome, back=back)

    def think_again(self) -> None:
        """What was lost is won after all."""
        dispute = self.chance.choice([one for one in self.shop.all("dispute") if one["status"] == "lost"])
        kept = -sum(moved["amount"] for moved in dispute["balance_transactions"])
        dispute["status"] = "under_review"
        self.shop.server.dashboard.decide(dispute["id"], "lost", back=kept)
        dispute.update(status="won", is_charge_refundable=True)

    def refund_fails(self) -> None:
        """Days later."""
        self.shop.server.dashboard.fail_refund(self.chance.choice(self.shop.all("refund"))["id"])

    def cancel(self) -> None:
        """The school gives a place up."""
        cancelling.cancel(self._ctx, booking_of(self.booked, self.chance.randint(0, 1)))

    def again(self) -> None:
        """A refund that failed is asked for anew, or handed over."""
        payment = payment_of(self.booked)
        failed = self.chance.choice([one for one in self.rows() if one.state is RefundState.FAILED])
        if self.chance.random() < 0.5:
            staff.retry(self._ctx, payment.id, failed.id)
        else:
            staff.pay_out(self._ctx, payment.id, failed.id, PaidOut(taken_from="bank"))

    def hand_over(self) -> None:
        """What the school is to give back itself."""
        waiting = [one for one in self.rows() if one.state is RefundState.ASKED and one.through == "school"]
        staff.pay_out(self._ctx, payment_of(self.booked).id, self.chance.choice(waiting).id, PaidOut(taken_from="cash"))

    def hear(self) -> None:
        """We hear of everything."""
        for dispute in self.shop.all("dispute"):
            disputed.apply_dispute(as_system(self.now, "stripe_events"), self.shop.account_id, dispute["id"])
        service.catch_up(as_system(self.now, "stripe_events"), self.booked.payment_id or "")

    def housekeeping(self) -> None:
        """An hour later."""
        self.now += timedelta(minutes=61)
        chores.make_due_refunds(self.now, lambda _: as_system(self.now), lambda: True)

    def rows(self) -> list[Refund]:
        """The refunds, as they are now."""
        return staff.of_payment(a_context(), payment_of(self.booked).id)

    def happen(self) -> None:
        """Something, if it can."""
        acts: list[Callable[[], None]] = [
            self.refund, self.out, self.unheard, self.dashboard, self.dispute, self.dispute, self.decide, self.decide,
            self.think_again, self.refund_fails, self.cancel, self.again, self.hand_over, self.hear, self.hear,
            self.housekeeping,
        ]  # fmt: skip
        act = self.chance.choice(acts)
        self.done.append(act.__name__)
        with suppress(StripeError, IndexError, Conflict, Invalid, TryAgain):
            act()

    def end(self) -> None:
        """Stripe answers again, and all that is to come has come."""
        self.shop.server.faults.clear()
        for _ in range(3):
            self.hear()
            self.housekeeping()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_a_bank_takes_and_when_all_adds_up_and_never_too_much_goes_back(
    shop: Shop, event: SchoolEvent, seed: int
) -> None:
    story = _Story(shop, event, random.Random(seed))  # noqa: S311 - what happens, not who may
    for _ in range(_STEPS):
        story.happen()
        assert faults_now(Books(shop)) == [], story.done
    story.end()
    payment = payment_of(story.booked)
    assert faults_in_the_end(Books(shop)) == [], story.done
    assert ledger_balance() == shop.balance(), story.done
    back = sum(line.back.amount for line in payment.lines)
    promised = sum(one.amount.amount for one in story.rows() if one.state is RefundState.ASKED)
    assert _income() == payment.amount.amount - payment.lost.amount - back + promised, story.done
    assert (payment.state is PaymentState.LOST) == bool(payment.lost.amount and not payment.disputes), story.done


def _income() -> int:
    sums = {"credit": 1, "debit": -1}
    return sum(
        sign * one.amount.amount
        for one in ledger()
        for side, sign in sums.items()
        if getattr(one, side) == "event_income"
    )
