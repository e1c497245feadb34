"""Giving places up: by who booked, by whom it is left to, by the school; and what comes back of what was paid."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings import cancelling, reading
from school_events.bookings.cancelling import Asked
from school_events.bookings.model import Booking
from school_events.bookings.terms.rules import Decided
from school_events.bookings.terms.service import preview
from school_events.core.context import Context
from school_events.core.errors import NotFound
from tests.support.booked_world import as_parent, keyed
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base, kept
from tests.unit.bookings.life.core import KILLED, WHICH, pick, same
from tests.unit.bookings.life.model import Line

CONTACTS = st.sampled_from([f"contact-{number}" for number in world.CHILDREN])
DECIDED: st.SearchStrategy[Decided | None] = st.sampled_from([None, "policy", "full", "none"])


class GivingUp(Base):
    """Cancelling bookings."""

    @precondition(lambda self: self.model.live)
    @rule(which=WHICH, killed=KILLED)
    def cancel(self, which: int, killed: int | None) -> None:
        """Who booked cancels."""
        line = pick(self.model.live, which)
        self._cancel_as(line, line.by, killed)

    @precondition(lambda self: self.model.lines)
    @rule(which=WHICH, contact=CONTACTS)
    def cancel_anything(self, which: int, contact: str) -> None:
        """Somebody tries, whosever booking it is and whatever has become of it."""
        self._cancel_as(pick(self.model.lines, which), contact, None)

    @precondition(lambda self: self.model.lines)
    @rule(which=WHICH, refund=DECIDED, killed=KILLED)
    def school_cancels(self, which: int, refund: Decided | None, killed: int | None) -> None:
        """The school always may, and says what comes back."""
        line = pick(self.model.live or self.model.lines, which)
        self._cancel(line, world.as_admin(self.model.now), refund or "full", killed, asked=refund, family=False)

    def _cancel_as(self, line: Line, contact: str, killed: int | None) -> None:
        ctx = as_parent(int(contact[-1]), self.model.now)
        if contact == line.by and self.model.may_cancel(contact, line):
            shown = preview(ctx, kept(line.id)).refund
            same(None if shown is None else shown.amount, self.model.refund_of(line, "policy"), "what is shown before")
        self._cancel(line, ctx, "policy", killed, family=True)

    def _cancel(
        self,
        line: Line,
        ctx: Context,
        decided: Decided,
        killed: int | None,
        *,
        asked: Decided | None = None,
        family: bool,
    ) -> None:
        refusal = self.model.refusal_of_cancelling(line, family=family)
        if family and not self.model.may_cancel(ctx.actor.id, line):
            refusal = NotFound
        key = f"cancel-{self.steps}"
        self.act("cancel", lambda: _cancel(ctx, line, asked, key), refusal, killed)
        if refusal is None:
            self.model.cancel(line, decided)
            state = self.act("cancel again", lambda: _cancel(ctx, line, asked, key), None)
            same(state and state.state.value, line.state, "the same cancellation again")
        if killed is not None:
            self.housekeeping_runs()


def _cancel(ctx: Context, line: Line, refund: Decided | None, key: str) -> Booking:
    """As the function does it: whose it is first."""
    booking = reading.find_for_caller(ctx, line.id)
    cancelling.require_may_cancel(ctx, booking)
    return cancelling.cancel(ctx, booking, Asked(refund, request=keyed(key, f"{line.id} {refund}")))
