"""What the Portal says of the people meanwhile: links cut and opened again."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.people import link_told, tell
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base


class People(Base):
    """Links."""

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

    def _tell(self, link: tuple[str, str], *, restricted: bool) -> None:
        self._version += 1
        tell(link_told(*link, restricted=restricted, version=self._version), now=self.model.now)
