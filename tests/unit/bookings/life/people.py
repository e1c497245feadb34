"""What the Portal says of the people meanwhile: links cut and opened again, children who leave the school."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings.leavers import let_leavers_go
from tests.support.booked_world import as_system
from tests.support.people import portal_message, tell
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED, WHICH, pick
from tests.unit.bookings.life.links import Links

_LATE = 15
"""From which step on children leave: so that much happens before."""


class People(Base):
    """Links, and who is on roll."""

    def __init__(self) -> None:
        super().__init__()
        self._links = Links(world.LINKS, self.model.links, lambda: self.model.now)

    @precondition(lambda self: self.happened % 5 == 0)
    @rule(link=st.sampled_from(world.LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """A court order; what is booked stays."""
        self._links.cut(link)

    @precondition(lambda self: self._links.is_one_cut)
    @rule()
    def links_are_opened(self) -> None:
        """The orders end."""
        self._links.open_all()

    @precondition(lambda self: self.happened > _LATE and self.happened % 4 == 0 and len(self.model.on_roll) > 2)
    @rule(which=WHICH, killed=KILLED)
    def child_leaves(self, which: int, killed: int | None) -> None:
        """Turns, offers and holds go to others; what is booked stays."""
        self.time_passes(1)
        pupil, now = pick(sorted(self.model.on_roll), which), self.model.now
        tell(portal_message("PupilLeft", {"pupil_id": pupil, "left_on": "2026-11-20"}, version=9), now=now)
        self.act("leave the school", lambda: let_leavers_go(as_system(now), [pupil]), None, killed)
        self.model.child_leaves(pupil)
