"""What the route of appointments gives."""

from datetime import datetime

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.events.evenings.api import SlotStaff


class AppointmentView(ApiModel):
    """An appointment that somebody has, UTC."""

    booking_id: str
    slot_id: str
    starts_at: datetime
    ends_at: datetime
    pupil_id: str
    first_name: str = Field(description="The child's; empty once they are forgotten")
    last_name: str
    staff: list[SlotStaff] = Field(description="Whom the family meets; several sit together")
    room: str | None
    video_link: str | None
    mine: bool | None = Field(default=None, description="For parents: whether they booked it, or somebody else did")
