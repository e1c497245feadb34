"""Reading an event's money: its bookings, their payments, and what these entered in the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

from school_events.bookings import store
from school_events.bookings.model import Booking
from school_events.bookings.takings import rules
from school_events.bookings.takings.api import BookingMoneyView, EventMoneyView, TakingsView, part_view, takings_view
from school_events.bookings.takings.rules import Takings
from school_events.core import cursors
from school_events.core.context import Context
from school_events.events import store as events
from school_events.payments import store as payments
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.ledger.rules import only_event_of
from school_events.payments.ledger.store import ledger_of_event, ledger_of_payment
from school_events.payments.listing import is_shown
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from school_events.people.readings import note_reading
from school_events.people.rules import today

PAGE = 50

_AT_ONCE = 8
"""So many payments' entries are read at the same time."""

_FEW = 8
"""For so many payments no threads are started."""

type _Of = tuple[Payment, dict[str, Takings]]


@dataclass(frozen=True)
class _Row:
    """What one booking brought in, and its payments."""

    booking: Booking
    place: Takings
    contributions: Takings
    payments: Sequence[Payment]


def of_event(ctx: Context, event_id: str, cursor: str | None) -> EventMoneyView:
    """An event's money: sums of all of it, and a page of its bookings; in the audit log (H6).

    The first page costs a read for some hundred bookings or payments and for some thousand entries of the ledger, and
    one more for each payment that is of several events; each other page one for each payment on it. What was
    booked a moment ago, or entered since its payment was paid, may be missing (indexes).

    Raises:
        NotFound: there is no such event.
        Invalid: the cursor is not one of this list.
    """
    events.find_event(ctx.school_id, event_id)
    scope = f"{ctx.school_id}/events/{event_id}/payments"
    after = cursors.open_cursor(cursor, scope)["after"] if cursor else ""
    is_whole = cursor is None
    found = store.bookings_of_event(ctx.school_id, event_id, after, at_once=None if is_whole else PAGE + 1)
    bookings = list(found if is_whole else islice(found, PAGE + 1))
    rows = _rows(ctx, event_id, bookings) if is_whole else _rows(ctx, None, bookings[:PAGE])
    shown = rows[:PAGE]
    note_reading(ctx, "payments.read", "event", event_id)
    return EventMoneyView(
        event_id=event_id,
        places=takings_view(_sum(row.place for row in rows)) if is_whole else None,
        contributions=_given(ctx, _sum(row.contributions for row in rows)) if is_whole else None,
        items=[_view(ctx, row) for row in shown],
        next_cursor=cursors.seal({"after": shown[-1].booking.id}, scope) if len(bookings) > PAGE else None,
    )


def _rows(ctx: Context, event_id: str | None, bookings: Sequence[Booking]) -> list[_Row]:
    """What bookings brought in; of which event they are, if they are all of it."""
    found = payments.find_payments(ctx.school_id, (one for booking in bookings for one in _payment_ids(booking)))
    entered = _entered(ctx.school_id, event_id, list(found.values()))
    day = today(ctx.now)
    brought = {one.id: (one, rules.of_payment(one, entered[one.id], day)) for one in found.values()}
    return [_row(booking, [brought[one] for one in _payment_ids(booking) if one in brought]) for booking in bookings]


def _payment_ids(booking: Booking) -> list[str]:
    named = (booking.payment_id, *booking.further_payments)
    return list(dict.fromkeys(one for one in named if one is not None))


def _entered(school_id: str, event_id: str | None, found: Sequence[Payment]) -> Mapping[str, Sequence[LedgerEntry]]:
    """What payments entered in the ledger: as it is listed with an event, if they are all of it; else one by one."""
    entered: dict[str, list[LedgerEntry]] = {one.id: [] for one in found}
    if event_id is not None:
        for entry in ledger_of_event(school_id, event_id):
            entered.setdefault(entry.payment_id or "", []).append(entry)
        found = [one for one in found if only_event_of(one) is None or not rules.is_all_there(one, entered[one.id])]
    payment_ids = [one.id for one in found]
    return entered | dict(zip(payment_ids, _ledgers(school_id, payment_ids), strict=True))


def _ledgers(school_id: str, payment_ids: Sequence[str]) -> list[list[LedgerEntry]]:
    """What each of some payments entered, in their order, read strongly."""
    read = partial(ledger_of_payment, school_id)
    if len(payment_ids) <= _FEW:
        return list(map(read, payment_ids))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        return list(threads.map(read, payment_ids))


def _row(booking: Booking, brought: Sequence[_Of]) -> _Row:
    given = {payment.id for payment, _ in brought if payment.purpose is PaymentPurpose.CONTRIBUTION}
    mine = [(payment, takings.get(booking.id, Takings())) for payment, takings in brought]
    return _Row(
        booking=booking,
        place=_sum(takings for payment, takings in mine if payment.id not in given),
        contributions=_sum(takings for payment, takings in mine if payment.id in given),
        # What was put together with others is in the payment it was put into.
        payments=[payment for payment, _ in brought if payment.state is not PaymentState.MERGED],
    )


def _sum(takings: Iterable[Takings]) -> Takings:
    return sum(takings, Takings())


def _given(ctx: Context, takings: Takings) -> TakingsView | None:
    """What was given of free will, as far as the caller may know (B8)."""
    return takings_view(takings) if ctx.has_role("finance") else None


def _view(ctx: Context, row: _Row) -> BookingMoneyView:
    return BookingMoneyView(
        booking_id=row.booking.id,
        state=row.booking.state.value,
        payer_id=row.booking.booked_by,
        place=takings_view(row.place),
        contributions=_given(ctx, row.contributions),
        payments=[part_view(one) for one in row.payments if is_shown(ctx, one)],
    )
