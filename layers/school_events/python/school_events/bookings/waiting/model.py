"""What a turn on a waiting list is, and an offer."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import (
    Category,
    Count,
    Instant,
    Kept,
    PersonId,
    Purpose,
    Record,
    Retention,
    State,
    ThingId,
)

_TURN = Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.CONTRACT)
_NUMBER = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.CONTRACT)

_SEPARATOR = "~"


class WaitingState(StrEnum):
    """Where a turn stands; whatever is neither waiting nor offered is over.

    ::

        waiting → offered → accepted
        waiting → left            the family gave its turn up
        offered → declined        the family does not want the places
        offered → expired         nobody answered in time
        waiting | offered → lapsed    the child has left, or nobody with an open link to all of the children is there
        waiting | offered → over      booking has ended
    """

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    LEFT = "left"
    DECLINED = "declined"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    OVER = "over"


LIVE_TURNS = frozenset({WaitingState.WAITING, WaitingState.OFFERED})
"""The states in which a child has a turn, and in which it can neither have another nor a booking."""


class Offer(Record):
    """Places kept for a family until an instant.

    Args:
        numbers: of the places, one for each child.
        made_at: since when, UTC.
        until: by when it is to be accepted, UTC.
    """

    numbers: Annotated[tuple[int, ...], _NUMBER]
    made_at: Instant
    until: Instant


class WaitingEntry(Record):
    """A family's turn: one child, or several who come together or not at all.

    Args:
        id: ours, opaque.
        event_id: which event.
        pool: which places it waits for.
        pupil_ids: who waits.
        joined_by: the contact on whose account.
        joined_at: when, UTC; turns are in this order.
        state: where it stands.
        offer: the places that are kept for it, or were last.
        booking_ids: what it was accepted as.
        version: rises with every change.
    """

    id: ThingId
    event_id: ThingId
    pool: State
    pupil_ids: tuple[PersonId, ...]
    joined_by: PersonId
    joined_at: Instant
    state: Annotated[WaitingState, _TURN]
    offer: Offer | None = None
    booking_ids: tuple[ThingId, ...] = ()
    version: Count = 1

    @property
    def ref(self) -> str:
        """Names it to the outside: opaque there; event, pool and id here."""
        return _SEPARATOR.join((self.event_id, self.pool, self.id))

    def is_offered(self, at: datetime) -> bool:
        """Whether places are kept for it at an instant."""
        return self.state is WaitingState.OFFERED and self.offer is not None and at < self.offer.until


def named_by(ref: str) -> tuple[str, str, str]:
    """What a turn's name says: ``(event_id, pool, id)``; the last two are empty if it is no such name."""
    event_id, _, rest = ref.partition(_SEPARATOR)
    pool, _, entry_id = rest.partition(_SEPARATOR)
    return event_id, pool, entry_id
