"""What the Portal says meanwhile: a parent has nothing to do with a child any more, while money is on its way."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.unit.bookings.life.links import Links
from tests.unit.payments.life.base import Base
from tests.unit.payments.life.families import HOUSEHOLDS

LINKS = sorted({(f"contact-{by}", pupil) for by, pupils in HOUSEHOLDS for pupil in pupils})
"""Of those who book: a contact and a child."""


class Portal(Base):
    """Links that are cut, and opened again."""

    def __init__(self) -> None:
        super().__init__()
        self.links = Links(LINKS, set(LINKS), lambda: self.scene.now)

    @precondition(lambda self: self.happened > 4)
    @rule(link=st.sampled_from(LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """Whatever the parent has booked, owes, or has just paid for the child."""
        self.links.cut(link)
        self.acts["link is cut"] += 1

    @precondition(lambda self: self.links.is_one_cut)
    @rule()
    def links_are_open_again(self) -> None:
        """The orders ended."""
        self.links.open_all()
