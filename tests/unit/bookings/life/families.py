"""Families book, and send the same request again; the school books for them, too."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from school_events.bookings import service
from school_events.bookings.capacity.extra import Extra
from school_events.bookings.service import Booked
from school_events.bookings.ways import Way, Wish
from school_events.core.context import Context
from school_events.core.errors import KeyReused, NotFound
from school_events.core.requests import LIFE
from tests.support.booked_world import as_parent, keyed
from tests.unit.bookings.life import world
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED, WHICH, pick

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
    """Booking."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []

    def _who_may(self, *, beyond: bool = False) -> list[Household]:
        refusal = partial(self.model.refusal_of_booking, beyond=beyond)
        return [one for one in ALONE + TOGETHER if refusal(f"contact-{one[0]}", one[1]) is None]

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

    @precondition(lambda self: self._who_may(beyond=True))
    @rule(which=st.integers(0, 11), killed=KILLED)
    def school_books_beyond_the_capacity(self, which: int, killed: int | None) -> None:
        """On purpose, where there is no free place."""
        self._book(pick(self._who_may(beyond=True), which), killed, by_school=True, beyond=True)

    @precondition(lambda self: self.happened % 5 == 0)
    @rule(who=st.sampled_from(TOGETHER + ALONE))
    def school_asks_for_a_place_beyond_the_capacity(self, who: Household) -> None:
        """Needed or not."""
        self._book(who, None, by_school=True, beyond=True)

    @rule(who=st.sampled_from(TOGETHER + ALONE), by_school=st.booleans())
    def ask_for_a_place(self, who: Household, *, by_school: bool) -> None:
        """Whether there is one or not, and whether they have one or not."""
        self._book(who, None, by_school=by_school)

    @precondition(lambda self: self.happened % 5 == 1)
    @rule(who=st.sampled_from(STRANGERS))
    def stranger_books(self, who: Household) -> None:
        """Somebody tries for a child that is not theirs."""
        self._book(who, None)

    def _book(self, who: Household, killed: int | None, *, by_school: bool = False, beyond: bool = False) -> None:
        number, pupils = who
        refusal = self.model.refusal_of_booking(f"contact-{number}", pupils, beyond=beyond)
        key = f"key-{self.steps}-{len(self.asked)}"
        ctx = world.as_admin(self.model.now) if by_school else as_parent(number, self.model.now)
        way = Extra("A promise of the head's") if beyond else None
        what = "book beyond the capacity" if beyond else "book"
        answer = self.act(what, lambda: _book(ctx, self.event_id, who, key, way=way), refusal, killed)
        if answer is None:
            return
        self.model.book(f"contact-{number}", pupils, answer.booking_ids, answer.payment_id, beyond=beyond)
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


def _book(
    ctx: Context, event_id: str, who: Household, key: str, asks: str = "the same", way: Way | None = None
) -> Booked:
    number, pupils = who
    wishes = [Wish(pupil) for pupil in pupils]
    return service.book(ctx, f"contact-{number}", event_id, wishes, keyed(key, asks), way)
