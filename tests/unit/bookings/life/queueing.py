"""The plain model's waiting list: turns in order, offers that hold for a while, and who comes next."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from school_events.bookings.waiting.service import PlacesAreFree
from school_events.core.errors import AlreadyBooked, NotFound, WrongState
from tests.unit.bookings.life.model import Model, Refusal

OFFER = timedelta(hours=24)
"""How long an offer holds, unless booking closes before."""

_AFTER = timedelta(minutes=1)
"""So long after a change of the capacity housekeeping looks after its places, and wakes the list."""


@dataclass(eq=False)
class Turn:
    """A family's turn: a child, or several who come together.

    Args:
        id: as the product named it.
        pupils: who waits.
        by: the contact who joined.
        state: as the product says it.
        until: until when its offer holds.
    """

    id: str
    pupils: tuple[str, ...]
    by: str
    state: str = "waiting"
    until: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.state in {"waiting", "offered"}


@dataclass
class Queueing(Model):
    """The event with its waiting list.

    Args:
        turns: all there were, in the order in which families joined.
        resized_at: when the capacity was last changed, if housekeeping has not seen it yet.
    """

    turns: list[Turn] = field(default_factory=list)
    resized_at: datetime | None = None

    def _of(self, state: str) -> list[Turn]:
        return [turn for turn in self.turns if turn.state == state]

    @property
    def offered(self) -> int:
        """Places that are kept for families."""
        return sum(len(turn.pupils) for turn in self._of("offered"))

    @property
    def there(self) -> int:
        """As of the model without a list, and what is offered."""
        return super().there + self.offered

    @property
    def is_waited_for(self) -> bool:
        """Whether what is given back is anybody's to be offered."""
        return bool(self._of("waiting"))

    def has_claim(self, pupil: str) -> bool:
        """Whether a child has a place or waits."""
        return super().has_claim(pupil) or any(turn.is_live and pupil in turn.pupils for turn in self.turns)

    def refusal_of_joining(self, contact: str, pupils: tuple[str, ...]) -> Refusal | None:
        """Why a family does not wait, if it does not."""
        if any(not self.may_see(contact, one) or one not in self.on_roll & self.invited for one in pupils):
            return NotFound
        if not self.is_open:
            return WrongState
        if self.free >= len(pupils):
            return PlacesAreFree
        return AlreadyBooked if any(map(self.has_claim, pupils)) else None

    def join(self, contact: str, pupils: tuple[str, ...], ids: list[str]) -> None:
        """One turn for all of them, or one for each; perhaps there is something for it at once."""
        together = len(ids) == 1
        for number, turn_id in enumerate(ids):
            self.turns.append(Turn(turn_id, pupils if together else (pupils[number],), contact))
        self.settle()

    def takes(self, contact: str, turn: Turn) -> bool:
        """Whether a turn's children are all a contact's."""
        return all(self.may_see(contact, pupil) for pupil in turn.pupils)

    def refusal_of_leaving(self, contact: str, turn: Turn, *, declining: bool) -> Refusal | None:
        """Why a turn is not given up, or its offer not declined, if it is not."""
        if self.takes(contact, turn):
            is_anothers = contact != turn.by and self.takes(turn.by, turn)
        else:
            is_anothers = not any(self.may_see(contact, one) for one in turn.pupils) or self._has_taker(turn)
        if is_anothers:
            return NotFound
        may = {"offered", "left", "declined"} | (set() if declining else {"waiting"})
        return None if turn.state in may else WrongState

    def leave(self, turn: Turn) -> None:
        """It is given up; what was kept for it is the next family's."""
        if turn.is_live:
            self._end_turn(turn, "left" if turn.state == "waiting" else "declined")

    def refusal_of_accepting(self, contact: str, turn: Turn) -> Refusal | None:
        """Why what is offered is not booked, if it is not."""
        if not self.takes(contact, turn) or not set(turn.pupils) <= self.on_roll & self.invited:
            return NotFound
        holds = turn.state == "offered" and turn.until is not None and self.now < turn.until
        return None if self.is_open and holds else WrongState

    def accept(self, contact: str, turn: Turn, ids: list[str], payment_id: str | None) -> None:
        """The places that were kept are the family's."""
        turn.state = "accepted"
        self.free += len(turn.pupils)
        self.book(contact, turn.pupils, ids, payment_id)

    def settle(self) -> None:
        """Whose turn it is gets what is there, as long as there is enough; the rest is anybody's."""
        if not self.is_open:
            freed = max(0, self.returned - self.surplus)
            self.returned, self.free = self.returned - freed, self.free + freed
            return None
        spare = max(0, self.returned + self.free - self.surplus)
        beyond = max(0, self.returned - spare)
        kept = self._offer(spare)
        if kept is None:
            return self.settle()
        self.free += self.returned - beyond - kept
        self.returned = beyond
        return None

    def _offer(self, spare: int) -> int | None:
        """Offer places in order; says how many, or nothing if a turn was found that nobody can take any more."""
        next_ones, left = [], spare
        for turn in self._of("waiting"):
            if len(turn.pupils) <= left:
                next_ones.append(turn)
                left -= len(turn.pupils)
        gone = [turn for turn in next_ones if not self._has_taker(turn)]
        for turn in gone:
            turn.state = "lapsed"
        if gone:
            return None
        for turn in next_ones:
            turn.state, turn.until = "offered", min(self.now + OFFER, self.closes_at)
        return spare - left

    def _has_taker(self, turn: Turn) -> bool:
        return set(turn.pupils) <= self.on_roll and any(self.takes(contact, turn) for contact, _ in self.links)

    def _end_turn(self, turn: Turn, state: str) -> None:
        if turn.state == "offered":
            self.returned += len(turn.pupils)
        turn.state = state
        self.settle()

    def resize(self, capacity: int) -> None:
        """As of the model without a list; housekeeping wakes the list a minute later."""
        super().resize(capacity)
        if self.status in {"published", "closed"}:
            self.resized_at = self.now

    def _move_on(self) -> None:
        """First what the capacity asks for, then what was given back, then the turns that are due."""
        is_woken = self.resized_at is not None and self.resized_at + _AFTER <= self.now
        if is_woken:
            self._follow()
            self.resized_at = None
        if self.returned:
            if self.surplus:
                self._follow()
            self.settle()
        for turn in [one for one in self.turns if one.is_live]:
            self._look_after(turn, is_woken=is_woken)

    def _look_after(self, turn: Turn, *, is_woken: bool) -> None:
        if not turn.is_live:
            return
        if not self.is_open:
            self._end_turn(turn, "over")
        elif turn.state == "offered" and turn.until is not None and turn.until <= self.now:
            self._end_turn(turn, "expired")
        elif not set(turn.pupils) <= self.on_roll or (
            turn.state == "offered" and is_woken and not self._has_taker(turn)
        ):
            self._end_turn(turn, "lapsed")
