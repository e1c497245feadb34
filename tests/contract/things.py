"""Small things to write, and what came of writing them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from school_events.bookings.model import Booking, BookingState, Place
from school_events.core.change import Change, stamp
from school_events.core.dynamodb import Key, Refused, Transaction
from school_events.core.errors import SchoolEventsError
from school_events.core.feed import FeedRow
from school_events.core.money import NOTHING, pounds
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.model import Payment, PaymentLine, PaymentState
from tests.support.contexts import NOW, a_context

EVENT = "event_1"

_PARTITION = "SCH#school-1#FEED#contact#contact-1"


def a_row(sk: str, what: str = "created") -> FeedRow:
    """A simple item."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return FeedRow(_PARTITION, sk, thing="booking", thing_id="b", what=what, at=at, expires_at=1)


def row_key(sk: str) -> Key[FeedRow]:
    """Names it."""
    return Key(FeedRow, _PARTITION, sk)


def outcome(act: Callable[[], object]) -> type[Exception] | None:
    """With what kind of refusal something ends; ``None`` if it is done."""
    try:
        act()
    except (SchoolEventsError, Refused) as refusal:
        return type(refusal)
    return None


def written(add: Callable[[Transaction], object]) -> type[Exception] | None:
    """The :func:`outcome` of a transaction of its own."""
    transaction = Transaction(a_context())
    add(transaction)
    return outcome(transaction.commit)


def a_change() -> Change:
    """A stamp."""
    return stamp(a_context(), "thing.changed")


def a_booking(booking_id: str = "booking_1", pupil_id: str = "pupil-1", event_id: str = EVENT) -> Booking:
    """A hold of an event's first place, for a quarter of an hour from ``NOW``."""
    return Booking(
        id=booking_id,
        event_id=event_id,
        pupil_id=pupil_id,
        booked_by="contact-1",
        state=BookingState.PENDING,
        price=pounds(1250),
        place=Place(event_id=event_id, pool="term", number=1),
        created_at=NOW,
        hold_until=NOW + timedelta(minutes=15),
    )


def a_payment(payment_id: str = "payment_1", created_at: datetime = NOW) -> Payment:
    """A payment of one line nobody has begun to pay."""
    line = PaymentLine(reference="booking_1", event_id=EVENT, amount=pounds(1250))
    return Payment(
        id=payment_id,
        payer_id="contact-1",
        lines=(line,),
        amount=line.amount,
        state=PaymentState.CREATED,
        refunded=NOTHING,
        created_at=created_at,
    )


def an_entry(key: str = "charge:1", at: datetime = NOW, pence: int = 1250) -> LedgerEntry:
    """Money that came in."""
    return LedgerEntry(
        key=key,
        at=at,
        kind=LedgerKind.CHARGE,
        debit=LedgerAccount.STRIPE_BALANCE,
        credit=LedgerAccount.EVENT_INCOME,
        amount=pounds(pence),
        payment_id="payment_1",
        event_id=EVENT,
        reference="booking_1",
        payer="alias_1",
        stripe_id="ch_1",
    )
