"""Request and response models of the booking routes."""

from datetime import datetime
from typing import Any

from pydantic import Field

from school_events.bookings.model import Booking
from school_events.core.http import ApiModel
from school_events.core.ids import OpaqueId, PortalId
from school_events.core.money import Money
from school_events.events.charging.api import InstalmentView

MOST_CHILDREN = 10


class BookingWish(ApiModel):
    """A child to be booked."""

    pupil_id: PortalId
    answers: dict[OpaqueId, str] = Field(
        default_factory=dict, max_length=100, description="By question id; `yes` or `no` for consents"
    )


class NewBooking(ApiModel):
    """A household's booking of one event: all of its children or none."""

    event_id: OpaqueId
    items: list[BookingWish] = Field(min_length=1, max_length=MOST_CHILDREN)
    on_behalf_of: PortalId | None = Field(default=None, description="The contact, when an administrator books for them")


class AnswerView(ApiModel):
    """What was answered to one question."""

    question_id: str
    value: str


class BookingView(ApiModel):
    """A booking; what it costs is shown to who made it and to finance staff only, so that no price tells (B8, C2)."""

    id: str
    event_id: str
    pupil_id: str
    state: str
    created_at: datetime
    mine: bool
    price: Money | None = None
    due_later: list[InstalmentView] | None = Field(default=None, description="The parts not due with the booking")
    payment_id: str | None = None
    hold_until: datetime | None = None
    answers: list[AnswerView] | None = None


class Attendee(ApiModel):
    """A child on an event's list, as staff see it."""

    booking_id: str
    pupil_id: str
    first_name: str
    last_name: str
    year_group: str | None
    registration_group: str | None
    state: str
    created_at: datetime


class Register(ApiModel):
    """Who is expected at one session; nobody, if it is cancelled."""

    event_id: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    expected: list[Attendee]


def booking_view(booking: Booking, *, answers: bool, money: bool, mine: bool) -> BookingView:
    """A booking as the API shows it: at least how its place stands.

    Args:
        booking: what to show.
        answers: with what was answered to the form.
        money: with what it costs.
        mine: whether the caller booked it.
    """
    shown = BookingView(
        id=booking.id,
        event_id=booking.event_id,
        pupil_id=booking.pupil_id,
        state=booking.state.value,
        created_at=booking.created_at,
        mine=mine,
    )
    return shown.model_copy(update=(_answers(booking) if answers else {}) | (_money(booking) if money else {}))


def _answers(booking: Booking) -> dict[str, Any]:
    given = booking.answers.answers if booking.answers else ()
    return {"answers": [AnswerView(question_id=one.question_id, value=one.value) for one in given]}


def _money(booking: Booking) -> dict[str, Any]:
    return {
        "price": booking.price,
        "due_later": [InstalmentView.model_validate(part) for part in booking.due_later],
        "payment_id": booking.payment_id,
        "hold_until": booking.hold_until,
    }
