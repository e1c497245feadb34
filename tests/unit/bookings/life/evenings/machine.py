"""The life of two parents' evenings: plans change while families book, and nobody is to be in two places at once."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from school_events.bookings import cancelling, reading
from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.model import LIVE
from school_events.core.context import Context
from school_events.core.errors import AlreadyBooked, WrongState
from school_events.events.store import find_event
from tests.support.booked_world import as_parent, keyed
from tests.support.contexts import SCHOOL
from tests.support.evening_checker import faults_of_evening
from tests.support.event_checker import bookings_of
from tests.support.tables import rows
from tests.unit.bookings.life import world as events
from tests.unit.bookings.life.core import KILLED, WHICH, Machine, pick, same
from tests.unit.bookings.life.evenings import world
from tests.unit.bookings.life.evenings.model import Had, Wanted
from tests.unit.bookings.life.evenings.plans import Desk, Plan
from tests.unit.bookings.life.links import Links
from tests.unit.bookings.life.model import Refusal

_EVENING = st.sampled_from([0, 0, 1])
_HOURS = st.sampled_from([(0, 60), (0, 60), (0, 30), (30, 60), (10, 50)])
_WHY: st.SearchStrategy[Refusal] = st.sampled_from([AppointmentClash, FamilyLimit, SlotTaken, AlreadyBooked])
_CHILD = st.integers(0, 1)
_LATE = 30
"""From which step on evenings are closed or do not take place: so that much happens before."""


@st.composite
def _plans(draw: st.DrawFn, evening: int) -> Plan:
    """Most plans make sense."""
    crews = draw(st.lists(st.sampled_from(world.CREWS[evening]), min_size=1, max_size=4, unique=True))
    rooms = st.sampled_from(["its own"] * 5 + ["hall"])
    desks = tuple(Desk(crew, "Hall" if draw(rooms) == "hall" else f"Room of {crew[0]}", draw(_HOURS)) for crew in crews)
    most = draw(st.sampled_from([None, None, 2, 3]))
    return Plan(draw(st.sampled_from([10, 10, 15, 20])), draw(st.sampled_from([0, 0, 5])), most, desks)


class Evenings(Machine):
    """Everything that can happen, in any order."""

    start: world.Start

    def __init__(self) -> None:
        super().__init__()
        self.start.rewind()
        self.model = self.start.model()
        self._links = Links(world.LINKS, self.model.links, lambda: world.moment_of(self.model.minute))
        self._lost: set[str] = set()

    @rule(data=st.data(), evening=_EVENING, killed=KILLED)
    def plan(self, data: st.DataObject, evening: int, killed: int | None) -> None:
        """The school plans an evening anew, whoever has booked."""
        plan = data.draw(_plans(evening))
        refusal = self.model.refusal_of_planning(evening, plan)
        event_id, now = self.start.event_ids[evening], world.moment_of(self.model.minute)
        self.act("plan", lambda: world.set_a_plan(event_id, plan, now), refusal, killed)
        if refusal is None:
            self.model.plan(evening, plan)

    @rule(evening=_EVENING, contact=st.sampled_from([1, 1, 2, 3]), which=st.integers(0, 99), killed=KILLED)
    def book_what_can_be_had(self, evening: int, contact: int, which: int, killed: int | None) -> None:
        """A family books one appointment that it may have."""
        open_ones = self._which_are(evening, contact, {None})
        if open_ones:
            self._book(evening, contact, [pick(open_ones, which)], killed)

    @rule(evening=_EVENING, contact=st.sampled_from([1, 1, 2, 3]), which=st.integers(0, 99), why=_WHY)
    def book_what_something_is_in_the_way_of(self, evening: int, contact: int, which: int, why: Refusal) -> None:
        """A family asks for what makes sense, but cannot be had (any more)."""
        in_the_way = self._which_are(evening, contact, {why})
        if in_the_way:
            self._book(evening, contact, [pick(in_the_way, which)], None)

    @rule(
        evening=_EVENING,
        contact=st.sampled_from([1, 1, 2]),
        which=st.tuples(st.integers(0, 99), st.integers(0, 99)),
        killed=KILLED,
    )
    def book_two_that_can_be_had(self, evening: int, contact: int, which: tuple[int, int], killed: int | None) -> None:
        """A family books two appointments that go together, if there are any."""
        open_ones = self._which_are(evening, contact, {None})
        for first in open_ones[which[0] % max(1, len(open_ones)) :][:1]:
            pairs = [[first, one] for one in open_ones if self._refusal(evening, contact, [first, one]) is None]
            if pairs:
                self._book(evening, contact, pick(pairs, which[1]), killed)

    def _which_are(self, evening: int, contact: int, answered: set[Refusal | None]) -> list[Wanted]:
        """Each slot, for each child of a family, that would be answered so if it is asked for by itself."""
        children = sorted({child for one, child in world.LINKS if one == f"contact-{contact}"})
        slots = sorted(self.model.evenings[evening].slots)
        wanted = [Wanted(child, *key) for key in slots for child in children]
        return [one for one in wanted if self._refusal(evening, contact, [one]) in answered]

    def _refusal(self, evening: int, contact: int, asked: list[Wanted]) -> Refusal | None:
        return self.model.refusal_of_booking(evening, f"contact-{contact}", asked)

    @rule(
        evening=_EVENING,
        contact=st.sampled_from([1, 1, 2, 3]),
        wishes=st.lists(st.tuples(_CHILD, st.integers(0, 40)), min_size=1, max_size=3),
        killed=KILLED,
    )
    def book(self, evening: int, contact: int, wishes: list[tuple[int, int]], killed: int | None) -> None:
        """A family asks for slots that are offered for its children, whether they go together or not."""
        choices = [crew for choice in self.model.choices(evening) for crew in choice]
        slots = self.model.evenings[evening].slots
        offered = sorted(key for key, slot in slots.items() if slot.booking_id is None and key[0] in choices)
        if offered:
            keys = [offered[which % len(offered)] for _, which in wishes]
            asked = [Wanted(self._child(contact, child), *key) for (child, _), key in zip(wishes, keys, strict=True)]
            self._book(evening, contact, asked, killed)

    @rule(
        evening=_EVENING,
        contact=st.sampled_from([1, 2, 3]),
        child=st.sampled_from(world.CHILDREN),
        which=st.integers(0, 4),
        minute=st.sampled_from([*range(0, 60, 5), 7]),
    )
    def ask_for_anything(self, evening: int, contact: int, child: str, which: int, minute: int) -> None:
        """Whether there is such a slot or not, and whosever child it is."""
        crew = pick(world.CREWS[evening], which)
        self._book(evening, contact, [Wanted(child, crew, minute)], None)

    def _child(self, contact: int, number: int) -> str:
        children = [child for one, child in world.LINKS if one == f"contact-{contact}"]
        return children[number % len(children)]

    def _book(self, evening: int, contact: int, asked: list[Wanted], killed: int | None) -> None:
        refusal = self._refusal(evening, contact, asked)
        now, request = world.moment_of(self.model.minute), keyed(f"book-{self.steps}")
        event_id = self.start.event_ids[evening]
        booked = self.act("book", lambda: world.book(event_id, contact, asked, now, request), refusal, killed)
        if booked is not None:
            self.model.book(evening, f"contact-{contact}", asked, booked.booking_ids)

    @precondition(lambda self: self.model.live)
    @rule(which=WHICH, killed=KILLED)
    def cancel(self, which: int, killed: int | None) -> None:
        """Who booked cancels."""
        one = pick(self.model.live, which)
        self._cancel(one, one.by, killed)

    @precondition(lambda self: self.model.had)
    @rule(which=WHICH, contact=st.sampled_from([1, 2, 3]))
    def cancel_anything(self, which: int, contact: int) -> None:
        """Somebody tries, whosever appointment it is and whatever has become of it."""
        self._cancel(pick(self.model.had, which), f"contact-{contact}", None)

    def _cancel(self, one: Had, contact: str, killed: int | None) -> None:
        refusal = self.model.refusal_of_cancelling(contact, one)
        ctx = as_parent(int(contact[-1]), world.moment_of(self.model.minute))
        key = f"cancel-{self.steps}"
        self.act("cancel", lambda: _cancel(ctx, one, key), refusal, killed)
        if refusal is None:
            self.model.end(one)

    @precondition(lambda self: self.happened % 7 == 0)
    @rule(link=st.sampled_from(world.LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """A court order; what is booked stays, and keeps nothing from who comes no more."""
        self._links.cut(link)
        self._lost.add(link[0])

    @precondition(lambda self: self._links.is_one_cut)
    @rule()
    def links_are_opened(self) -> None:
        """The orders end."""
        self._links.open_all()

    @precondition(lambda self: self.happened > _LATE)
    @rule(evening=_EVENING)
    def close(self, evening: int) -> None:
        """Booking ends; nothing is taken from anybody."""
        refusal = None if self.model.evenings[evening].status in {"published", "closed"} else WrongState
        event_id, now = self.start.event_ids[evening], world.moment_of(self.model.minute)
        self.act("close", lambda: world.close(event_id, now), refusal)
        if refusal is None:
            self.model.shut(evening, "closed")

    @precondition(lambda self: self.happened > _LATE)
    @rule(evening=_EVENING, killed=KILLED)
    def does_not_take_place(self, evening: int, killed: int | None) -> None:
        """Everybody's appointment ends in a minute."""
        event_id, now = self.start.event_ids[evening], world.moment_of(self.model.minute)
        self.act("cancel the evening", lambda: events.cancel_event(event_id, now), None, killed)
        self.model.shut(evening, "cancelled")
        self.housekeeping()

    @rule()
    def housekeeping(self) -> None:
        """What is due is done."""
        for _ in range(2):
            self.model.minute += 1
            events.housekeeping(world.moment_of(self.model.minute))
        self.model.call_off()

    @precondition(lambda self: self.happened > _LATE)
    @rule(minutes=st.sampled_from([1, 10, 25]))
    def time_passes(self, minutes: int) -> None:
        """It is evening: appointments begin, then nobody books any more."""
        self.model.minute = max(self.model.minute, -1) + minutes

    @invariant()
    def the_product_is_where_the_model_is(self) -> None:
        """Every slot and every appointment is, and nobody is in two places at once."""
        self.count_step()
        found = rows("Bookings")
        for number, event_id in enumerate(self.start.event_ids):
            event, here = find_event(SCHOOL, event_id), self.model.evenings[number]
            same(event.status, here.status)
            same(world.slots_of(event_id, found), here.slots, "slots")
            expected = {one.id: one.wanted.child for one in self.model.live if one.evening == number}
            same(
                {one.id: one.pupil_id for one in bookings_of(event, found) if one.state in LIVE},
                expected,
                "appointments",
            )
            # To an appointment about a child they lost the link to, somebody else comes.
            others = tuple(f"parent {contact} " for contact in self._lost)
            same([one for one in faults_of_evening(event, found) if not one.startswith(others)], [])


def _cancel(ctx: Context, one: Had, key: str) -> None:
    """As the function does it: whose it is first."""
    booking = reading.find_for_caller(ctx, one.id)
    cancelling.require_may_cancel(ctx, booking)
    cancelling.cancel(ctx, booking, cancelling.Asked(request=keyed(key, one.id)))
