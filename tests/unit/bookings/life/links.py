"""What the Portal says of families' links meanwhile: cut by a court's order, and opened again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.support.people import link_told, tell

type Link = tuple[str, str]
"""A contact and a child."""


@dataclass
class Links:
    """The links of a life, as the Portal tells of them and as the model has them.

    Args:
        every: all there are.
        open_ones: the model's: those that are not cut.
        now: the moment of the life, UTC.
        version: of the Portal's last word; rises with each.
    """

    every: Sequence[Link]
    open_ones: set[Link]
    now: Callable[[], datetime]
    version: int = 1

    @property
    def is_one_cut(self) -> bool:
        """Whether there is something to open again."""
        return len(self.open_ones) < len(self.every)

    def cut(self, link: Link) -> None:
        """The Portal says that this contact has nothing to do with this child any more."""
        self._tell(link, restricted=True)
        self.open_ones.discard(link)

    def open_all(self) -> None:
        """The Portal says that the orders ended."""
        for link in sorted(set(self.every) - self.open_ones):
            self._tell(link, restricted=False)
            self.open_ones.add(link)

    def _tell(self, link: Link, *, restricted: bool) -> None:
        self.version += 1
        tell(link_told(*link, restricted=restricted, version=self.version), now=self.now())
