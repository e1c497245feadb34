"""Money moves once in the ledger; payments change only as they were read, and are listed in order."""

from datetime import timedelta
from itertools import pairwise

from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.payments import store
from school_events.payments.accounts import store as accounts
from school_events.payments.accounts.model import StripeAccount
from school_events.payments.events import store as events
from school_events.payments.ledger import store as ledger
from school_events.payments.model import PaymentState
from school_events.payments.refunds import store as refunds
from school_events.payments.refunds.model import Refund, RefundState
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import a_change, a_payment, an_entry, outcome, written
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.tables import everything

HOUR = timedelta(hours=1)


def _keep(payment_id: str = "payment_1", hours: int = 0) -> None:
    store.payment_item(a_context(), a_payment(payment_id, NOW + hours * HOUR), a_change()).save()


def _connect(school_id: str, account_id: str) -> type[Exception] | None:
    account = StripeAccount(school_id=school_id, account_id=account_id, charges_enabled=True, created_at=NOW)
    return written(lambda one: accounts.connect(one, a_context(school_id), None, account, a_change()))


@broken_by(faults.checks_nothing)
def test_a_movement_is_entered_once_and_never_changed(engine: Engine) -> None:
    assert written(lambda one: ledger.enter(one, a_context(), an_entry())) is None
    before = everything()
    assert written(lambda one: ledger.enter(one, a_context(), an_entry(pence=9))) is StaleVersion
    ledger.enter_once(a_context(), an_entry(pence=9))
    assert everything() == before
    assert ledger.ledger_of_payment(SCHOOL, "payment_1") == [an_entry()]


@broken_by(faults.creates_what_is_new)
def test_a_movement_that_was_entered_takes_what_came_with_it_along(engine: Engine) -> None:
    _keep()
    ledger.enter_once(a_context(), an_entry())
    before = everything()
    read = store.find_payment(SCHOOL, "payment_1")
    paid = read.model_copy(update={"state": PaymentState.PAID})
    transaction = Transaction(a_context())
    store.replace(transaction, a_context(), read, paid, a_change())
    ledger.enter(transaction, a_context(), an_entry())
    assert outcome(transaction.commit) is StaleVersion
    assert everything() == before


@broken_by(faults.checks_nothing)
def test_of_two_who_change_a_payment_they_read_the_second_is_told(engine: Engine) -> None:
    _keep()
    read = store.find_payment(SCHOOL, "payment_1")
    for state, expected in ((PaymentState.PAID, None), (PaymentState.EXPIRED, StaleVersion)):
        after = read.model_copy(update={"state": state})
        refusal = written(lambda one: store.replace(one, a_context(), read, after, a_change()))  # noqa: B023 - called at once
        assert refusal is expected
    found = store.find_payment(SCHOOL, "payment_1")
    assert (found.state, found.version) == (PaymentState.PAID, read.version + 1)


@broken_by(faults.checks_nothing)
def test_a_school_has_one_stripe_account_and_an_account_one_school(engine: Engine) -> None:
    assert _connect(SCHOOL, "acct_1") is None
    before = everything()
    assert _connect(SCHOOL, "acct_2") is StaleVersion
    assert _connect("school-2", "acct_1") is StaleVersion
    assert everything() == before
    assert accounts.school_of_account("acct_1") == SCHOOL


def _a_refund() -> Refund:
    return Refund(
        id="late-booking_1",
        idempotency_key="late:booking_1",
        payment_id="payment_1",
        line="booking_1",
        amount=an_entry().amount,
        state=RefundState.ASKED,
        asked_at=NOW,
    )


@broken_by(faults.checks_nothing)
def test_a_refund_is_written_once_and_changes_only_from_where_it_was_read(engine: Engine) -> None:
    asked = _a_refund()
    made = asked.model_copy(update={"state": RefundState.MADE})
    for before, after, expected in (
        (None, asked, None),
        (None, asked, StaleVersion),
        (asked, made, None),
        (asked, asked, StaleVersion),
    ):
        refusal = written(lambda one: refunds.keep(one, a_context(), before, after, a_change()))  # noqa: B023 - called at once
        assert refusal is expected
    assert refunds.find_refund(SCHOOL, "payment_1", asked.id) == made


@broken_by(faults.checks_nothing)
def test_a_place_is_given_only_while_no_refund_is_written_down(engine: Engine) -> None:
    refund = _a_refund()
    for expected in (None, StaleVersion):
        found = written(lambda one: refunds.require_no_refund(one, SCHOOL, "payment_1", refund.id))
        assert found is expected
        refunds.refund_item(a_context(), refund, a_change()).save()


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_payments_are_listed_newest_first_and_after_the_last_one_seen(engine: Engine) -> None:
    for number in (2, 4, 1, 3):
        _keep(f"payment_{number}", hours=number)
    whole = [payment.id for payment, _ in store.payments_of_school(SCHOOL)]
    assert whole == ["payment_4", "payment_3", "payment_2", "payment_1"]
    first = list(store.payments_of_school(SCHOOL, limit=3))
    rest = list(store.payments_of_school(SCHOOL, limit=3, after=first[-1][1]))
    assert [payment.id for payment, _ in first] == whole[:3]
    assert [payment.id for payment, _ in rest] == whole[3:]


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_the_ledger_is_in_the_order_of_entry_from_an_instant_until_just_before_another(engine: Engine) -> None:
    hours = range(4)
    for number in (2, 0, 3, 1):
        ledger.enter_once(a_context(), an_entry(f"charge:{number}", NOW + number * HOUR))
    entries = list(ledger.ledger_of_school(SCHOOL))
    assert [entry.key for entry in entries] == [f"charge:{number}" for number in hours]
    for number, (since, until) in enumerate(pairwise(NOW + number * HOUR for number in hours)):
        assert list(ledger.ledger_of_school(SCHOOL, since, until)) == [entries[number]]


@broken_by(faults.lists_backwards)
def test_an_events_part_of_the_ledger_is_what_payments_of_it_alone_entered(engine: Engine) -> None:
    for number, event_id in enumerate(("event_2", "event_1", None, "event_1")):
        entry = an_entry(f"charge:{number}", NOW - number * HOUR).model_copy(update={"listed_with": event_id})
        ledger.enter_once(a_context(), entry)
    assert [entry.key for entry in ledger.ledger_of_event(SCHOOL, "event_1")] == ["charge:3", "charge:1"]
    assert list(ledger.ledger_of_event("school-2", "event_1")) == []


@broken_by(faults.finds_nothing)
def test_what_decides_is_read_as_it_is_now(engine: Engine) -> None:
    _keep()
    ledger.enter_once(a_context(), an_entry())
    _connect(SCHOOL, "acct_1")
    events.mark_event_done(SCHOOL, "acct_1", "evt_1", NOW)
    with database_with(faults.weak_reads_are_behind):
        assert list(store.payments_of_school(SCHOOL)) == [], "this one is an index"
        assert events.event_is_done(SCHOOL, "acct_1", "evt_1")
        assert events.done_among(SCHOOL, "acct_1", ["evt_1", "evt_2"]) == {"evt_1"}
        assert accounts.find_account(SCHOOL) is not None
        assert accounts.school_of_account("acct_1") == SCHOOL
        assert ledger.ledger_of_payment(SCHOOL, "payment_1") == [an_entry()]
        assert store.find_payment(SCHOOL, "payment_1").id == "payment_1"
