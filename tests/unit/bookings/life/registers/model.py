"""A plain model of a session's register: what was said of a child, who is absent, and what its family knows (D7)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from school_events.core.errors import WrongState
from tests.unit.bookings.life.model import Refusal

_OPENS_BEFORE = timedelta(hours=4)
_SKEW = timedelta(minutes=5)
_ALARM_FOR = timedelta(hours=12)


@dataclass(frozen=True)
class Said:
    """A mark, as a device has it: by whom, of which child, when by the device's clock."""

    id: str
    by: str
    child: str
    state: str
    at: datetime
    collected_by: str | None = None
    replaces: str | None = None


@dataclass
class Place:
    """A child's place: what was said of the child while it had it, and the family's alarm.

    Args:
        child: whose.
        is_had: whether it was not given up.
        said: marks that count, as far as they are of the session's time.
        refused: marks that tell of somebody who may not collect the child.
        is_alarmed: whether the family was last told that the child is absent.
    """

    child: str
    is_had: bool = True
    said: dict[str, Said] = field(default_factory=dict)
    refused: dict[str, Said] = field(default_factory=dict)
    is_alarmed: bool = False

    @property
    def has_entry(self) -> bool:
        """Whether anything was said."""
        return bool(self.said or self.refused)


@dataclass
class Register:
    """The register of one session.

    Args:
        starts_at: when the session begins.
        ends_at: when it ends.
        links: open ones, as (contact, child).
        now: the moment.
        places: all there were, by booking.
    """

    starts_at: datetime
    ends_at: datetime
    links: set[tuple[str, str]]
    now: datetime
    places: dict[str, Place] = field(default_factory=dict)

    def place_of(self, child: str) -> Place | None:
        """By which a child is expected."""
        return next((one for one in self.places.values() if one.is_had and one.child == child), None)

    def refusal_of_marking(self) -> Refusal | None:
        """Why nobody marks now."""
        return WrongState if self.now < self.starts_at - _OPENS_BEFORE else None

    def mark(self, batch: Iterable[Said]) -> list[str]:
        """Marks come in, in any order; says what becomes of each."""
        batch = list(batch)
        for child in dict.fromkeys(one.child for one in batch):
            place = self.place_of(child)
            if place is not None:
                self._take(place, [one for one in batch if one.child == child and self._is_sound(one)])
        return [self._outcome(one) for one in batch]

    def _is_sound(self, one: Said) -> bool:
        return self.starts_at - _OPENS_BEFORE <= one.at <= self.now + _SKEW

    def _take(self, place: Place, marks: list[Said]) -> None:
        new = [one for one in marks if one.id not in place.said and one.id not in place.refused]
        strangers = [one for one in new if one.collected_by and (one.collected_by, one.child) not in self.links]
        place.refused |= {one.id: one for one in strangers}
        others = {one.id: one for one in new if one not in strangers}
        if others:
            knew = place.is_alarmed and self.is_absent(place)
            place.said |= others
            is_news = self.now <= self.ends_at + _ALARM_FOR
            place.is_alarmed = self.is_absent(place) and (knew or is_news)

    def _outcome(self, one: Said) -> str:
        place = self.place_of(one.child)
        if not self._is_sound(one):
            return "refused"
        if place is None:
            return "not_expected"
        if place.refused.get(one.id) == one:
            return "may_not_collect"
        return "kept" if place.said.get(one.id) == one else "refused"

    def counted(self, place: Place) -> list[Said]:
        """What was said of a child at the session's time, in the order it was said."""
        valid = (one for one in place.said.values() if one.at >= self.starts_at - _OPENS_BEFORE)
        return sorted(valid, key=lambda one: (one.at, one.id))

    def is_absent(self, place: Place) -> bool:
        """Whether the last word is that the child is not there."""
        return [one.state for one in self.counted(place)][-1:] == ["absent"]

    def contradictions(self, place: Place) -> set[str]:
        """What others said otherwise, unless they took it back or somebody who had seen it put it right."""
        valid = self.counted(place)
        against = set()
        for position, one in enumerate(valid[:-1]):
            last = valid[-1]
            is_taken_back = any(other.by == one.by for other in valid[position + 1 :])
            is_put_right = any(other.replaces == one.id for other in valid)
            agrees = (one.state, one.collected_by) == (last.state, last.collected_by)
            left_since = one.state in {"present", "late"} and last.state == "collected"
            if not (is_taken_back or is_put_right or agrees or left_since):
                against.add(one.id)
        return against

    def shown(self, place: Place) -> tuple[str | None, set[str], bool]:
        """What staff see of a child: the mark that stands, what contradicts it, and whether its family was alarmed."""
        stands = [one.id for one in self.counted(place)][-1:]
        is_alarmed = place.is_alarmed and self.is_absent(place)
        return (stands[0] if stands else None), self.contradictions(place), is_alarmed
