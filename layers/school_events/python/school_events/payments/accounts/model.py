"""What a school's account at Stripe is."""

from school_events.core.inventory import Flag, Instant, Record, SchoolId
from school_events.payments.model import StripeId


class StripeAccount(Record):
    """A school's own account at Stripe (Connect, direct charges).

    Args:
        school_id: whose.
        account_id: Stripe's ``acct_…``.
        charges_enabled: whether it can take money yet, as Stripe last said.
        created_at: when it was connected, UTC.
    """

    school_id: SchoolId
    account_id: StripeId
    charges_enabled: Flag
    created_at: Instant
