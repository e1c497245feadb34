"""What is asked with a contribution."""

from pydantic import Field

from school_events.core.http import ApiModel
from school_events.core.money import Money


class ContributionBody(ApiModel):
    """A contribution a family wants to give."""

    amount: Money | None = Field(default=None, description="What the event asks for unless given; at least 30p")
