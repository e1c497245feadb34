"""What a school's account at Stripe is, and what Stripe says of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import Category, Count, Flag, Instant, Kept, Purpose, Record, Retention, SchoolId
from school_events.payments.model import StripeId

_When = Annotated[datetime, Kept(Category.SCHOOL, Purpose.PAYING, Retention.CONTRACT)]


class AccountState(StrEnum):
    """Where a school's connection to Stripe stands.

    ::

        incomplete → ready ⇄ restricted
        any of them ⇄ disconnected
    """

    INCOMPLETE = "incomplete"
    READY = "ready"
    RESTRICTED = "restricted"
    DISCONNECTED = "disconnected"


class AccountSnapshot(Record):
    """What Stripe says of an account right now.

    Args:
        charges_enabled: whether it can take money.
        payouts_enabled: whether Stripe pays out to the school's bank.
        missing: how many details Stripe still wants of the school; which, is between the two.
        needed_by: until when, if Stripe says so, UTC.
    """

    charges_enabled: Flag
    payouts_enabled: Flag
    missing: Count
    needed_by: _When | None


class StripeAccount(Record):
    """A school's own account at Stripe (Connect, direct charges).

    Args:
        school_id: whose.
        account_id: Stripe's ``acct_…``.
        charges_enabled: whether it can take money, as Stripe last said.
        payouts_enabled: whether Stripe pays out to the school's bank, as it last said.
        missing: how many details Stripe still wants of the school.
        needed_by: until when, if Stripe said so, UTC.
        created_at: when it was connected, UTC.
        ready_at: when it could first take money, UTC.
        left_at: when we heard that the school has disconnected it, UTC; none once it is connected again.
        former: the accounts the school had before; what was paid to them goes back on them.
        version: rises with every change.
    """

    school_id: SchoolId
    account_id: StripeId
    charges_enabled: Flag
    payouts_enabled: Flag = False
    missing: Count = 0
    needed_by: _When | None = None
    created_at: Instant
    ready_at: _When | None = None
    left_at: _When | None = None
    former: tuple[StripeId, ...] = ()
    version: Count = 1

    @property
    def state(self) -> AccountState:
        """Where the connection stands."""
        if self.left_at is not None:
            return AccountState.DISCONNECTED
        if self.charges_enabled:
            return AccountState.READY
        return AccountState.INCOMPLETE if self.ready_at is None else AccountState.RESTRICTED
