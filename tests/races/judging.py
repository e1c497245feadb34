"""Whether what those who raced were told is true: of each answer, the tables know; refusals are of the kinds told."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from school_events.bookings.appointments.errors import AppointmentClash, FamilyLimit, SlotTaken
from school_events.bookings.service import Booked
from school_events.bookings.terms.rules import NotAsSeen
from school_events.bookings.waiting.service import PlacesAreFree
from school_events.core.errors import AlreadyBooked, NoFreePlace, StaleVersion, WrongState
from tests.races.acts import Outcome
from tests.races.checker import Seen, Tables
from tests.races.kind import Kind
from tests.races.scenes import Stage
from tests.races.waiting_checker import faults_of_order

_MAY_BE_TOLD: dict[str, set[type[Exception]]] = {
    "book": {NoFreePlace, AlreadyBooked, WrongState},
    "book slots": {SlotTaken, AppointmentClash, FamilyLimit, AlreadyBooked},
    "cancel": {WrongState, NotAsSeen},
    "join": {PlacesAreFree, AlreadyBooked, WrongState},
    "leave": {WrongState},
    "accept": {WrongState},
    "decline": {WrongState},
    "change capacity": {StaleVersion},
    "close": {WrongState},
    "call off": {WrongState},
}


@dataclass(frozen=True)
class Race:
    """A race that was run."""

    kind: Kind
    stage: Stage
    outcomes: Sequence[Outcome]

    @property
    def struck(self) -> int:
        """How many faults struck writes of those who raced."""
        return sum(one.struck for one in self.outcomes)


def faults_of_races(races: Iterable[Race], tables: Tables) -> list[str]:
    """What somebody was told in a race that is not so."""
    return [f"{race.kind.name} {race.stage.event_id}: {fault}" for race in races for fault in _faults(race, tables)]


def _faults(race: Race, tables: Tables) -> Iterator[str]:
    seen = tables.events[race.stage.event_id]
    there = {one["id"] for one in seen.bookings}
    told_of = {one.act.key: one.answer for one in race.outcomes if isinstance(one.answer, Booked)}
    for one in race.outcomes:
        if isinstance(one.answer, type) and one.answer not in _MAY_BE_TOLD.get(one.act.name, set()):
            yield f"{one.act.name} was told {one.answer.__name__}"
        if isinstance(one.answer, Booked) and not there.issuperset(one.answer.booking_ids):
            yield f"{one.answer.booking_ids} were answered and are not there"
        if one.act.key in told_of and one.answer not in (told_of[one.act.key], None):
            yield "the same request was answered in two ways"
    if race.stage.most is not None and any(times > race.stage.most for times in _live_by_pool(seen).values()):
        yield f"more live bookings than the highest capacity of {race.stage.most}"
    yield from faults_of_order(seen.turns, race.stage.waiting_ids)
    if race.kind.sells_out and any(place["state"]["S"] == "free" for place in seen.places):
        yield "a place is free though somebody was told that there is none, or gave up with nothing done"


def _live_by_pool(seen: Seen) -> Counter[str]:
    return Counter(one["place"]["pool"] for one in seen.live)
