"""Request and response models of answering a form, and of reading answers and consents."""

from datetime import datetime

from pydantic import Field

from school_events.bookings.api import GivenAnswer
from school_events.bookings.consents.rules import ConsentState
from school_events.core.http import ApiModel, WholeNumber
from school_events.core.ids import OpaqueId
from school_events.events.forms.model import HealthMatter


class NewAnswers(ApiModel):
    """A form filled in anew, in the place of what was answered before."""

    form_version: WholeNumber = Field(description="The version of the form that was shown")
    answers: dict[OpaqueId, GivenAnswer] = Field(
        max_length=100,
        description="By question id: all of them from who booked, consents only from a child's other parent, and after "
        "the event. A consent is withdrawn by answering `no`: the place stays until it is cancelled",
    )


class Answered(ApiModel):
    """What became of a booking by its answers."""

    booking_id: str
    version: int
    form_version: int
    consent_withdrawn: bool = Field(description="A parent withholds a required consent, or has taken one back")


class GivenView(ApiModel):
    """What was answered to one question."""

    question_id: str
    prompt: str | None = Field(description="What was asked, word for word, in the version that was answered")
    sensitive: HealthMatter | None = Field(description="The answer is about health")
    value: str | list[str] | None = Field(description="Null if it cannot be read any more")


class AnswersView(ApiModel):
    """Everything that was answered for one booking; what is about health is erased 30 days after the event."""

    booking_id: str
    event_id: str
    pupil_id: str
    form_version: int | None = Field(description="Which version of the event's form was answered; null if none was")
    answered_at: datetime | None
    answers: list[GivenView]
    consent_outdated: bool = Field(description="What was agreed to has changed since: the family is to be asked again")
    consent_withdrawn: bool = Field(description="A parent withholds a required consent, or has taken one back")


class ChildAnswers(ApiModel):
    """What was told of one child's health for an event."""

    booking_id: str
    pupil_id: str
    first_name: str
    last_name: str
    answers: list[GivenView]
    consent_outdated: bool
    consent_withdrawn: bool


class ConsentView(ApiModel):
    """What a parent said to one consent at one time."""

    question_id: str
    prompt: str | None = Field(description="The words, in the version they were shown")
    wording: str = Field(description="The SHA-256 of those words, as it was kept")
    given: bool
    form_version: int
    at: datetime
    stands: bool = Field(description="Whether it is their last word on this consent")


class ContactConsents(ApiModel):
    """What one parent has said to the consents of a child's booking, oldest first."""

    contact_id: str
    state: ConsentState
    consents: list[ConsentView]


class ConsentsView(ApiModel):
    """The consents of one booking: a parent sees their own, of others only where they stand; the school sees all."""

    booking_id: str
    form_version: int | None = Field(description="The version asked now")
    consent_outdated: bool
    consent_withdrawn: bool
    mine: list[ConsentView] | None = Field(default=None, description="The calling parent's own, oldest first")
    my_state: ConsentState | None = None
    answers_all: bool | None = Field(
        default=None, description="Whether all of the form is the calling parent's to answer, or its consents only"
    )
    other_parents: list[ConsentState] | None = Field(default=None, description="Where others stand who have answered")
    contacts: list[ContactConsents] | None = Field(default=None, description="For the school")
