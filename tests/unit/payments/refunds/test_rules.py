"""Whatever is asked, made, shared out and sent back, in whatever order: rows, payment, ledger and Stripe agree."""

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from school_events.core.errors import WrongState
from school_events.core.money import NOTHING, pounds
from school_events.payments import rules as payment_rules
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry
from school_events.payments.model import Checkout, Payment, PaymentLine, PaymentState, Stray
from school_events.payments.refunds import rules
from school_events.payments.refunds.model import Refund, RefundState, StripeRefund
from school_events.payments.rules import total
from tests.support.contexts import NOW

_LINES = (1250, 700, 33)
_CHARGED = sum(_LINES)


def _payment() -> Payment:
    lines = tuple(
        PaymentLine(reference=f"booking_{number}", event_id="event_1", amount=pounds(pence))
        for number, pence in enumerate(_LINES)
    )
    checkout = Checkout(attempt=1, account_id="acct_1", amount=total(lines), expires_at=NOW, return_url="https://app")
    return Payment(
        id="payment_1",
        payer_id="contact-1",
        payer_alias="alias_1",
        lines=lines,
        amount=total(lines),
        state=PaymentState.PAID,
        checkout=checkout,
        charge_id="ch_1",
        refunded=NOTHING,
        created_at=NOW,
    )


@dataclass
class _World:
    """What we have written, and what Stripe has."""

    payment: Payment = field(default_factory=_payment)
    rows: dict[str, Refund] = field(default_factory=dict)
    stripe: dict[str, StripeRefund] = field(default_factory=dict)
    ledger: list[LedgerEntry] = field(default_factory=list)

    def ask(self, line: int, pence: int) -> None:
        """Staff ask; refused if there is not so much."""
        key = self.payment.lines[line].key
        left = payment_rules.still_paid(self.payment, self.payment.lines[line]).amount
        try:
            self.payment = payment_rules.to_go_back(self.payment, key, pounds(pence))
        except WrongState:
            assert pence > left
            return
        row = Refund(
            id=f"refund_{len(self.rows)}",
            idempotency_key=f"rf:{len(self.rows)}",
            payment_id="payment_1",
            line=key,
            event_id="event_1",
            amount=pounds(pence),
            state=RefundState.ASKED,
            asked_at=NOW,
        )
        self.rows[row.id] = row

    def make(self, chosen: int, status: str) -> None:
        """Stripe makes one that is asked, if it lets us; we may not have heard of it yet."""
        waiting = [row for row in self.rows.values() if row.state is RefundState.ASKED and not self._is_there(row)]
        if waiting:
            row = waiting[chosen % len(waiting)]
            if row.amount.amount <= self._left():
                self._add(row.amount.amount, status, row.id)

    def _is_there(self, row: Refund) -> bool:
        return any(one.refund_id == row.id for one in self.stripe.values())

    def refund_in_dashboard(self, pence: int, status: str) -> None:
        """Somebody gives money back at Stripe."""
        if self._left():
            self._add(1 + pence % self._left(), status, None)

    def fail(self, chosen: int) -> None:
        """A refund comes back."""
        there = [one for one in self.stripe.values() if one.status != "failed"]
        if there:
            one = there[chosen % len(there)]
            self.stripe[one.id] = one.model_copy(update={"status": "failed", "failure": "lost_or_stolen_card"})

    def succeed(self, chosen: int) -> None:
        """One on its way arrives."""
        there = [one for one in self.stripe.values() if one.status == "pending"]
        if there:
            one = there[chosen % len(there)]
            self.stripe[one.id] = one.model_copy(update={"status": "succeeded", "taken": True})

    def hear(self, chosen: int) -> None:
        """Stripe tells of one refund, as it stands."""
        if self.stripe:
            self._settle(list(self.stripe.values())[chosen % len(self.stripe)])

    def hear_all(self) -> None:
        """Everything is heard of, oldest first."""
        for one in self.stripe.values():
            self._settle(one)

    def _settle(self, found: StripeRefund) -> None:
        moved = rules.settled(self.payment, list(self.rows.values()), found, NOW)
        if moved is None:
            return
        self.ledger += rules.entries_of(self.payment, moved.rows, NOW)
        self.payment = moved.payment
        self.rows |= {after.id: after for _, after in moved.rows}
        assert rules.settled(self.payment, list(self.rows.values()), found, NOW) is None, "told again it is no news"

    def _left(self) -> int:
        return _CHARGED - sum(one.amount.amount for one in self.stripe.values() if one.status != "failed")

    def _add(self, pence: int, status: str, refund_id: str | None) -> None:
        number = len(self.stripe)
        self.stripe[f"re_{number}"] = StripeRefund(
            id=f"re_{number}",
            charge_id="ch_1",
            amount=pounds(pence),
            status=status,
            taken=status == "succeeded" or bool(number % 2),
            refund_id=refund_id,
        )


_PENCE, _ANY = st.integers(1, 1400), st.integers(0, 50)
_STATUS = st.sampled_from(["succeeded", "pending"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 2), _PENCE),
        st.tuples(st.just("make"), _ANY, _STATUS),
        st.tuples(st.just("refund_in_dashboard"), _PENCE, _STATUS),
        st.tuples(st.just("fail"), _ANY),
        st.tuples(st.just("succeed"), _ANY),
        st.tuples(st.just("hear"), _ANY),
    ),
    max_size=25,
)


@given(_STEPS)
def test_rows_payment_ledger_and_stripe_agree_whatever_the_order(steps: list[tuple[str, ...]]) -> None:
    world = _World()
    for name, *given_ in steps:
        getattr(world, name)(*given_)
        _agrees_with_itself(world)
    world.hear_all()
    _agrees_with_itself(world)
    _agrees_with_stripe(world)


def _agrees_with_itself(world: _World) -> None:
    live: Counter[str] = Counter()
    for row in world.rows.values():
        live[row.line] += 0 if row.state is RefundState.FAILED else row.amount.amount
    for line in world.payment.lines:
        assert line.back.amount == live[line.key]
    gone = sum(row.amount.amount for row in world.rows.values() if row.is_gone and row.line)
    assert world.payment.refunded.amount == gone
    keys = [entry.key for entry in world.ledger]
    assert len(set(keys)) == len(keys), "a movement is entered once"


def _agrees_with_stripe(world: _World) -> None:
    ours: Counter[str] = Counter()
    for row in world.rows.values():
        if row.stripe_id is not None:
            ours[row.stripe_id] += row.amount.amount
            assert (row.state is RefundState.FAILED) == (world.stripe[row.stripe_id].status == "failed")
    assert ours == {one.id: one.amount.amount for one in world.stripe.values()}
    moved = sum(_to_stripe(entry) for entry in world.ledger)
    assert moved == -sum(one.amount.amount for one in world.stripe.values() if one.taken and one.status != "failed")


def _to_stripe(entry: LedgerEntry) -> int:
    sign = (entry.debit is LedgerAccount.STRIPE_BALANCE) - (entry.credit is LedgerAccount.STRIPE_BALANCE)
    return sign * entry.amount.amount


@given(st.integers(1, _CHARGED), st.lists(st.tuples(st.integers(0, 2), _PENCE), max_size=4))
def test_a_dashboards_refund_takes_first_what_nobody_asked_for(pence: int, asked: list[tuple[int, int]]) -> None:
    world = _World()
    for number, amount in asked:
        world.ask(number, amount)
    unasked = sum(payment_rules.still_paid(world.payment, line).amount for line in world.payment.lines)
    world.refund_in_dashboard(pence - 1, "succeeded")
    world.hear_all()
    for line in world.payment.lines:
        assert line.back.amount <= line.amount.amount, "never more is to go back than was paid"
    overtaken = [row for row in world.rows.values() if row.trouble == "gone_otherwise"]
    assert bool(overtaken) == (pence > unasked)


def test_a_refund_that_names_another_amount_than_ours_is_not_ours() -> None:
    world = _World()
    world.ask(0, 500)
    world.stripe["re_0"] = StripeRefund(
        id="re_0", charge_id="ch_1", amount=pounds(400), status="succeeded", taken=True, refund_id="refund_0"
    )
    world.hear_all()
    assert world.rows["refund_0"].state is RefundState.ASKED
    _agrees_with_stripe(world)


def test_money_of_no_line_leaves_the_lines_alone() -> None:
    world = _World()
    found = StripeRefund(id="re_9", charge_id="ch_other", amount=pounds(999), status="succeeded", taken=True)
    world.stripe["re_9"] = found
    world.hear_all()
    assert (world.payment.refunded, [line.back for line in world.payment.lines]) == (NOTHING, [NOTHING] * 3)
    [entry] = world.ledger
    assert (entry.debit, entry.amount) == (LedgerAccount.SUSPENSE, pounds(999))


def test_money_that_is_nobodys_goes_back_on_the_account_it_came_to() -> None:
    """Somebody gives back in the dashboard what came a second time, to the account that the school had before."""
    stray = Stray(charge_id="ch_2", session_id="cs_2", account_id="acct_before", amount=pounds(999))
    for paid in (_payment(), _payment().model_copy(update={"checkout": None, "charge_id": None})):
        world = _World(paid.model_copy(update={"strays": (stray,)}))
        found = StripeRefund(id="re_9", charge_id="ch_2", amount=pounds(999), status="succeeded", taken=True)
        world.stripe["re_9"] = found
        world.hear_all()
        [entry] = world.ledger
        assert (entry.debit, entry.stripe_account) == (LedgerAccount.SUSPENSE, "acct_before")


@given(st.sampled_from(["succeeded", "failed"]))
def test_an_answer_that_is_older_than_what_we_know_takes_nothing_back(decided: str) -> None:
    world = _World()
    world.ask(0, 500)
    world.make(0, "pending")
    (old,) = world.stripe.values()
    row = world.rows["refund_0"]
    for found in (old, old.model_copy(update={"status": decided})):
        moved = rules.settled(world.payment, [row], found, NOW)
        assert moved is not None
        world.payment, ((_, row),) = moved.payment, moved.rows
    assert rules.settled(world.payment, [row], old, NOW) is None
