"""How the school is shown what moved between two days, and whether it is what Stripe says."""

from datetime import date, datetime

from school_events.core.http import ApiModel
from school_events.payments.reconciliation.model import Difference


class AccountView(ApiModel):
    """An account of the ledger: what it came to, what went in and out, what it comes to; in pence."""

    account: str
    opening: int
    came: int
    went: int
    closing: int


class EventIncomeView(ApiModel):
    """What an event's income changed by, in pence."""

    event_id: str
    title: str | None
    by_kind: dict[str, int]
    income: int


class DifferenceView(ApiModel):
    """Something that Stripe and the ledger say differently, in pence."""

    id: str
    stripe_id: str
    kind: str
    payment_id: str | None
    stripe_amount: int
    stripe_fee: int
    ledger_amount: int
    ledger_fee: int
    seen_at: datetime


class CheckedView(ApiModel):
    """Until when an account at Stripe was compared."""

    stripe_account: str
    until: datetime


class ReconciliationView(ApiModel):
    """What moved in a school's ledger between two days, and what of it is not what Stripe says."""

    first_day: date
    last_day: date
    accounts: list[AccountView]
    events: list[EventIncomeView]
    balanced: bool
    differences: list[DifferenceView]
    compared: list[CheckedView]


def difference_view(difference: Difference) -> DifferenceView:
    """As the API shows it."""
    return DifferenceView(
        id=difference.id,
        stripe_id=difference.source,
        kind=difference.mirror.value,
        payment_id=difference.payment_id,
        stripe_amount=difference.stripe_amount,
        stripe_fee=difference.stripe_fee,
        ledger_amount=difference.ledger_amount,
        ledger_fee=difference.ledger_fee,
        seen_at=difference.seen_at,
    )
