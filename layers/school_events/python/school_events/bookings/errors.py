"""What may come between a look at a household's places and the writing of its bookings."""

from school_events.core.errors import Conflict


class LookAgain(Conflict):
    """Something looked at has moved before the bookings were written; another look may find a way."""

    slug = "look-again"
    title = "This changed just now"
