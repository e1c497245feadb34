"""What a refund is: money of one line to give back, written down before Stripe is asked."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Amount, Count, Flag, Instant, Record, State, ThingId
from school_events.payments.model import MONEY, StripeId


class RefundState(StrEnum):
    """Where a refund stands.

    ::

        asked → pending → made
        asked → made
        asked | pending | made → failed     refused for good, or the payer's bank sent it back, even days later
    """

    ASKED = "asked"
    PENDING = "pending"
    MADE = "made"
    FAILED = "failed"


class RefundWay(StrEnum):
    """How the money goes back: through Stripe, or handed over by the school itself."""

    STRIPE = "stripe"
    SCHOOL = "school"


class RefundTrouble(StrEnum):
    """What kept a refund from being made, where it is ours to say; of one that failed at Stripe it is Stripe's word."""

    DISPUTED = "charge_disputed"
    """It waits: the payer's bank disputes the payment. Stripe's own word, too."""

    ACCOUNT_LEFT = "account_left"
    """It waits, or nobody knows what became of it: the school has disconnected the account that was paid."""

    NO_ANSWER = "no_answer"
    """It waits, for long already: Stripe does not answer."""

    UNDER_WAY = "under_way_for_long"
    """Stripe says that it is under way, for longer than it lets a refund be."""

    GONE = "gone_otherwise"
    """It failed: the school gave the money back in Stripe's dashboard meanwhile."""

    TAKEN = "taken_by_bank"
    """It failed: the payer's bank has given them the money, since it was lost in a dispute."""

    REFUSED = "refused"
    """It failed: Stripe refused it without a code."""


class Refund(Record):
    """Money to give back for one line; written before Stripe is called (PAYMENTS.md 6).

    What was refunded in Stripe's dashboard is a refund of each line it is shared out over, all with Stripe's one id.

    Args:
        id: ours; unique in its payment.
        idempotency_key: what Stripe knows the request by.
        refusals: how often Stripe refused it so far; a refusal is kept under its key, so each needs another.
        payment_id: the payment it is part of.
        line: the key of the line it gives back; empty for money that is for none of them (paid twice).
        event_id: the event whose income the line is.
        amount: in pence.
        state: where it stands.
        through: how the money goes back.
        why: ``late``, ``called_off``, ``cancelled``, ``unpaid``, ``dashboard``, or why staff asked for it.
        charge_id: the charge at Stripe, if it is not the one that paid the payment.
        account_id: the account that was charged, likewise.
        stripe_id: Stripe's refund, once it has it.
        taken: whether it has left the school's balance at Stripe, be it that it came back since.
        trouble: what keeps it from being made, or why it failed.
        replaced_by: the refund that was asked for in its place, after it failed.
        asked_at: when, UTC.
    """

    id: ThingId
    idempotency_key: Annotated[str, MONEY]
    refusals: Count = 0
    payment_id: ThingId
    line: Annotated[str, MONEY]
    event_id: ThingId | None = None
    amount: Amount
    state: Annotated[RefundState, MONEY]
    through: Annotated[RefundWay, MONEY] = RefundWay.STRIPE
    why: State = ""
    charge_id: StripeId | None = None
    account_id: StripeId | None = None
    stripe_id: StripeId | None = None
    taken: Flag = False
    trouble: State | None = None
    replaced_by: ThingId | None = None
    asked_at: Instant

    @property
    def is_gone(self) -> bool:
        """Whether its money is with the payer, or on its way: Stripe's balance is without it."""
        return self.was_taken and self.state is not RefundState.FAILED

    @property
    def was_taken(self) -> bool:
        """Whether its money has ever left; one that was made before this was noted had."""
        return self.taken or self.state is RefundState.MADE

    @property
    def next_key(self) -> str:
        """The idempotency key it is asked with."""
        return f"{self.idempotency_key}:{self.refusals + 1}" if self.refusals else self.idempotency_key


class StripeRefund(Record):
    """What Stripe says of a refund right now, fetched and not taken from a message (PAYMENTS.md 3).

    Args:
        id: Stripe's ``re_…``.
        charge_id: what it gives back of.
        amount: in pence.
        status: in Stripe's word.
        taken: whether it is among the balance transactions.
        failure: why it failed, in Stripe's word.
        refund_id: ours, from the metadata; none of one made in the dashboard.
    """

    id: StripeId
    charge_id: StripeId
    amount: Amount
    status: State
    taken: Flag
    failure: State | None = None
    refund_id: ThingId | None = None
