"""What may come between a look and a writing, and looking again when it did."""

from school_events.core.again import again_if_stale
from school_events.core.errors import Conflict

__all__ = ["LookAgain", "again_if_stale"]


class LookAgain(Conflict):
    """Something looked at has moved before the bookings were written; another look may find a way."""

    slug = "look-again"
    title = "This changed just now"
