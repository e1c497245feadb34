"""What families do: book, send the same request again, and cancel; the school does it for them, too."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings import cancelling, reading, service
from school_events.bookings.model import Booking
from school_events.bookings.service import Booked
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.core.errors import KeyReused, NotFound, WrongState
from school_events.core.requests import LIFE
from tests.support.booked_world import as_parent, keyed
from tests.support.crashes import Killed
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import KILLED, WHICH, Base, kept, pick
from tests.unit.bookings.life.model import Line

type Household = tuple[int, tuple[str, ...]]
"""The number of a contact, and who is to be booked."""

ALONE: list[Household] = [(int(contact[-1]), (pupil,)) for contact, pupil in world.LINKS]
TOGETHER: list[Household] = [(1, ("pupil-1", "pupil-2")), (2, ("pupil-2", "pupil-1")), (5, ("pupil-5", "pupil-6"))]
STRANGERS: list[Household] = [(3, ("pupil-4",)), (1, ("pupil-1", "pupil-3"))]


@dataclass(frozen=True)
class Asked:
    """A request that got an answer."""

    key: str
    household: Household
    answer: Booked
    at: datetime


class Families(Base):
    """Booking and cancelling."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def _who_may(self) -> list[Household]:
        return [one for one in ALONE + TOGETHER if self.model.refusal_of_booking(f"contact-{one[0]}", one[1]) is None]

    @precondition(lambda self: self._who_may())
    @rule(which=st.integers(0, 11), killed=KILLED)
    def book(self, which: int, killed: int | None) -> None:
        """A child is booked, or siblings together."""
        self._book(pick(self._who_may(), which), killed)

    @precondition(lambda self: self._who_may())
    @rule(which=st.integers(0, 11))
    def school_books(self, which: int) -> None:
        """The school books for a family."""
        self._book(pick(self._who_may(), which), None, by_school=True)

    @rule(who=st.sampled_from(TOGETHER + ALONE), by_school=st.booleans())
    def ask_for_a_place(self, who: Household, *, by_school: bool) -> None:
        """Whether there is one or not, and whether they have one or not."""
        self._book(who, None, by_school=by_school)

    @precondition(lambda self: self.happened % 5 == 1)
    @rule(who=st.sampled_from(STRANGERS))
    def stranger_books(self, who: Household) -> None:
        """Somebody tries for a child that is not theirs."""
        self._book(who, None)

    def _book(self, who: Household, killed: int | None, *, by_school: bool = False) -> None:
        number, pupils = who
        refusal = self.model.refusal_of_booking(f"contact-{number}", pupils)
        key = f"key-{self.steps}-{len(self.asked)}"
        ctx = world.as_admin(self.model.now) if by_school else as_parent(number, self.model.now)
        answer = self.act("book", lambda: _book(ctx, self.event_id, who, key), refusal, killed)
        if answer is None:
            return
        self.model.book(f"contact-{number}", pupils, answer.booking_ids, answer.payment_id)
        if not by_school:
            self.asked.append(Asked(key, who, answer, self.model.now))

    @precondition(lambda self: self.asked)
    @rule(which=WHICH, same=st.booleans())
    def book_again_with_the_same_key(self, which: int, same: bool) -> None:
        """The same request has the same answer, whatever has become of it; another one may not have its key."""
        one = pick(self.asked, which)
        number, pupils = one.household
        if self.model.now > one.at + LIFE:
            return
        may = all(self.model.may_see(f"contact-{number}", pupil) for pupil in pupils)
        refusal = NotFound if not may else None if same else KeyReused
        ctx, asks = as_parent(number, self.model.now), "the same" if same else "another"
        answer = self.act("book again", lambda: _book(ctx, self.event_id, one.household, one.key, asks), refusal)
        assert answer == (one.answer if refusal is None else None)

    @precondition(lambda self: self.model.live)
    @rule(which=WHICH, killed=KILLED)
    def cancel(self, which: int, killed: int | None) -> None:
        """Who booked cancels."""
        line = pick(self.model.live, which)
        self._cancel(line, line.by, killed)

    @precondition(lambda self: self.model.lines)
    @rule(which=WHICH, contact=st.sampled_from([f"contact-{number}" for number in world.CHILDREN]))
    def cancel_anything(self, which: int, contact: str) -> None:
        """Somebody tries, whosever booking it is and whatever has become of it."""
        self._cancel(pick(self.model.lines, which), contact, None)

    def _cancel(self, line: Line, contact: str, killed: int | None) -> None:
        is_theirs = contact == line.by and self.model.may_see(contact, line.pupil)
        refusal = self.model.refusal_of_cancelling(line) if is_theirs else NotFound
        ctx = as_parent(int(contact[-1]), self.model.now)
        if refusal is None and killed is not None:
            with suppress(Killed), world.killed(killed):
                _cancel(ctx, line)
            if kept(line.id).state.value != line.state:
                refusal = WrongState
            self.model.cancel(line)
        self.act("cancel", lambda: _cancel(ctx, line), refusal)
        if refusal is None and killed is None:
            self.model.cancel(line)
        if killed is not None:
            self.housekeeping_runs()


def _book(ctx: Context, event_id: str, who: Household, key: str, asks: str = "the same") -> Booked:
    number, pupils = who
    wishes = [Wish(pupil) for pupil in pupils]
    return service.book(ctx, f"contact-{number}", event_id, wishes, keyed(key, asks))


def _cancel(ctx: Context, line: Line) -> Booking:
    """As the function does it: whose it is first."""
    booking = reading.find_for_caller(ctx, line.id)
    reading.require_own_booking(ctx, booking)
    return cancelling.cancel(ctx, booking)
