"""Request and response models of the waiting list's routes."""

from datetime import datetime

from pydantic import Field

from school_events.bookings.api import FilledForm, ListedChild
from school_events.bookings.waiting.rules import RULE
from school_events.core.http import ApiModel, YesNo
from school_events.core.ids import OpaqueId, PortalId

MOST_CHILDREN = 10


class WaitingWish(ApiModel):
    """A child who is to wait for a place."""

    pupil_id: PortalId
    session_id: OpaqueId | None = Field(
        default=None, description="Required for a club whose places are for single sessions, not given otherwise"
    )


class NewWaiting(ApiModel):
    """A household's children, to wait for places of one event."""

    items: list[WaitingWish] = Field(min_length=1, max_length=MOST_CHILDREN)
    together: YesNo = Field(
        default=False, description="The children come together or not at all: one turn for all, of the same session"
    )
    on_behalf_of: PortalId | None = Field(default=None, description="The contact, when an administrator asks for them")


class JoinedView(ApiModel):
    """The turns that were taken, in the order asked; one, if the children come together."""

    waiting_ids: list[str]
    rule: str = Field(default=RULE, description="How places are given to those who wait, in words for families")


class AcceptedChild(FilledForm):
    """A child for whom an offer is accepted."""

    pupil_id: PortalId


class AcceptedOffer(ApiModel):
    """An offer accepted: the children it was made for, with their answers to the event's form."""

    items: list[AcceptedChild] = Field(min_length=1, max_length=MOST_CHILDREN)
    on_behalf_of: PortalId | None = Field(default=None, description="The contact, when an administrator accepts")


class TurnView(ApiModel):
    """How a turn stands."""

    id: str
    state: str = Field(
        description="`waiting`, `offered`; or over: `accepted`, `left`, `declined`, `expired`, `lapsed` (nobody could "
        "take it), `over` (booking has ended)"
    )


class FamilyTurnView(TurnView):
    """A turn of the caller's children; who else waits is not told."""

    event_id: str
    event_title: str | None
    session_id: str | None = Field(description="The session waited for, if places are for single ones")
    pupil_ids: list[str]
    together: bool
    mine: bool = Field(description="Whether the caller joined; the other parent may accept an offer all the same")
    joined_at: datetime
    families_before: int | None = Field(description="How many other families wait in front; null once it is offered")
    offered_until: datetime | None = Field(description="Accept by then: `POST /offers/{id}/accept`")
    rule: str = RULE


class ListedTurn(TurnView):
    """A turn on an event's list, in order."""

    session_id: str | None
    children: list[ListedChild]
    joined_at: datetime
    offered_until: datetime | None
