"""What the school does, and the clock: publishing, inviting, closing, cancelling, completing, housekeeping."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from school_events.core.errors import WrongState
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED

_MIDDLE, _LATE = 26, 33
"""From which step on a life may come to its end: so that much happens before."""

_LIVE = {"published", "closed"}


class School(Base):
    """The event's own life."""

    @initialize(
        published=st.sampled_from([True, True, True, False]),
        invited=st.sets(st.sampled_from(world.PUPILS)),
        end=st.sampled_from(["as it is", "closed", "cancelled"]),
    )
    def begins(self, *, published: bool, invited: set[str], end: str) -> None:
        """Most lives begin with a published event and everybody invited but a few."""
        self.end = end
        if published:
            self.publish(None)
            self.invite(set(world.PUPILS) - invited if len(invited) < 3 else set(world.PUPILS))

    @precondition(lambda self: self.model.status == "draft" or self.happened == _MIDDLE)
    @rule(killed=KILLED)
    def publish(self, killed: int | None) -> None:
        """Families may know of it; doing it again changes nothing."""
        self.act("publish", lambda: world.publish(self.event_id, self.model.now), self._refusal_of_publishing(), killed)
        if self._refusal_of_publishing() is None:
            self.model.publish()

    def _refusal_of_publishing(self) -> type[WrongState] | None:
        late = self.model.status == "draft" and self.model.now >= self.model.closes_at
        return WrongState if late else None

    @precondition(lambda self: self.model.invited != set(world.PUPILS))
    @rule(pupils=st.sets(st.sampled_from(world.PUPILS), min_size=1))
    def invite(self, pupils: set[str]) -> None:
        """Some more children are invited."""
        refusal = None if self.model.status == "published" else WrongState
        self.act("invite", lambda: world.invite(self.event_id, sorted(pupils), self.model.now), refusal)
        if refusal is None:
            self.model.invited |= pupils & self.model.on_roll

    def ends(self) -> None:
        """As it was meant to, unless it has ended before."""
        if self.end == "closed":
            self.close(None)
        if self.end == "cancelled":
            self.cancel_event(None)

    @rule(capacity=st.integers(1, 5), killed=KILLED)
    def resize(self, capacity: int, killed: int | None) -> None:
        """More places, or fewer; who has one keeps it."""
        refusal = WrongState if self.model.status in {"cancelled", "completed"} else None
        self.act("resize", lambda: world.resize(self.event_id, capacity, self.model.now), refusal, killed)
        if refusal is None:
            self.model.resize(capacity)
        if killed is not None:
            self.housekeeping_runs()

    @precondition(lambda self: self.happened > _MIDDLE)
    @rule(killed=KILLED)
    def close(self, killed: int | None) -> None:
        """Booking ends; nothing is taken from anybody."""
        refusal = None if self.model.status in _LIVE else WrongState
        self.act("close", lambda: world.close(self.event_id, self.model.now), refusal, killed)
        if refusal is None:
            self.model.status = "closed"

    @precondition(lambda self: self.happened > _LATE)
    @rule(killed=KILLED)
    def cancel_event(self, killed: int | None) -> None:
        """It does not take place; housekeeping ends its bookings."""
        refusal = None if self.model.status in _LIVE | {"cancelled"} else WrongState
        self.act("cancel the event", lambda: world.cancel_event(self.event_id, self.model.now), refusal, killed)
        if refusal is None:
            self.model.status = "cancelled"

    @precondition(lambda self: self.model.now >= self.model.closes_at)
    @rule()
    def complete(self) -> None:
        """It is over; or not yet."""
        may = self.model.status in _LIVE | {"completed"} and self.model.now >= self.model.over_at
        self.act("complete", lambda: world.complete(self.event_id, self.model.now), None if may else WrongState)
        if may:
            self.model.status = "completed"

    @precondition(lambda self: self.happened > _MIDDLE)
    @rule()
    def hours_pass(self) -> None:
        """Booking comes to its end, then the event."""
        self.time_passes(7 * 60)

    @rule(minutes=st.sampled_from([1, 16, 37]))
    def time_passes(self, minutes: int) -> None:
        """Nothing else happens."""
        self.model.now += timedelta(minutes=minutes)
        self.start.shop.at(self.model.now)

    @rule(killed=KILLED)
    def housekeeping(self, killed: int | None) -> None:
        """What is due is done."""
        self.housekeeping_runs(killed)
