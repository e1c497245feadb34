"""What is asked about payments of a family's own."""

from typing import Annotated

from pydantic import Field

from school_events.bookings.instalments.together import MOST_PAYMENTS
from school_events.core.http import ApiModel
from school_events.core.ids import OpaqueId


class Together(ApiModel):
    """Payments that are to be paid in one go."""

    payment_ids: Annotated[list[OpaqueId], Field(min_length=1, max_length=MOST_PAYMENTS)]
