"""The life of consents: given, refused and taken back by both parents, while the school asks other things."""

from collections.abc import Mapping

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from school_events.bookings.answering.api import ConsentView
from school_events.bookings.answers import Filled
from tests.support.booked_world import as_parent, keyed
from tests.support.contexts import NOW
from tests.unit.bookings.life import world as events
from tests.unit.bookings.life.consents import world
from tests.unit.bookings.life.consents.model import Consent, Given, Place
from tests.unit.bookings.life.core import KILLED, WHICH, Machine, pick, same
from tests.unit.bookings.life.links import Links

_CONTACT = st.sampled_from([1, 1, 2, 2, 3])
_SAYS = st.sampled_from(["yes", "yes", "yes", "no", None])
_GIVEN: st.SearchStrategy[Given] = st.fixed_dictionaries({"goes": _SAYS, "photos": _SAYS}).map(
    lambda said: {name: one for name, one in said.items() if one is not None}
)
_LUNCH = {"lunch": "packed"}
_STALE = st.sampled_from([0, 0, 0, 1])


@st.composite
def _consents(draw: st.DrawFn) -> Mapping[str, Consent]:
    """Most of the time both are asked for."""
    goes = Consent(draw(st.sampled_from(world.WORDS)), required=True)
    photos = Consent(draw(st.sampled_from(world.WORDS)), required=draw(st.booleans()))
    return {"goes": goes} | ({"photos": photos} if draw(st.sampled_from([True, True, False])) else {})


class Consents(Machine):
    """Everything that can happen, in any order."""

    start: world.Start

    def __init__(self) -> None:
        super().__init__()
        self.start.rewind()
        self.model = self.start.model()
        self._links = Links(world.LINKS, self.model.links, lambda: NOW)

    @precondition(lambda self: self._not_booked())
    @rule(which=WHICH, given=_GIVEN, stale=_STALE, killed=KILLED)
    def book(self, which: int, given: Given, stale: int, killed: int | None) -> None:
        """A parent of a child books, and agrees, or not."""
        contact, child = pick(self._not_booked(), which)
        self._book(contact, child, {**given, **_LUNCH}, stale, killed)

    @precondition(lambda self: self._not_booked())
    @rule(which=WHICH)
    def book_and_agree(self, which: int) -> None:
        """As most do."""
        contact, child = pick(self._not_booked(), which)
        self._book(contact, child, {**dict.fromkeys(self.model.form.consents, "yes"), **_LUNCH}, 0, None)

    def _book(self, contact: str, child: str, given: Given, stale: int, killed: int | None) -> None:
        version = self.model.form.version - stale
        refusal = self.model.refusal_of_booking(contact, child, given, version)
        ctx, request = as_parent(int(contact[-1]), NOW), keyed(f"book-{self.steps}")
        filled, event_id = Filled(given, version), self.start.event_id
        made = self.act("book", lambda: world.book(ctx, contact, event_id, child, filled, request), refusal, killed)
        if made is not None:
            self.model.book(made, contact, child, given)

    @precondition(lambda self: self._not_booked() and self.happened % 4 == 0)
    @rule(which=WHICH)
    def school_books(self, which: int) -> None:
        """It cannot agree for anybody."""
        contact, child = pick(self._not_booked(), which)
        ctx, request = events.as_admin(NOW), keyed(f"book-{self.steps}")
        made = world.book(ctx, contact, self.start.event_id, child, Filled(_LUNCH), request)
        self.model.book(made, contact, child, _LUNCH)

    def _not_booked(self) -> list[tuple[str, str]]:
        return [one for one in sorted(self.model.links) if self.model.place_of(one[1]) is None]

    @precondition(lambda self: self.model.places)
    @rule(which=WHICH, contact=_CONTACT, given=_GIVEN, lunch=st.booleans(), stale=_STALE, killed=KILLED)
    def answer_anything(
        self, which: int, contact: int, given: Given, stale: int, killed: int | None, *, lunch: bool
    ) -> None:
        """Somebody says something, whosever form it is, and whatever is asked."""
        booking_id = pick(list(self.model.places), which)
        self._answer(booking_id, f"contact-{contact}", {**given, **(_LUNCH if lunch else {})}, stale, killed)

    @precondition(lambda self: self._who_may_answer())
    @rule(which=st.integers(0, 20), given=_GIVEN, killed=KILLED)
    def answer(self, which: int, given: Given, killed: int | None) -> None:
        """A parent says what is theirs to say."""
        booking_id, contact = pick(self._who_may_answer(), which)
        asked = self.model.form.consents
        said = {name: one for name, one in given.items() if name in asked}
        if self.model.is_responsible(contact, self.model.places[booking_id]):
            said = {**{name: "no" for name, one in asked.items() if one.required}, **said, **_LUNCH}
        self._answer(booking_id, contact, said, 0, killed)

    def _who_may_answer(self) -> list[tuple[str, str]]:
        live = [(booking_id, place.child) for booking_id, place in self.model.places.items() if place.is_live]
        return [(one, contact) for one, child in live for contact, other in sorted(self.model.links) if other == child]

    def _answer(self, booking_id: str, contact: str, given: Given, stale: int, killed: int | None) -> None:
        place, version = self.model.places[booking_id], self.model.form.version - stale
        refusal = self.model.refusal_of_answering(contact, place, given, version)
        ctx, request = as_parent(int(contact[-1]), NOW), keyed(f"answer-{self.steps}")
        self.act("answer", lambda: world.answer(ctx, booking_id, given, version, request), refusal, killed)
        if refusal is None:
            self.model.answer(contact, place, given)

    @rule(consents=_consents(), again=st.sampled_from([False, False, True]), killed=KILLED)
    def change(self, consents: Mapping[str, Consent], killed: int | None, *, again: bool) -> None:
        """The school asks in other words, asks for more or less, or says that families are to be asked again."""
        description = f"What is done, put in other words for the {self.steps}th time"
        once = None if again else killed
        self.act("ask", lambda: world.ask(self.start.event_id, consents, description, again=again), None, once)
        self.model.change(consents, again=again)

    @precondition(lambda self: self.happened % 8 == 7 and any(one.is_live for one in self.model.places.values()))
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        """Nobody answers for a place that is given up."""
        booking_id = pick([one for one, place in self.model.places.items() if place.is_live], which)
        world.cancel(booking_id)
        self.model.places[booking_id].is_live = False

    @precondition(lambda self: self.happened % 6 == 5)
    @rule(link=st.sampled_from(world.LINKS))
    def link_is_cut(self, link: tuple[str, str]) -> None:
        """What they said stays; the form is the other parent's from now on."""
        self._links.cut(link)

    @precondition(lambda self: self._links.is_one_cut and self.happened % 3 == 0)
    @rule()
    def links_are_opened(self) -> None:
        """The orders end."""
        self._links.open_all()

    @invariant()
    def what_is_kept_is_what_the_model_says(self) -> None:
        """Of every booking, to the school and to each parent."""
        self.count_step()
        for booking_id, place in self.model.places.items():
            seen = world.consents(events.as_admin(NOW), booking_id)
            found = (seen.form_version, seen.consent_outdated, seen.consent_withdrawn)
            expected = (self.model.form.version, self.model.is_outdated(place), self.model.is_withdrawn(place))
            same(found, expected, f"consents of {booking_id}")
            said = {one.contact_id: (one.state, list(map(_seen, one.consents))) for one in seen.contacts or ()}
            same(said, {one: self._of(place, one) for one in sorted(place.said)}, "what parents said")
            mine = world.consents(as_parent(2, NOW), booking_id)
            same((mine.my_state, list(map(_seen, mine.mine or ()))), self._of(place, "contact-2"), "what I said")
            same(mine.contacts, None)

    def _of(self, place: Place, contact: str) -> tuple[str, list[tuple[str, bool, int, bool]]]:
        """How a parent stands, and what they said, with which of it is their last word."""
        acts = place.said.get(contact, [])
        shown = []
        for number, act in enumerate(acts):
            later = {word.question for other in acts[number + 1 :] for word in other}
            shown += [(word.question, word.given, word.version, word.question not in later) for word in act]
        return self.model.state_of(place, contact), shown


def _seen(one: ConsentView) -> tuple[str, bool, int, bool]:
    return one.question_id, one.given, one.form_version, one.stands
