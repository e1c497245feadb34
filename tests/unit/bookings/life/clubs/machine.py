"""The life of a club by sessions: families book some of them, and the school adds, moves and cancels others."""

from collections import Counter
from datetime import timedelta
from typing import override

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings import places
from school_events.bookings.rules import session_pool
from tests.support.booked_world import as_parent, keyed
from tests.support.contexts import SCHOOL
from tests.unit.bookings.life import world as events
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.clubs import world
from tests.unit.bookings.life.clubs.model import Club, Session, Wanted
from tests.unit.bookings.life.core import KILLED, WHICH, pick, same
from tests.unit.bookings.life.giving_up import GivingUp
from tests.unit.bookings.life.model import Refusal
from tests.unit.bookings.life.paying import Paying
from tests.unit.bookings.life.people import People
from tests.unit.bookings.life.school import School

_CONTACTS = st.sampled_from(sorted(events.CHILDREN))
_DAY = st.sampled_from([*world.DAYS, *world.DAYS, world.A_HOLIDAY])
_HOURS = st.sampled_from(world.HOURS)
_MOST_SESSIONS = 6


class ClubBase(Base):
    """What its parts share."""

    start: world.Start
    model: Club

    @override
    def _check_places(self) -> None:
        if self.model.status in {"published", "closed"}:
            for session in filter(self.model.is_to_come, self.model.sessions):
                self._check_places_of(session)

    def _check_places_of(self, session: Session) -> None:
        there = Counter(item.state for item in places.places_of(SCHOOL, self.event_id, session_pool(session.id)))
        lines = [line for line in self.model.live if line.session == session.id]
        expected = Counter("taken" if line.state == "confirmed" else "held" for line in lines)
        expected += Counter({"free": session.free, "returned": session.returned})
        same({state: there[state] for state in there if state != "retired"}, dict(expected), session.id)


class Booking(ClubBase):
    """Families book sessions."""

    @precondition(lambda self: self._may_have())
    @rule(which=st.integers(0, 99), killed=KILLED)
    def book_one(self, which: int, killed: int | None) -> None:
        """A place that somebody may have."""
        contact, one = pick(self._may_have(), which)
        self._book(contact, [one], killed, by_school=False)

    @precondition(lambda self: self._may_have())
    @rule(contact=_CONTACTS, which=st.tuples(WHICH, WHICH, WHICH), by_school=st.booleans(), killed=KILLED)
    def book(self, contact: int, which: tuple[int, int, int], killed: int | None, *, by_school: bool) -> None:
        """As many sessions as there are places in, for all the children, up to three."""
        wanted: list[Wanted] = []
        for one in which:
            may = [one for one in self._singles(contact) if self._refusal(contact, [*wanted, one]) is None]
            left = [one for one in may if one not in wanted]
            if left:
                wanted.append(pick(left, one))
        if wanted:
            self._book(contact, wanted, killed, by_school=by_school)

    @rule(
        contact=_CONTACTS,
        wishes=st.lists(st.tuples(st.sampled_from(events.PUPILS), WHICH), min_size=1, max_size=2, unique=True),
    )
    def ask_for_places(self, contact: int, wishes: list[tuple[str, int]]) -> None:
        """Whether there are any or not, and whosever children they are."""
        wanted = [(child, pick(self.model.sessions, which).id) for child, which in wishes]
        if len(set(wanted)) == len(wanted):
            self._book(contact, wanted, None, by_school=False)

    @precondition(lambda self: self.model.is_open)
    @rule(contact=_CONTACTS, which=WHICH)
    def ask_for_what_is_full(self, contact: int, which: int) -> None:
        """Somebody else has the places, or the child has one."""
        may = [one for one in self._singles(contact) if self._refusal(contact, [one]) is not None]
        if may:
            self._book(contact, [pick(may, which)], None, by_school=False)

    def _may_have(self) -> list[tuple[int, Wanted]]:
        """What somebody may have by itself, with who may."""
        every = [(contact, one) for contact in sorted(events.CHILDREN) for one in self._singles(contact)]
        return [(contact, one) for contact, one in every if self._refusal(contact, [one]) is None]

    def _singles(self, contact: int) -> list[Wanted]:
        children = [f"pupil-{number}" for number in events.CHILDREN[contact]]
        return [(child, session.id) for session in self.model.sessions for child in children]

    def _refusal(self, contact: int, wanted: list[Wanted]) -> Refusal | None:
        return self.model.refusal_of_booking_sessions(f"contact-{contact}", wanted)

    def _book(self, contact: int, wanted: list[Wanted], killed: int | None, *, by_school: bool) -> None:
        refusal, name, now = self._refusal(contact, wanted), f"contact-{contact}", self.model.now
        ctx = events.as_admin(now) if by_school else as_parent(contact, now)
        request = keyed(f"book-{self.steps}", f"{wanted}")
        booked = self.act("book", lambda: world.book(ctx, name, self.event_id, wanted, request), refusal, killed)
        if booked is not None:
            self.model.book_sessions(name, wanted, booked.booking_ids, booked.payment_id)


class Sessions(ClubBase):
    """The school changes sessions."""

    @precondition(lambda self: len(self.model.sessions) < _MOST_SESSIONS and self.happened % 3 == 0)
    @rule(day=_DAY, hours=_HOURS, killed=KILLED)
    def add_session(self, day: str, hours: world.Hours, killed: int | None) -> None:
        """One more."""
        wanted = world.session("", day, hours)
        refusal = self.model.refusal_of_changing(None, wanted, is_school_day=day != world.A_HOLIDAY)
        now, request = self.model.now, keyed(f"add-{self.steps}")
        added = self.act("add", lambda: world.add(self.event_id, day, hours, now, request), refusal, killed)
        if added is not None:
            self.model.add_session(world.session(added.id, day, hours))
        self._look_after(killed)

    @precondition(lambda self: self.happened % 3)
    @rule(which=WHICH, day=_DAY, hours=_HOURS, killed=KILLED)
    def move_session(self, which: int, day: str, hours: world.Hours, killed: int | None) -> None:
        """Who has a place keeps it."""
        session, wanted = pick(self.model.sessions, which), world.session("", day, hours)
        refusal = self.model.refusal_of_changing(session, wanted, is_school_day=day != world.A_HOLIDAY)
        now = self.model.now
        self.act("move", lambda: world.move(self.event_id, session.id, day, hours, now), refusal, killed)
        if refusal is None:
            self.model.move_session(session, wanted)
        self._look_after(killed)

    @precondition(lambda self: self.happened % 4 == 2)
    @rule(which=WHICH, killed=KILLED)
    def cancel_session(self, which: int, killed: int | None) -> None:
        """What was booked for it ends."""
        session, now = pick(self.model.sessions, which), self.model.now
        refusal = self.model.refusal_of_changing(session, None)
        self.act("cancel a session", lambda: world.cancel(self.event_id, session.id, now), refusal, killed)
        if refusal is None:
            self.model.cancel_session(session)
        self._look_after(killed)

    def _look_after(self, killed: int | None) -> None:
        """What a request leaves to be done when it is killed is done by housekeeping."""
        if killed is not None:
            self.housekeeping_runs()

    @precondition(lambda self: self.happened % 9 == 8)
    @rule()
    def days_pass(self) -> None:
        """Sessions begin, one after the other."""
        self.model.now += timedelta(days=1, hours=20)
        self.start.shop.at(self.model.now)
        self.housekeeping_runs()


class ClubLife(Booking, Sessions, GivingUp, Paying, People, School):
    """Everything that can happen, in any order."""
