"""Request and response models of the booking routes."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from school_events.bookings.answers import Filled
from school_events.bookings.instalments.rules import part
from school_events.bookings.model import LIVE, Answer, Booking
from school_events.bookings.rules import SLOTS, session_of
from school_events.core.http import ApiModel, WholeNumber
from school_events.core.ids import OpaqueId, PortalId
from school_events.core.money import Money
from school_events.events.charging.api import InstalmentView
from school_events.events.charging.model import Instalment
from school_events.events.evenings.api import SlotId
from school_events.events.evenings.rules import slot_id, slot_number
from school_events.events.forms.model import Form
from school_events.payments.model import Payment
from school_events.payments.rules import state_for_payer
from school_events.people.model import Pupil

MOST_ITEMS = 16
"""Two children with eight teachers each."""


def _text_or_texts(value: object) -> object:
    if isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        return value
    raise ValueError("must be text, or a list of texts")


GivenAnswer = Annotated[str | list[str], BeforeValidator(_text_or_texts)]


class FilledForm(ApiModel):
    """An event's form, filled in; empty if there is none."""

    answers: dict[OpaqueId, GivenAnswer] = Field(
        default_factory=dict,
        max_length=100,
        description="By question id; `yes` or `no` for consents, a list for choices",
    )
    form_version: WholeNumber | None = Field(
        default=None, description="The version of the form that was shown; required if the form has a consent"
    )

    @property
    def filled(self) -> Filled:
        """As the rules take it."""
        return Filled(self.answers, self.form_version)


class BookingWish(FilledForm):
    """A child to be booked."""

    pupil_id: PortalId
    session_id: OpaqueId | None = Field(
        default=None, description="The session, if the event's `places` are for one; a child may be named with several"
    )
    slot_id: SlotId | None = Field(
        default=None, description="At a parents' evening the appointment; a child may be named with several"
    )

    @property
    def slot(self) -> int | None:
        """The number of the slot, if one is named."""
        return None if self.slot_id is None else slot_number(self.slot_id)


class OverCapacityBody(ApiModel):
    """That places are to be made beyond the capacity, and why."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500, strict=True)]


class NewBooking(ApiModel):
    """A household's booking of one event: all of its children or none."""

    event_id: OpaqueId
    items: list[BookingWish] = Field(min_length=1, max_length=MOST_ITEMS)
    on_behalf_of: PortalId | None = Field(default=None, description="The contact, when an administrator books for them")
    over_capacity: OverCapacityBody | None = Field(
        default=None, description="For administrators, if no place is free: one is made beyond the capacity"
    )


class AnswerView(ApiModel):
    """What was answered to one question."""

    question_id: str
    prompt: str | None = Field(description="What was asked, word for word, in the version that was answered")
    value: str | list[str]


class DueLater(InstalmentView):
    """A part of a price that is due later, and how its payment stands."""

    payment_id: str | None = None
    state: str | None = None


class BookingView(ApiModel):
    """A booking; what it costs is shown to who made it and to finance staff only, so that no price tells (B8, C2)."""

    id: str
    event_id: str
    pupil_id: str
    state: str
    session_id: str | None = Field(description="The session the place is for; null if it is for the whole event")
    slot_id: str | None = Field(description="The appointment at a parents' evening")
    over_capacity: str | None = Field(
        default=None, description="For staff: why the school made this place beyond the capacity"
    )
    created_at: datetime
    mine: bool
    price: Money | None = None
    due_later: list[DueLater] | None = Field(
        default=None, description="The parts not due with the booking; none once it has ended"
    )
    payment_id: str | None = None
    hold_until: datetime | None = None
    refund: Money | None = Field(default=None, description="What goes back to who paid, once it is cancelled")
    answers: list[AnswerView] | None = None
    form_version: int | None = Field(default=None, description="Which version of the event's form was answered")
    consent_outdated: bool | None = Field(
        default=None, description="What was agreed to has changed since: the family is to be asked again"
    )
    consent_withdrawn: bool | None = Field(
        default=None, description="A parent withholds a consent that is required, or has taken one back"
    )


class ListedChild(ApiModel):
    """A child on a list, as staff see it."""

    pupil_id: str
    first_name: str
    last_name: str
    year_group: str | None
    registration_group: str | None
    left_on: date | None = Field(
        description="The child's last day at the school, if it leaves or has left: places after it are the school's to "
        "cancel"
    )


class Attendee(ListedChild):
    """A child on an event's list, as staff see it."""

    booking_id: str
    state: str
    created_at: datetime
    session_id: str | None = Field(description="The session the place is for; null if it is for the whole event")
    slot_id: str | None = Field(description="The appointment at a parents' evening")
    over_capacity: bool = Field(description="The school made this place beyond the capacity")
    consent_outdated: bool = Field(description="What the family agreed to has changed since")
    consent_withdrawn: bool = Field(description="A parent withholds a consent that is required, or has taken one back")
    booked_by: str | None = Field(description="The contact who booked, for administrators")


def listed_child(pupil: Pupil) -> ListedChild:
    """A child as every list shows it."""
    return ListedChild(
        pupil_id=pupil.id,
        first_name=pupil.first_name,
        last_name=pupil.last_name,
        year_group=pupil.year_group,
        registration_group=pupil.registration_group,
        left_on=pupil.left_on,
    )


def booking_view(
    booking: Booking,
    *,
    answers: bool,
    money: bool,
    mine: bool,
    form: Form | None = None,
    payments: Mapping[str, Payment] = MappingProxyType({}),
) -> BookingView:
    """A booking as the API shows it: at least how its place stands.

    Args:
        booking: what to show.
        answers: with what was answered to the form.
        money: with what it costs.
        mine: whether the caller booked it.
        form: the version of the form that was answered, for its words.
        payments: what is due later is shown with those of them that are for it; by their ids.
    """
    shown = BookingView(
        id=booking.id,
        event_id=booking.event_id,
        pupil_id=booking.pupil_id,
        state=booking.state.value,
        session_id=session_of(booking.place),
        slot_id=slot_id(booking.place.number) if booking.place.pool == SLOTS else None,
        created_at=booking.created_at,
        mine=mine,
    )
    seen = _money(booking, payments) if money else {}
    return shown.model_copy(update=(_answers(booking, form) if answers else {}) | seen)


def _answers(booking: Booking, form: Form | None) -> dict[str, Any]:
    given = booking.answers
    if given is None:
        return {"answers": []}
    prompts = {question.id: question.prompt for question in (form.questions if form is not None else ())}
    shown = [_answer(one, prompts.get(one.question_id)) for one in given.answers]
    return {"answers": shown, "form_version": given.form_version}


def _answer(answer: Answer, prompt: str | None) -> AnswerView:
    value = answer.value if isinstance(answer.value, str) else list(answer.value)
    return AnswerView(question_id=answer.question_id, prompt=prompt, value=value)


def _money(booking: Booking, payments: Mapping[str, Payment]) -> dict[str, Any]:
    later = enumerate(booking.due_later if booking.state in LIVE else (), start=2)
    return {
        "price": booking.price,
        "due_later": [_due_later(booking, number, one, payments) for number, one in later],
        "payment_id": booking.payment_id,
        "hold_until": booking.hold_until,
        "refund": None if booking.cancellation is None else booking.cancellation.refund,
    }


def _due_later(booking: Booking, number: int, due: Instalment, payments: Mapping[str, Payment]) -> DueLater:
    """A part with its payment; one that is, or is about to be, paid together with others stands as those do.

    Of one that was asked for anew, since its money went back, the latest.
    """
    mine = [payments[one] for one in reversed(booking.further_payments) if one in payments]
    paying = next((one for one in mine if [(booking.id, part(number))] == _paid_by(one)), None)
    if paying is None:
        return DueLater(amount=due.amount, due_on=due.due_on)
    standing = payments.get(paying.merged_into or "", paying)
    return DueLater(
        amount=paying.amount, due_on=due.due_on, payment_id=paying.id, state=state_for_payer(standing).value
    )


def _paid_by(payment: Payment) -> list[tuple[str, str]]:
    return [(line.reference, line.part) for line in payment.lines]
