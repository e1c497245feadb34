"""What the routes of invitations take and give."""

from datetime import datetime

from pydantic import Field

from school_events.core.http import ApiModel, YesNo
from school_events.invitations.audience import WholeAudience
from school_events.invitations.model import Invitation, InvitationState
from school_events.invitations.rounds.model import Round, RoundPurpose, RoundState
from school_events.people.model import YearGroup


class AudienceBody(ApiModel):
    """Whom to invite."""

    audience: WholeAudience


class InviteBody(AudienceBody):
    """Whom to invite, now or also later."""

    late_joiners: YesNo = Field(
        default=False,
        description="Also invite who comes to belong to the audience as long as booking is open. It may then name no "
        "pupils, and takes the place of an audience that stood for this event before",
    )


class InvitedPupil(ApiModel):
    """A pupil, as far as inviting needs to know: never what the rule asked."""

    pupil_id: str
    first_name: str
    last_name: str
    year_group: YearGroup | None
    registration_group: str | None


class PreviewedPupil(InvitedPupil):
    """A pupil the audience includes."""

    already_invited: bool


class YearCount(ApiModel):
    """How many of a year."""

    year_group: YearGroup | None
    count: int


class Preview(ApiModel):
    """Whom an audience includes, before anything is sent."""

    explanation: str = Field(description="The audience in words")
    count: int
    already_invited: int
    year_groups: list[YearCount]
    items: list[PreviewedPupil] = Field(description="All of them, by name")


class Invited(ApiModel):
    """How an audience was invited."""

    event_id: str
    matched: int = Field(description="How many pupils the audience includes")
    invited: int = Field(description="How many of them were not invited before, and now are")
    waiting: int = Field(
        default=0, description="How many more will be invited in the background; the event's invitations say how far"
    )


class Reminded(ApiModel):
    """Whom a reminder is for; it is sent in the background, to each family at most once a day."""

    event_id: str
    waiting: int = Field(description="How many invitations nobody has answered")


class InvitationRef(ApiModel):
    """An invitation and how it was answered."""

    id: str
    event_id: str
    pupil_id: str
    state: InvitationState


class InvitationView(InvitationRef):
    """An invitation in an event's list; without a pupil once they are gone."""

    created_at: datetime
    pupil: InvitedPupil | None
    seen: bool = Field(description="Whether a contact of the child has looked at it")


class Counts(ApiModel):
    """An event's invitations by what came of them: each is booked, declined or not answered."""

    invited: int = Field(description="All of them")
    seen: int = Field(description="Those that a contact of the child has looked at, whatever came of them")
    booked: int = Field(description="Those with a place, be it only held while it is paid for")
    declined: int
    no_answer: int


class RoundView(ApiModel):
    """Something asked for of many families at once, and how far it has come."""

    id: str
    purpose: RoundPurpose
    state: RoundState = Field(description="`stopped`: the event was closed before everybody was reached")
    total: int = Field(description="How many pupils it concerned when it was asked for")
    reached: int
    created_at: datetime


class LateJoiners(ApiModel):
    """The audience that stands for an event: who comes to belong to it is invited."""

    explanation: str = Field(description="The audience in words")
    since: datetime


class LateJoinersEnded(ApiModel):
    """No audience stands for the event any more."""

    event_id: str


class InvitationPage(ApiModel):
    """A page of an event's invitations."""

    items: list[InvitationView]
    counts: Counts | None = Field(description="Of all of them, on the first page only")
    rounds: list[RoundView] | None = Field(
        default=None, description="The latest that were worked off in the background, on the first page only"
    )
    late_joiners: LateJoiners | None = Field(
        default=None, description="Whom the event invites by itself, on the first page only"
    )
    next_cursor: str | None = None


def round_view(asked: Round) -> RoundView:
    """A round as it is shown: how far it is, not whom it is for."""
    return RoundView(
        id=asked.id,
        purpose=asked.purpose,
        state=asked.state,
        total=asked.total,
        reached=asked.reached,
        created_at=asked.created_at,
    )


def invitation_ref(invitation: Invitation) -> InvitationRef:
    """An invitation as it is shown."""
    return InvitationRef(
        id=invitation.id, event_id=invitation.event_id, pupil_id=invitation.pupil_id, state=invitation.state
    )
