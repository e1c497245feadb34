"""What is asked with a cancellation, and what is answered."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from school_events.bookings.model import Booking
from school_events.bookings.terms.rules import Decided
from school_events.core.http import ApiModel
from school_events.core.money import Money


class CancelBody(ApiModel):
    """What is asked besides that a booking be cancelled."""

    refund: Decided | None = Field(
        default=None,
        description="For the school: what goes back of what was paid; everything (`full`) unless given. "
        "Families always have what the policy says",
    )
    expected_refund: Money | None = Field(
        default=None, description="What the family was shown: if less would go back by now, nothing is cancelled (409)"
    )
    expected_state: Literal["pending", "confirmed"] | None = Field(
        default=None,
        description="The state that the family was shown. A place that has another by now, as a hold that was paid "
        "for a moment ago, is not cancelled, however often it is asked: the answer is 409 `not-as-seen`, and `errors` "
        "says which state it has. Read `GET …/cancellation`, show the family what cancelling brings now, and ask again "
        "with its `state`",
    )


class Cancelled(ApiModel):
    """What became of a booking; `expiring`: it ends within a minute, when Stripe's payment page has closed."""

    booking_id: str
    state: str
    refund: Money | None = Field(
        description="What goes back to who paid, to be seen by who booked and by finance staff; it is on its way"
    )


class StepView(ApiModel):
    """A step of the event's policy."""

    before: datetime = Field(description="So much goes back until just before")
    refund_percent: int
    refund: Money | None = None


class CancellationTerms(ApiModel):
    """What cancelling a booking would bring; nothing is cancelled by reading it."""

    booking_id: str
    state: str = Field(description="Where it stands; `expected_state` of who then cancels it")
    possible: bool = Field(description="Whether the caller can cancel it now")
    words: str = Field(description="What it would bring, or why it cannot be cancelled")
    until: datetime | None = Field(description="Just before this a family can still cancel; the school always can")
    refund_percent: int = Field(description="What goes back now of what was paid, by the policy")
    paid: Money | None = Field(default=None, description="For it, and not gone back; null for who does not see money")
    refund: Money | None = Field(default=None, description="What goes back now, by the policy")
    steps: list[StepView] = Field(description="The event's policy; after the last step nothing goes back")
    ends_too: list[str] = Field(description="The bookings that end with a hold, as they are to be paid with it")


def cancelled_view(booking: Booking, *, money: bool) -> Cancelled:
    """What became of a booking, with what goes back if that is to be shown."""
    refund = booking.cancellation.refund if booking.cancellation is not None else None
    return Cancelled(booking_id=booking.id, state=booking.state.value, refund=refund if money else None)
