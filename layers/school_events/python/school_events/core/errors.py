"""Everything that can go wrong and that a caller may be told.

::

    SchoolEventsError
    ├── Unauthenticated          401  no token, or one that proves nothing
    ├── Forbidden                403  the role may not
    ├── NotFound                 404  not there, or somebody else's: the answer is the same (I2)
    ├── Conflict                 409  what is asked cannot be done in the present state
    │   ├── NoFreePlace
    │   ├── AlreadyBooked
    │   ├── WrongState
    │   │   ├── NotAsSeen         (bookings.terms) a booking stands otherwise than its family was shown
    │   │   └── PaidMeanwhile     (payments) what was to be changed was paid, or its bank is about to pay
    │   ├── PaymentsNotReady
    │   │   └── AccountLeft       (payments) the school has disconnected its Stripe account
    │   ├── SlotTaken             (bookings.appointments)
    │   ├── AppointmentClash      (bookings.appointments)
    │   ├── FamilyLimit           (bookings.appointments)
    │   ├── TooLateToCancel       (bookings.terms)
    │   ├── RefundIsLess          (bookings.terms)
    │   ├── PlacesAreFree         (bookings.waiting)
    │   ├── AnsweredMeanwhile     (core.requests) the same request was answered while this one was under way
    │   ├── TooManyDevices        (notifications)
    │   ├── AlreadyInvited        (invitations) never told: the pupil is counted
    │   └── LookAgain             (bookings) never told: it is looked at again
    │       ├── PlaceGone         another place is tried
    │       ├── HouseholdChanged  the price is worked out again
    │       └── DiaryChanged      (bookings.appointments) the family's time is looked at again
    ├── StaleVersion             412  changed by somebody else since it was read
    ├── TooLarge                 413
    ├── UnsupportedMediaType     415
    ├── Invalid                  422  names the fields to blame
    │   ├── KeyReused            422  an Idempotency-Key used again for another request
    │   └── AsAnother            422  the caller asks as a parent what is for staff, or the other way round
    └── TryAgain                 503  too busy, or a service we need did not answer
        └── NotAsked              (payments) never told: others waited for Stripe in vain, so this stays due

Only ``core.http`` turns a kind into a status. No message carries personal data or what was sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self


class ErrorKind(StrEnum):
    """What sort of failure it is, for the one place that knows statuses."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    STALE = "stale"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INVALID = "invalid"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True)
class FieldError:
    """A field to blame (dotted path from the body's root) and what is wrong with it, without its value."""

    field: str
    message: str


@dataclass(frozen=True)
class Obstacle:
    """An appointment of the caller's own that stands in the way of what a field asks for; instants in UTC."""

    field: str
    booking_id: str
    slot_id: str
    starts_at: datetime
    ends_at: datetime


class SchoolEventsError(Exception):
    """The root of the tree: ``detail`` is a sentence for a person, ``fields`` the fields to blame."""

    kind: ClassVar[ErrorKind]
    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, detail: str = "", *, fields: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.fields = tuple(fields)


class Unauthenticated(SchoolEventsError):
    """The access token is missing or proves nothing (I1)."""

    kind = ErrorKind.UNAUTHENTICATED
    slug = "unauthenticated"
    title = "Sign in first"


class Forbidden(SchoolEventsError):
    """The caller's role may not do this (I2)."""

    kind = ErrorKind.FORBIDDEN
    slug = "forbidden"
    title = "Your role may not do this"


class NotFound(SchoolEventsError):
    """Not there, or somebody else's: both answer alike (I2)."""

    kind = ErrorKind.NOT_FOUND
    slug = "not-found"
    title = "There is no such thing"


class Conflict(SchoolEventsError):
    """The present state does not allow it; ``in_the_way`` is what of the caller's own does not."""

    kind = ErrorKind.CONFLICT
    slug = "conflict"
    title = "This cannot be done now"

    def __init__(
        self, detail: str = "", *, fields: Sequence[FieldError] = (), in_the_way: Sequence[Obstacle] = ()
    ) -> None:
        super().__init__(detail, fields=fields)
        self.in_the_way = tuple(in_the_way)


class NoFreePlace(Conflict):
    """The event is full (D1)."""

    slug = "no-free-place"
    title = "There is no free place"


class AlreadyBooked(Conflict):
    """The child already has a live booking of this event (D1)."""

    slug = "already-booked"
    title = "This child has a place already, or waits for one"


class WrongState(Conflict):
    """The thing's state does not allow the action."""

    slug = "wrong-state"
    title = "The present state does not allow this"


class PaymentsNotReady(Conflict):
    """The school cannot take payments yet: its Stripe account is missing or not enabled."""

    slug = "payments-not-ready"
    title = "The school cannot take payments yet"


class StaleVersion(SchoolEventsError):
    """Somebody else changed it since it was read (B2)."""

    kind = ErrorKind.STALE
    slug = "stale-version"
    title = "It has changed since you read it"


class TooLarge(SchoolEventsError):
    """The body is larger than 256 KB."""

    kind = ErrorKind.TOO_LARGE
    slug = "too-large"
    title = "The request is too large"


class UnsupportedMediaType(SchoolEventsError):
    """The body is not JSON."""

    kind = ErrorKind.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-media-type"
    title = "Send application/json"


class Invalid(SchoolEventsError):
    """The request does not make sense; ``fields`` names what to correct (I6)."""

    kind = ErrorKind.INVALID
    slug = "invalid"
    title = "The request is not valid"

    @classmethod
    def of(cls, field: str, message: str) -> Self:
        """One field to blame."""
        return cls(fields=[FieldError(field, message)])


class KeyReused(Invalid):
    """The Idempotency-Key was used before for a different request."""

    slug = "idempotency-key-reused"
    title = "This Idempotency-Key belongs to another request"


class AsAnother(Invalid):
    """A field that is for parents, or for staff, which the caller is not: whoever is both is asked as the other too."""

    slug = "for-another-role"
    title = "This is for parents, or for the school, and you ask as the other"


class TryAgain(SchoolEventsError):
    """Too busy, or a service we need did not answer; asking again is safe."""

    kind = ErrorKind.TRY_AGAIN
    slug = "try-again"
    title = "Please try again shortly"
