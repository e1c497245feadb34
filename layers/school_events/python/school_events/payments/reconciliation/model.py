"""What a comparison of the ledger with Stripe knows, and finds."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from school_events.core.inventory import Instant, Record, ThingId
from school_events.payments.ledger.mirroring import Mirror
from school_events.payments.ledger.model import LedgerAccount
from school_events.payments.model import MONEY, StripeId

_Pence = Annotated[int, MONEY]


class Difference(Record):
    """Something that Stripe and the ledger say differently, although what was missed has been caught up.

    Args:
        id: names the account at Stripe, the thing there and the reason.
        account_id: the school's account at Stripe.
        source: the charge, refund, dispute, payout or balance transaction.
        mirror: why it moved.
        payment_id: the payment it belongs to, if it is one of ours.
        stripe_amount: what moved at Stripe, in pence.
        stripe_fee: what Stripe kept of it, in pence.
        ledger_amount: what the ledger says moved, in pence.
        ledger_fee: what the ledger says Stripe kept, in pence.
        seen_at: since when it is known, UTC.
        settled_at: when both said the same, UTC.
    """

    id: ThingId
    account_id: StripeId
    source: StripeId
    mirror: Annotated[Mirror, MONEY]
    payment_id: ThingId | None = None
    stripe_amount: _Pence
    stripe_fee: _Pence
    ledger_amount: _Pence
    ledger_fee: _Pence
    seen_at: Instant
    settled_at: Instant | None = None


class AccountBalance(Record):
    """What an account of the ledger comes to, in pence; above zero is what it has got."""

    account: Annotated[LedgerAccount, MONEY]
    pence: _Pence


class Closing(Record):
    """What the accounts of a school's ledger came to as a day began.

    Args:
        day: in London.
        balances: of every account that ever moved.
    """

    day: Annotated[date, MONEY]
    balances: tuple[AccountBalance, ...]


@dataclass(frozen=True)
class MoneyCheck:
    """An account at Stripe that is compared with the ledger every day.

    Args:
        school_id: whose.
        account_id: Stripe's ``acct_…``.
        checked_until: what moved before was compared, UTC.
    """

    school_id: str
    account_id: str
    checked_until: datetime
