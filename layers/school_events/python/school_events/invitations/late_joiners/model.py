"""Audiences that stand: whoever comes to belong to one while booking is open is invited (C3)."""

from typing import Annotated

from school_events.core.inventory import Category, Instant, Kept, Purpose, Record, Retention, ThingId
from school_events.invitations.audience import Audience

STANDS = Kept(Category.SCHOOL, Purpose.TARGETING, Retention.BOOKING_OPEN)


class StandingDetails(Record):
    """For which event an audience stands, and since when."""

    event_id: ThingId
    since: Instant


class StandingAudience(StandingDetails):
    """An audience that stands; it names no pupil."""

    audience: Annotated[Audience, STANDS]
