"""A round: what is asked for of very many families at once, worked off in the background."""

from typing import Annotated, Literal

from school_events.core.inventory import Category, Count, Instant, Kept, Purpose, Record, Retention, ThingId
from school_events.invitations.audience import Audience

RoundPurpose = Literal["invite", "remind"]
RoundState = Literal["waiting", "done", "stopped"]
"""``stopped``: the event was no longer published before everybody was reached."""

OF_A_ROUND = Kept(Category.ACTIVITY, Purpose.TARGETING, Retention.ROUND)
ASKED = Kept(Category.IDENTIFIER, Purpose.TARGETING, Retention.ROUND)
"""An audience may name pupils; it goes when the round is over."""


class RoundDetails(Record):
    """What was asked for; ``total`` is how many pupils it seemed to concern when it was asked."""

    id: ThingId
    event_id: ThingId
    purpose: Annotated[RoundPurpose, OF_A_ROUND]
    total: Count
    created_at: Instant


class Round(RoundDetails):
    """A round as it stands.

    ``reached`` counts whom it has reached; ``audience`` is whom it is for, and is gone once it is over.
    """

    state: Annotated[RoundState, OF_A_ROUND]
    reached: Count
    audience: Annotated[Audience | None, ASKED] = None
