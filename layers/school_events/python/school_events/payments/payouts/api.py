"""How the school is shown its payouts."""

from datetime import date, datetime

from school_events.core.http import ApiModel
from school_events.core.money import Money
from school_events.payments.payouts.model import Payout, PayoutLine, PayoutShare


class ShareView(ApiModel):
    """What one event's money of one kind comes to in pence; below zero when it was taken off.

    A share of no event is a fee or none of School Events'; of no kind, the ledger cannot say yet.
    """

    event_id: str | None
    kind: str | None
    pence: int


class PayoutView(ApiModel):
    """Money that Stripe sent to the school's bank in one go; by event and kind once it is itemised.

    Below zero Stripe took it from the bank: so much the balance lacked after refunds or disputes.
    """

    id: str
    stripe_account: str
    amount: Money
    state: str
    created_at: datetime
    arrives_on: date
    failure: str | None
    itemised: bool
    shares: list[ShareView]


class PayoutLineView(ApiModel):
    """One charge, refund, dispute or other movement that a payout is made of; in pence, fees taken off."""

    transaction_id: str
    stripe_id: str
    moved_at: datetime
    payment_id: str | None
    pence: int
    parts: list[ShareView]


class PayoutPage(ApiModel):
    """A payout, with a page of what it is made of."""

    payout: PayoutView
    items: list[PayoutLineView]
    next_cursor: str | None


def payout_view(payout: Payout) -> PayoutView:
    """A payout as the API shows it."""
    return PayoutView(
        id=payout.id,
        stripe_account=payout.account_id,
        amount=payout.amount,
        state=payout.state.value,
        created_at=payout.created_at,
        arrives_on=payout.arrives_on,
        failure=payout.failure,
        itemised=payout.itemised,
        shares=[_share_view(one) for one in payout.shares],
    )


def line_view(line: PayoutLine) -> PayoutLineView:
    """A line as the API shows it."""
    return PayoutLineView(
        transaction_id=line.transaction_id,
        stripe_id=line.source,
        moved_at=line.moved_at,
        payment_id=line.payment_id,
        pence=line.pence,
        parts=[_share_view(one) for one in line.parts],
    )


def _share_view(share: PayoutShare) -> ShareView:
    return ShareView(event_id=share.event_id, kind=share.kind.value if share.kind else None, pence=share.pence)
