"""What a booking and a place are."""

from enum import StrEnum
from typing import Annotated

from school_events.core.inventory import (
    Amount,
    Category,
    Count,
    Flag,
    Instant,
    Kept,
    PersonId,
    Purpose,
    Record,
    Retention,
    State,
    ThingId,
)
from school_events.core.money import Money, pounds
from school_events.events.charging.model import Instalment

_ANSWER = Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.LEAVER)


class PlaceState(StrEnum):
    """Where a place stands.

    ::

        free → held → taken          free → taken
        held | taken → returned → offered | free | retired
        offered → held | taken | returned
    """

    FREE = "free"
    HELD = "held"
    TAKEN = "taken"
    RETURNED = "returned"
    OFFERED = "offered"
    RETIRED = "retired"


class BookingState(StrEnum):
    """Where a booking stands.

    ::

        pending → confirmed → cancelled
        pending → expiring → released | confirmed
        released → confirmed          money that came late, and the place was still free
    """

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRING = "expiring"
    RELEASED = "released"


LIVE = frozenset({BookingState.PENDING, BookingState.EXPIRING, BookingState.CONFIRMED})
"""The states in which a booking has a place, and in which no second one of the same child may exist."""


class Answer(Record):
    """What was answered to one question of the event's form.

    Args:
        question_id: which question.
        value: the answer as text; ``yes`` or ``no`` for a choice of two and for consent; several, for ``choices``.
        wording: for a consent, the digest of the exact words consented to.
    """

    question_id: ThingId
    value: Annotated[str | tuple[str, ...], _ANSWER]
    wording: Annotated[str, _ANSWER] | None = None


class Answers(Record):
    """A filled-in form: what, to which version, by whom, when (D3).

    Args:
        form_version: the version of the event's form.
        answers: one for each question answered.
        given_by: the contact who answered.
        given_at: when, UTC.
    """

    form_version: Annotated[int, _ANSWER]
    answers: tuple[Answer, ...]
    given_by: PersonId
    given_at: Instant


class OverCapacity(Record):
    """Why the school made a place beyond the capacity, and who decided it."""

    reason: Annotated[str, _ANSWER]
    decided_by: PersonId


class Place(Record):
    """A place of an event, as an item.

    Args:
        event_id: of which event.
        pool: which places are interchangeable: ``term`` for those of a whole event, ``session-…`` for those of one
            session, ``slots`` for the appointments of an evening, each of which is one of its kind, and ``extra-…``
            for those beyond the capacity of another pool.
        number: counts from 1.
        beyond: why it was made beyond the capacity, if it was.
    """

    event_id: ThingId
    pool: State
    number: Annotated[int, Kept(Category.TECHNICAL, Purpose.WORKING, Retention.CONTRACT)]
    beyond: OverCapacity | None = None


class Cancellation(Record):
    """How a booking came to be cancelled, and what goes back of what was paid for it.

    Args:
        at: when, UTC.
        by: ``family``, ``school``, or ``event``: the school cancelled the whole of it.
        decided: ``policy``, ``full`` or ``none``: what was to come back.
        refund: what does.
    """

    at: Instant
    by: State
    decided: State
    refund: Amount


class Booking(Record):
    """A child's place at an event.

    Args:
        id: ours, opaque.
        event_id: the event.
        pupil_id: the child.
        booked_by: the contact on whose account it was made.
        state: where it stands.
        price: what this child's place costs.
        due_later: the parts of the price that were not due with the booking.
        payment_id: what pays for it; none when it costs nothing.
        further_payments: what else is or was to be paid for it: first of each part that is due later, in their order,
            then contributions, and payments of several things together.
        place: the place it has or had.
        answers: the filled-in form, if the event has one; what it says of health is kept apart (``bookings.health``).
        consent_withdrawn: whether a parent withholds a consent that is required, or has taken one back.
        withheld: which consents those are, by question; not known of what was answered before it was noted.
        created_at: when, UTC.
        hold_until: until when an unpaid place waits, UTC.
        cancellation: how it came to be cancelled, if it is.
        anonymised: whether child and contact were replaced by random ids of this booking's own (H2).
        version: rises with every change.
    """

    id: ThingId
    event_id: ThingId
    pupil_id: PersonId
    booked_by: PersonId
    state: Annotated[BookingState, Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.CONTRACT)]
    price: Amount
    due_later: tuple[Instalment, ...] = ()
    payment_id: ThingId | None = None
    further_payments: tuple[ThingId, ...] = ()
    place: Place
    answers: Answers | None = None
    consent_withdrawn: Flag = False
    withheld: tuple[ThingId, ...] = ()
    created_at: Instant
    hold_until: Instant | None = None
    cancellation: Cancellation | None = None
    anonymised: Flag = False
    version: Count = 1

    @property
    def concerns(self) -> tuple[str, str]:
        """The event and the child: of several bookings that concern the same, families are told together."""
        return self.event_id, self.pupil_id

    @property
    def due_now(self) -> Money:
        """The part of the price that is due with the booking."""
        return pounds(self.price.amount - sum(part.amount.amount for part in self.due_later))
