"""Families wait for places: they join, alone or with siblings, and leave, accept, decline, or let an offer pass."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings.service import Booked
from school_events.bookings.waiting import accepting, service
from school_events.bookings.waiting.api import JoinedView, TurnView
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from tests.support.booked_world import as_parent, keyed
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED, WHICH, pick
from tests.unit.bookings.life.families import ALONE, TOGETHER, Household
from tests.unit.bookings.life.giving_up import CONTACTS
from tests.unit.bookings.life.queueing import Turn


class Waiting(Base):
    """The waiting list."""

    def _who_may_join(self) -> list[Household]:
        may = self.model.refusal_of_joining
        return [one for one in ALONE + TOGETHER if may(f"contact-{one[0]}", one[1]) is None]

    @precondition(lambda self: self._who_may_join())
    @rule(which=st.integers(0, 11), together=st.booleans(), killed=KILLED)
    def join(self, which: int, *, together: bool, killed: int | None) -> None:
        """There is no place, or not enough of them."""
        self._join(pick(self._who_may_join(), which), together=together, killed=killed)

    @precondition(lambda self: self.happened % 3 == 0)
    @rule(who=st.sampled_from(ALONE + TOGETHER), together=st.booleans())
    def ask_to_wait(self, who: Household, *, together: bool) -> None:
        """Whether there are places or not, and whether they have one or not."""
        self._join(who, together=together, killed=None)

    def _join(self, who: Household, *, together: bool, killed: int | None) -> None:
        number, pupils = who
        refusal = self.model.refusal_of_joining(f"contact-{number}", pupils)
        ctx, key = as_parent(number, self.model.now), f"join-{self.steps}"
        joined = self.act("join", lambda: _join(ctx, self.event_id, pupils, key, together=together), refusal, killed)
        if joined is not None:
            self.model.join(ctx.actor.id, pupils, joined.waiting_ids)
        if killed is not None:
            self.housekeeping_runs()

    @precondition(lambda self: self.model.offered)
    @rule(which=WHICH, killed=KILLED)
    def accept(self, which: int, killed: int | None) -> None:
        """Who joined accepts."""
        turn = pick([one for one in self.model.turns if one.state == "offered"], which)
        self._accept(turn, turn.by, killed)

    @precondition(lambda self: self.model.turns)
    @rule(which=WHICH, contact=CONTACTS)
    def accept_anything(self, which: int, contact: str) -> None:
        """Somebody tries, whosever turn it is and whatever has become of it."""
        self._accept(pick(self.model.turns, which), contact, None)

    def _accept(self, turn: Turn, contact: str, killed: int | None) -> None:
        refusal = self.model.refusal_of_accepting(contact, turn)
        ctx, key = as_parent(int(contact[-1]), self.model.now), f"accept-{self.steps}"
        booked = self.act("accept", lambda: _accept(ctx, turn, key), refusal, killed)
        if booked is not None:
            self.model.accept(contact, turn, booked.booking_ids, booked.payment_id)

    @precondition(lambda self: self.model.turns)
    @rule(which=WHICH, declining=st.booleans(), killed=KILLED)
    def leave(self, which: int, *, declining: bool, killed: int | None) -> None:
        """Who joined does not want it any more."""
        turn = pick(self.model.turns, which)
        self._leave(turn, turn.by, killed, declining=declining)

    @precondition(lambda self: self.model.turns and self.happened % 4 == 0)
    @rule(which=WHICH, contact=CONTACTS, declining=st.booleans())
    def leave_anything(self, which: int, contact: str, *, declining: bool) -> None:
        """Somebody tries for another."""
        self._leave(pick(self.model.turns, which), contact, None, declining=declining)

    def _leave(self, turn: Turn, contact: str, killed: int | None, *, declining: bool) -> None:
        refusal = self.model.refusal_of_leaving(contact, turn, declining=declining)
        ctx = as_parent(int(contact[-1]), self.model.now)
        self.act("decline" if declining else "leave", lambda: _leave(ctx, turn, declining=declining), refusal, killed)
        if refusal is None:
            self.model.leave(turn)
        if killed is not None:
            self.housekeeping_runs()


def _join(ctx: Context, event_id: str, pupils: tuple[str, ...], key: str, *, together: bool) -> JoinedView:
    wishes = [Wish(pupil) for pupil in pupils]
    return service.join(ctx, ctx.actor.id, event_id, wishes, together=together, request=keyed(key))


def _accept(ctx: Context, turn: Turn, key: str) -> Booked:
    return accepting.accept(ctx, ctx.actor.id, turn.id, [Wish(pupil) for pupil in turn.pupils], keyed(key))


def _leave(ctx: Context, turn: Turn, *, declining: bool) -> TurnView:
    return service.decline(ctx, turn.id) if declining else service.leave(ctx, turn.id)
