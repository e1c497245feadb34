"""What the routes of places give."""

from pydantic import Field

from school_events.core.http import ApiModel


class PlaceCounts(ApiModel):
    """How the places of an event, or of one session of it, stand."""

    session_id: str | None = Field(description="null if places are for the whole event")
    capacity: int
    booked: int = Field(description="Within the capacity; those made beyond it are counted apart")
    held: int = Field(description="Waiting for their payment")
    offered: int = Field(description="Kept for families of the waiting list")
    free: int = Field(description="Those among them that are about to be offered or freed")
    over_capacity: int = Field(description="Made by the school beyond the capacity, booked or held")
    too_many: int = Field(description="More than the capacity, since it was lowered after they were booked")
