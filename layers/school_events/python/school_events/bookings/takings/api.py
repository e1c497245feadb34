"""How finance staff are shown an event's money."""

from datetime import date

from pydantic import Field

from school_events.bookings.takings.rules import Takings
from school_events.core.http import ApiModel
from school_events.payments.model import Payment, PaymentPurpose


class TakingsView(ApiModel):
    """Sums in pence, as the ledger has them; `asked` is `paid` and `owed`, and `kept` is what is there of `paid`."""

    asked: int
    paid: int = Field(description="What came: `card`, `cash`, `vouchers` and `tax_free_childcare`")
    card: int = Field(description="By card or direct debit")
    cash: int
    vouchers: int
    tax_free_childcare: int
    owed: int
    overdue: int = Field(description="Of `owed`, what was to be paid by a day that is past")
    refunded: int = Field(description="Went back through Stripe")
    handed_over: int = Field(description="The school gave back itself")
    lost: int = Field(description="Payers' banks took back for good")
    kept: int = Field(description="The event's income in the ledger")
    fees: int = Field(description="Stripe's, for charges and disputes: not taken off the others")


class PartView(ApiModel):
    """A payment of a booking."""

    payment_id: str
    purpose: PaymentPurpose
    state: str
    due_on: date | None


class BookingMoneyView(ApiModel):
    """What one booking brought in."""

    booking_id: str
    state: str
    payer_id: str
    place: TakingsView
    contributions: TakingsView | None = Field(description="What was given of free will; for finance staff only")
    payments: list[PartView]


class EventMoneyView(ApiModel):
    """An event's money; sums over all of it come with the first page, and are null in the others."""

    event_id: str
    places: TakingsView | None
    contributions: TakingsView | None = Field(description="What was given of free will; for finance staff only")
    items: list[BookingMoneyView] = Field(description="Every booking there is or was, in the order they were made")
    next_cursor: str | None


def takings_view(takings: Takings) -> TakingsView:
    """As the API shows it."""
    return TakingsView(
        asked=takings.paid + takings.owed,
        paid=takings.paid,
        card=takings.card,
        cash=takings.cash,
        vouchers=takings.vouchers,
        tax_free_childcare=takings.tax_free_childcare,
        owed=takings.owed,
        overdue=takings.overdue,
        refunded=takings.refunded,
        handed_over=takings.handed_over,
        lost=takings.lost,
        kept=takings.kept,
        fees=takings.fees,
    )


def part_view(payment: Payment) -> PartView:
    """As the API shows it."""
    return PartView(payment_id=payment.id, purpose=payment.purpose, state=payment.state.value, due_on=payment.due_on)
