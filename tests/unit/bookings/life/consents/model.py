"""A plain model of a form's consents: who said what to which words, and who is to be asked again (D3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from school_events.core.errors import Invalid, NotFound, WrongState
from tests.unit.bookings.life.model import Refusal

type Given = Mapping[str, str]
"""Answers by question; ``lunch`` is no consent, and has to be answered by who fills in all of the form."""

CONSENTS = ("goes", "photos")


@dataclass(frozen=True)
class Consent:
    """What is asked: in which words, and whether a child cannot go without."""

    words: str
    required: bool


@dataclass(frozen=True)
class Form:
    """What is asked now.

    Args:
        consents: by question.
        version: of the form.
        asked_from: the version from which on everybody is to have answered.
    """

    consents: Mapping[str, Consent]
    version: int = 1
    asked_from: int = 0


@dataclass(frozen=True)
class Word:
    """What a parent said to a consent at one time."""

    question: str
    given: bool
    words: str
    version: int


@dataclass
class Place:
    """A child's booking.

    Args:
        child: whose.
        by: who booked.
        answered: what the whole form was last answered with, and in which version.
        said: what each parent said to consents, in order, by the acts in which they did.
        is_live: whether it was not cancelled.
        withheld: the consents that somebody withheld when it was last answered.
    """

    child: str
    by: str
    answered: tuple[Given, int]
    said: dict[str, list[list[Word]]] = field(default_factory=dict)
    is_live: bool = True
    withheld: frozenset[str] = frozenset()

    def last_words(self, contact: str) -> dict[str, Word]:
        """What a parent said last to each consent."""
        return {word.question: word for act in self.said.get(contact, []) for word in act}


@dataclass
class Answers:
    """The event's form and its families.

    Args:
        form: as it is asked now.
        links: open ones, as (contact, child).
        places: all bookings.
    """

    form: Form
    links: set[tuple[str, str]]
    places: dict[str, Place] = field(default_factory=dict)

    def place_of(self, child: str) -> Place | None:
        """The live booking of a child."""
        return next((one for one in self.places.values() if one.is_live and one.child == child), None)

    def change(self, consents: Mapping[str, Consent], *, again: bool) -> None:
        """The school asks other things, or says that families are to be asked again."""
        before = self.form
        asks = again or any(before.consents.get(name) != consent for name, consent in consents.items())
        version = before.version + (1 if again or consents != before.consents else 0)
        self.form = Form(consents, version, version if asks else before.asked_from)

    def refusal_of_booking(self, contact: str, child: str, given: Given, version: int | None) -> Refusal | None:
        """Why a parent does not get a place, if they do not."""
        if (contact, child) not in self.links:
            return NotFound
        if version is not None and version != self.form.version:
            return WrongState
        if version is None or not self._is_whole(given) or self._lacks_agreement(given):
            return Invalid
        return None

    def _lacks_agreement(self, given: Given) -> bool:
        return any(one.required and given.get(name) != "yes" for name, one in self.form.consents.items())

    def _is_whole(self, given: Given) -> bool:
        """Whether everything that is required is answered, and nothing that is not asked."""
        required = {name for name, one in self.form.consents.items() if one.required} | {"lunch"}
        return required <= given.keys() <= self.form.consents.keys() | {"lunch"}

    def book(self, booking_id: str, contact: str, child: str, given: Given) -> None:
        """The parent has a place, and has said what they said; of the school's booking nobody has said anything."""
        place = self.places[booking_id] = Place(child, contact, (given, self.form.version))
        self._note(place, contact, given)

    def _note(self, place: Place, contact: str, given: Given) -> None:
        """What is said to consents is kept unless it was said just so before."""
        asked = self.form.consents
        words = [
            Word(name, given[name] == "yes", asked[name].words, self.form.version) for name in asked if name in given
        ]
        last = place.last_words(contact)
        if any(last.get(word.question) != word for word in words):
            place.said.setdefault(contact, []).append(words)

    def is_responsible(self, contact: str, place: Place) -> bool:
        """Whether all of the form is a parent's to answer: they booked, or who did may not see the child any more."""
        return contact == place.by or (place.by, place.child) not in self.links

    def refusal_of_answering(self, contact: str, place: Place, given: Given, version: int) -> Refusal | None:
        """Why new answers are not taken, if they are not."""
        if (contact, place.child) not in self.links:
            return NotFound
        if not place.is_live or version != self.form.version:
            return WrongState
        if self.is_responsible(contact, place):
            return None if self._is_whole(given) else Invalid
        return None if given and given.keys() <= self.form.consents.keys() else Invalid

    def answer(self, contact: str, place: Place, given: Given) -> None:
        """The parent says it."""
        self._note(place, contact, given)
        if self.is_responsible(contact, place):
            place.answered = (given, self.form.version)
        family = [one for one in place.said if (one, place.child) in self.links]
        place.withheld = frozenset(name for one in family for name in self._withheld(place, one))

    def is_withdrawn(self, place: Place) -> bool:
        """Whether somebody withheld a consent that is still asked for."""
        return bool(place.withheld & self.form.consents.keys())

    def _withheld(self, place: Place, contact: str) -> set[str]:
        words = [word for word in place.last_words(contact).values() if word.question in self.form.consents]
        return {word.question for word in words if self._withholds(place, contact, word)}

    def state_of(self, place: Place, contact: str) -> str:
        """How a parent stands to what is asked now."""
        words = [word for word in place.last_words(contact).values() if word.question in self.form.consents]
        if self._withheld(place, contact):
            return "withheld"
        if not words:
            return "unanswered"
        return "outdated" if any(word.version < self.form.asked_from for word in words) else "answered"

    def _withholds(self, place: Place, contact: str, word: Word) -> bool:
        ever = any(one.given for act in place.said[contact] for one in act if one.question == word.question)
        return not word.given and (ever or self.form.consents[word.question].required)

    def is_outdated(self, place: Place) -> bool:
        """Whether who has the place is to be asked again, or was never asked."""
        given, version = place.answered
        lacks = any(one.required and name not in given for name, one in self.form.consents.items())
        return place.is_live and (version < self.form.asked_from or lacks)
