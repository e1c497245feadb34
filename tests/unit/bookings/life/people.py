"""What the Portal says of the people meanwhile: links cut and opened again, children who leave the school."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings.leavers import let_leavers_go
from tests.support.booked_world import as_system
from tests.support.people import link_told, portal_message, tell
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED, WHICH, pick

_LATE = 15
"""From which step on children leave: so that much happens before."""


class People(Base):
    """Links, and who is on roll."""

    def __init__(self) -> None:
        super().__init__()
        self._version = 1

    @precondition(lambda self: self.happened % 5 == 0)
    @rule(link=st.sampled_from(world.LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """A court order; what is booked stays."""
        self._tell(link, restricted=True)
        self.model.links.discard(link)

    @precondition(lambda self: len(self.model.links) < len(world.LINKS))
    @rule()
    def links_are_opened(self) -> None:
        """The orders end."""
        for link in sorted(set(world.LINKS) - self.model.links):
            self._tell(link, restricted=False)
        self.model.links |= set(world.LINKS)

    @precondition(lambda self: self.happened > _LATE and self.happened % 4 == 0 and len(self.model.on_roll) > 2)
    @rule(which=WHICH, killed=KILLED)
    def child_leaves(self, which: int, killed: int | None) -> None:
        """Turns, offers and holds go to others; what is booked stays."""
        self.time_passes(1)
        pupil, now = pick(sorted(self.model.on_roll), which), self.model.now
        tell(portal_message("PupilLeft", {"pupil_id": pupil, "left_on": "2026-11-20"}, version=9), now=now)
        self.act("leave the school", lambda: let_leavers_go(as_system(now), [pupil]), None, killed)
        self.model.child_leaves(pupil)

    def _tell(self, link: tuple[str, str], *, restricted: bool) -> None:
        self._version += 1
        tell(link_told(*link, restricted=restricted, version=self._version), now=self.model.now)
