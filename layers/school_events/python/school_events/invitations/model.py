"""A pupil's invitation to an event, seen by every contact with an open link to the pupil (C1)."""

from datetime import datetime
from typing import Annotated, Literal

from school_events.core.inventory import Category, Count, Instant, Kept, PersonId, Purpose, Record, Retention, ThingId

InvitationState = Literal["invited", "declined"]

SEEN = Kept(Category.ACTIVITY, Purpose.TARGETING, Retention.LEAVER)
ANSWERED = Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.LEAVER)
Answered = Annotated[InvitationState, ANSWERED]

_SEPARATOR = "~"


class InvitationDetails(Record):
    """Who is invited to what, and since when."""

    event_id: ThingId
    pupil_id: PersonId
    created_at: Instant


class Invitation(InvitationDetails):
    """An invitation as it stands; ``version`` counts its changes.

    ``seen_at`` is when a contact of the child first looked at it, whoever that was.
    """

    state: Answered
    version: Count
    seen_at: Annotated[datetime | None, SEEN] = None

    @property
    def id(self) -> str:
        """Names it to the outside: opaque there, event and pupil here."""
        return invitation_id(self.event_id, self.pupil_id)


def invitation_id(event_id: str, pupil_id: str) -> str:
    """The id of a pupil's invitation to an event; there is at most one."""
    return f"{event_id}{_SEPARATOR}{pupil_id}"


def event_and_pupil(invitation_id: str) -> tuple[str, str]:
    """What an invitation's id names: ``(event_id, pupil_id)``; the pupil is empty if it is no such id."""
    event_id, _, pupil_id = invitation_id.partition(_SEPARATOR)
    return event_id, pupil_id
