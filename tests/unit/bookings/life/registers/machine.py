"""The life of a register: two devices, offline at times, say what they see, and send it in any order, or twice."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from school_events.bookings.registers.api import ExpectedChild
from school_events.core.errors import WrongState
from tests.support.contexts import ADMIN, TEACHER
from tests.unit.bookings.life.core import KILLED, WHICH, Machine, pick, same
from tests.unit.bookings.life.links import Links
from tests.unit.bookings.life.registers import world
from tests.unit.bookings.life.registers.model import Place, Said

_STAFF = st.sampled_from([TEACHER.id, ADMIN.id])
_CHILD = st.sampled_from(sorted(world.PARENT_OF))
_STATE = st.sampled_from(["present", "absent", "absent", "late", "collected"])
_CONTACT = st.sampled_from(["contact-1", "contact-2", "contact-3"])
_LATE = 28


class Registers(Machine):
    """Everything that can happen, in any order."""

    start: world.Start

    def __init__(self) -> None:
        super().__init__()
        self.start.rewind()
        self.model = self.start.model()
        self._jotted: dict[str, list[Said]] = {TEACHER.id: [], ADMIN.id: []}
        self._links = Links(world.LINKS, self.model.links, lambda: self.model.now)

    @initialize(children=st.sets(_CHILD, min_size=1), minutes=st.sampled_from([0, 10, 60, 240]))
    def begins(self, children: set[str], minutes: int) -> None:
        """Some children are booked; the register is open or not yet."""
        self.model.now += timedelta(minutes=minutes)
        for child in sorted(children):
            self.book(child)

    @precondition(lambda self: self._not_booked() and self.happened % 4 == 0)
    @rule(which=WHICH)
    def book_another(self, which: int) -> None:
        """A child who was not expected is from now on."""
        self.book(pick(self._not_booked(), which))

    def book(self, child: str) -> None:
        """A family books."""
        if (f"contact-{world.PARENT_OF[child]}", child) in self.model.links:
            booking_id = world.book(self.start.event_id, child, self.model.now)
            self.model.places[booking_id] = Place(child)

    def _not_booked(self) -> list[str]:
        return [child for child in sorted(world.PARENT_OF) if self.model.place_of(child) is None]

    @precondition(lambda self: self.happened % 6 == 5 and len(self._not_booked()) < len(world.PARENT_OF))
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        """A child is not expected any more; what was said of it stays."""
        booking_id = pick([one for one, place in self.model.places.items() if place.is_had], which)
        now = self.model.now
        self.model.places[booking_id].is_had = False
        self.act("cancel", lambda: world.cancel(booking_id, now), None)

    @rule(by=_STAFF, child=_CHILD, state=_STATE, minutes=st.integers(-7, 3), contact=_CONTACT, which=WHICH)
    def jot(self, by: str, child: str, state: str, minutes: int, contact: str, which: int) -> None:
        """Somebody notes what they see, on a clock that may be wrong; perhaps they put right what the device shows."""
        shown = self.model.place_of(child)
        known: list[str | None] = [None, None, *(sorted(shown.said) if shown else ())]
        moment = self.model.now - timedelta(minutes=minutes)
        name = f"m{len(self._jotted[TEACHER.id]) + len(self._jotted[ADMIN.id]):03d}"
        collector = contact if state == "collected" else None
        said = Said(f"{by[-1]}{name}", by, child, state, moment, collector, pick(known, which))
        self._jotted[by].append(said)

    @rule(by=_STAFF, child=_CHILD, state=_STATE, minutes=st.integers(-2, 2), contact=_CONTACT, killed=KILLED)
    def mark(self, by: str, child: str, state: str, minutes: int, contact: str, killed: int | None) -> None:
        """A device that is online."""
        self.jot(by, child, state, minutes, contact, 0)
        self._send(by, [self._jotted[by][-1]], killed)

    @precondition(lambda self: any(self._jotted.values()))
    @rule(
        by=_STAFF,
        which=st.lists(WHICH, min_size=1, max_size=5, unique=True),
        killed=KILLED,
    )
    def send(self, by: str, which: list[int], killed: int | None) -> None:
        """A device sends some of what it has, in any order, new or not."""
        batch = list(dict.fromkeys(pick(self._jotted[by], one) for one in which)) if self._jotted[by] else []
        if batch:
            self._send(by, batch, killed)

    @precondition(lambda self: any(self._jotted.values()) and self.happened % 4 == 0)
    @rule(by=_STAFF, which=WHICH, other=_STATE)
    def send_another_under_the_same_id(self, by: str, which: int, other: str) -> None:
        """A device that made a mistake: what came first stands."""
        if self._jotted[by]:
            one = pick(self._jotted[by], which)
            self._send(
                by, [replace(one, state=other, collected_by="contact-1" if other == "collected" else None)], None
            )

    def _send(self, by: str, batch: list[Said], killed: int | None) -> None:
        refusal, now = self.model.refusal_of_marking(), self.model.now
        answer = self.act("mark", lambda: world.send(self.start.event_id, by, batch, now), refusal, killed)
        if refusal is None:
            same(answer, self.model.mark(batch), "what became of marks")

    @precondition(lambda self: self.happened % 5 == 0)
    @rule(link=st.sampled_from(world.LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """From now on this contact may not collect this child."""
        self._links.cut(link)

    @precondition(lambda self: self._links.is_one_cut)
    @rule()
    def links_are_opened(self) -> None:
        """The orders end."""
        self._links.open_all()

    @precondition(lambda self: self.happened % 10 == 6)
    @rule(hours=st.sampled_from(world.HOURS))
    def session_is_moved(self, hours: tuple[str, str]) -> None:
        """What was said of its former time does not count any more, or counts again."""
        model, now = self.model, self.model.now
        refusal = WrongState if now >= model.starts_at or now >= world.at(hours[0]) else None
        if now < world.at(hours[0]):
            self.act("move", lambda: world.move(self.start.event_id, hours, now), refusal)
            if refusal is None:
                model.starts_at, model.ends_at = (world.at(clock) for clock in hours)

    @precondition(lambda self: self.happened % 2)
    @rule(minutes=st.sampled_from([1, 4, 20]))
    def time_passes(self, minutes: int) -> None:
        """Nothing else happens."""
        self.model.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.happened > _LATE)
    @rule()
    def hours_pass(self) -> None:
        """The session is over; in the end an absence is history."""
        self.model.now += timedelta(hours=7)

    @invariant()
    def the_register_is_what_the_model_says(self) -> None:
        """Of every child, whether it is expected or not any more."""
        self.count_step()
        expected, lost = world.register(self.start.event_id, self.model.now)
        places = self.model.places
        wanted = {one: self.model.shown(place) for one, place in places.items() if place.is_had}
        same({one.booking_id: _shown(one) for one in expected}, wanted, "who is expected")
        gone = {one: self.model.shown(place) for one, place in places.items() if not place.is_had and place.has_entry}
        same({one.booking_id: _shown(one) for one in lost}, gone, "who is expected no more")


def _shown(one: ExpectedChild) -> tuple[str | None, set[str], bool]:
    stands = None if one.mark is None else one.mark.id
    return stands, {other.id for other in one.contradicted_by}, one.family_alarmed
