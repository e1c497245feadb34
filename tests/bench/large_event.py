"""What a large event's lists cost: the money of 2,500 families, its refunds, a payout, who waits, who comes.

On tables in memory, whose answers are written down and given once more: the milliseconds are our own work with them,
that of reading them off the wire left out. Round trips to DynamoDB and what they bring do not depend on the machine.
"""

import inspect
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pynamodb.connection.base import Connection

from school_events.bookings import reading
from school_events.bookings import store as bookings
from school_events.bookings.model import Booking, BookingState, Place
from school_events.bookings.registers import reading as registers
from school_events.bookings.takings import service as takings
from school_events.bookings.waiting import reading as waiting
from school_events.bookings.waiting import store as turns
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Item
from school_events.core.money import NOTHING, pounds
from school_events.events import store as events
from school_events.events.model import Session
from school_events.payments import store as payments
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.ledger.rules import of_lines, of_payment
from school_events.payments.ledger.store import LedgerItem, ledger_item
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState
from school_events.payments.payouts import reading as payouts
from school_events.payments.payouts import store as payout_store
from school_events.payments.payouts.model import Payout, PayoutLine, PayoutShare, PayoutState
from school_events.payments.reconciliation.report import report
from school_events.payments.refunds import progress
from school_events.payments.refunds import store as refunds
from school_events.payments.refunds.model import Refund, RefundState
from tests.support import tables
from tests.support.contexts import a_context
from tests.unit.events.things import a_trip

EVENT = "event_bench"
FAMILIES, PLACES_WAITED_FOR, REFUNDED, PAID_OUT = 2_500, 1_000, 5_000, 5_000
"""Of each family a place and an instalment: 5,000 payments; their charges and fees: 10,000 entries of the ledger."""

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_BALANCE, _INCOME = LedgerAccount.STRIPE_BALANCE, LedgerAccount.EVENT_INCOME

_READS = frozenset({"GetItem", "BatchGetItem", "Query"})

type Figures = dict[str, float | int]


def run() -> Figures:
    """Round trips, seconds and the processor's seconds of each list."""
    with contextmanager(inspect.unwrap(tables.tables))():
        ctx = a_context(now=NOW, roles=frozenset({"finance", "school_admin"}))
        event = a_trip("published", EVENT, capacity=FAMILIES)
        events.event_item(ctx.school_id, event, stamp(ctx, "event.published")).save()
        session = Session(id="session-1", starts_at=ctx.now, ends_at=ctx.now + timedelta(hours=8))
        events.session_item(ctx.school_id, EVENT, session).save()
        _write(bookings.BookingItem, _bookings(ctx))
        paid = list(_payments(ctx))
        _write(payments.PaymentItem, (payments.payment_item(ctx, one, stamp(ctx, "payment.paid")) for one in paid))
        _write(LedgerItem, (ledger_item(ctx, entry) for one in paid for entry in _entries(one, ctx.now)))
        _write(turns.WaitingEntryItem, _turns(ctx))
        _write(refunds.RefundItem, _refunds(ctx))
        _a_payout(ctx)
        first = takings.of_event(ctx, EVENT, None)
        assert first.places is not None
        assert (first.places.paid, first.places.fees) == (FAMILIES * 2 * 1250, FAMILIES * 2 * 39)
        return {
            **_measured("money of 5,000 payments", lambda: takings.of_event(ctx, EVENT, None)),
            **_measured("money, the next page", lambda: takings.of_event(ctx, EVENT, first.next_cursor)),
            **_measured("how far 5,000 refunds are", lambda: progress.of_event(ctx, EVENT)),
            **_measured("a year of 10,000 entries", lambda: report(ctx, date(2026, 1, 1), date(2026, 12, 31))),
            **_measured("a page of a payout of 5,000", lambda: payouts.show(ctx, "po_1", None)),
            **_measured("who comes, a page of 2,500", lambda: reading.attendees(ctx, EVENT, 100, None)),
            **_measured("who waits, 1,000", lambda: waiting.turns_of_event(ctx, EVENT)),
            **_measured("a register of 2,500", lambda: registers.register(ctx, EVENT, "session-1")),
        }


def _measured(name: str, work: Callable[[], object]) -> Figures:
    """What a list costs: its round trips, what they bring, and our own work once it is there."""
    told: dict[str, Any] = {}
    dispatch = Connection.dispatch
    round_trips = 0

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        nonlocal round_trips
        round_trips += 1
        asked = json.dumps([operation, request], sort_keys=True)
        if operation not in _READS or asked not in told:
            told[asked] = dispatch(connection, operation, request)
        return told[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", dispatched)
        work()
        round_trips, began = 0, time.process_time()
        work()
        spent = time.process_time() - began
    brought = sum(len(json.dumps(answer)) for answer in told.values())
    return {
        f"large event: {name}, round trips": round_trips,
        f"large event: {name}, KiB": brought // 1024,
        f"large event: {name}, processor ms": spent * 1000,
    }


def _write[I: Item](kind: type[I], items: Iterable[I]) -> None:
    with kind.batch_write() as batch:
        for item in items:
            batch.save(item)


def _bookings(ctx: Context) -> Iterator[bookings.BookingItem]:
    for number in range(FAMILIES):
        booking = Booking(
            id=f"booking_{number:05}",
            event_id=EVENT,
            pupil_id=f"pupil-{number:05}",
            booked_by=f"contact-{number:05}",
            state=BookingState.CONFIRMED,
            price=pounds(2500),
            payment_id=f"payment_{number:05}_0",
            further_payments=(f"payment_{number:05}_1",),
            place=Place(event_id=EVENT, pool="term", number=number + 1),
            created_at=ctx.now,
        )
        yield bookings.booking_item(ctx.school_id, booking, stamp(ctx, "booking.confirmed"))


def _payments(ctx: Context) -> Iterator[Payment]:
    for number in range(FAMILIES):
        for part, purpose in enumerate((PaymentPurpose.PLACE, PaymentPurpose.INSTALMENT)):
            line = PaymentLine(
                reference=f"booking_{number:05}",
                part=f"instalment-{part + 1}" if part else "",
                event_id=EVENT,
                amount=pounds(1250),
            )
            yield Payment(
                id=f"payment_{number:05}_{part}",
                payer_id=f"contact-{number:05}",
                payer_alias=f"alias_{number:05}",
                purpose=purpose,
                lines=(line,),
                amount=line.amount,
                state=PaymentState.PAID,
                charge_id=f"ch_{number:05}_{part}",
                refunded=NOTHING,
                created_at=ctx.now,
                paid_at=ctx.now,
            )


def _entries(payment: Payment, now: datetime) -> tuple[LedgerEntry, ...]:
    parts = {line.key: line.amount for line in payment.lines}
    fee = (LedgerAccount.STRIPE_FEES, _BALANCE)
    return (
        *of_lines(payment, parts, LedgerKind.CHARGE, (_BALANCE, _INCOME), payment.charge_id, now),
        of_payment(payment, f"fee:{payment.charge_id}", LedgerKind.FEE, fee, pounds(39), payment.charge_id, now),
    )


def _turns(ctx: Context) -> Iterator[turns.WaitingEntryItem]:
    for number in range(PLACES_WAITED_FOR):
        entry = WaitingEntry(
            id=f"{number:05}",
            event_id=EVENT,
            pool="term",
            pupil_ids=(f"pupil-w-{number:05}",),
            joined_by=f"contact-w-{number:05}",
            joined_at=ctx.now + timedelta(seconds=number),
            state=WaitingState.WAITING,
        )
        yield turns._item(ctx.school_id, entry, stamp(ctx, "waiting.joined"), due_at=None)


def _refunds(ctx: Context) -> Iterator[refunds.RefundItem]:
    for number in range(REFUNDED):
        refund = Refund(
            id=f"refund_{number:05}",
            idempotency_key=f"rf:refund_{number:05}",
            payment_id=f"payment_r_{number:05}",
            line=f"booking_{number:05}",
            event_id=EVENT,
            amount=pounds(1250),
            state=RefundState.MADE,
            why="called_off",
            stripe_id=f"re_{number:05}",
            taken=True,
            asked_at=ctx.now,
        )
        yield refunds.refund_item(ctx, refund, stamp(ctx, "refund.made"))


def _a_payout(ctx: Context) -> None:
    payout = Payout(
        id="po_1",
        account_id="acct_1",
        amount=pounds(1250),
        state=PayoutState.PAID,
        created_at=ctx.now,
        arrives_on=ctx.now.date(),
        itemised=True,
    )
    payout_store._item(ctx, payout).save()
    lines = (
        PayoutLine(
            transaction_id=f"txn_{number:05}",
            source=f"ch_{number:05}",
            moved_at=ctx.now,
            payment_id=f"payment_{number:05}_0",
            pence=1211,
            parts=(PayoutShare(event_id=EVENT, kind=LedgerKind.CHARGE, pence=1250), PayoutShare(pence=-39)),
        )
        for number in range(PAID_OUT)
    )
    payout_store.keep_lines(ctx, payout.id, lines)
