"""One event's whole life in random order, against a plain model: book, pay, hear of it, cancel, expire, late money."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from school_events.bookings import cancelling, chores, settlement, store
from school_events.bookings.service import Booked
from school_events.core import due
from school_events.core.errors import AlreadyBooked, NoFreePlace, WrongState
from school_events.events.model import SchoolEvent
from school_events.payments import gateway
from school_events.payments.model import PaymentState
from tests.support.booked_world import as_parent, as_system, book, booking_of, payment_of, place_states
from tests.support.contexts import NOW, SCHOOL
from tests.support.event_checker import faults_of
from tests.support.rewind import bookmark
from tests.support.shop import Shop, ledger_balance

CAPACITY = 3
PARENTS = {"pupil-1": 1, "pupil-2": 2, "pupil-3": 3, "pupil-4": 4}


WHICH = st.integers(0, 3)


@dataclass
class Story:
    """What the model believes of one booking.

    Args:
        pupil: whose.
        booked: what the product answered.
        hold_until: until when its place waits.
        state: of the booking.
        page_until: until when Stripe's page can be paid, if one was opened and not closed.
        has_page: whether a page was ever opened.
        money: ``none``, ``paid`` (we have not heard), ``kept`` or ``back``.
    """

    pupil: str
    booked: Booked
    hold_until: datetime
    state: str = "pending"
    page_until: datetime | None = None
    has_page: bool = False
    money: str = "none"

    @property
    def is_live(self) -> bool:
        """Whether it has a place."""
        return self.state in {"pending", "expiring", "confirmed"}


def _pick(stories: list[Story], which: int) -> Story:
    return stories[-1 - which % len(stories)]


class Life(RuleBasedStateMachine):
    """The product and the model, side by side."""

    shop: Shop
    event: SchoolEvent
    rewind: Callable[[], None]
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).rewind()
        self.now = NOW
        self.known: list[Story] = []

    def _live(self) -> list[Story]:
        return [one for one in self.known if one.is_live]

    def _open_pages(self) -> list[Story]:
        return [one for one in self.known if self._page_is_open(one)]

    def _unheard(self) -> list[Story]:
        return [one for one in self.known if one.money == "paid"]

    def _waiting(self) -> list[Story]:
        return [one for one in self.known if one.state in {"pending", "expiring"} and one.has_page]

    @rule(pupil=st.sampled_from(sorted(PARENTS)))
    def book(self, pupil: str) -> None:
        live = self._live()
        expected = NoFreePlace if len(live) == CAPACITY else AlreadyBooked
        if len(live) == CAPACITY or pupil in {one.pupil for one in live}:
            with pytest.raises(expected):
                book(self.event, pupil, parent=PARENTS[pupil], now=self.now)
            return
        booked = book(self.event, pupil, parent=PARENTS[pupil], now=self.now)
        self.known.append(Story(pupil, booked, self.now + timedelta(minutes=15)))

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def open_page(self, which: int) -> None:
        story = _pick(self.known, which)
        may = story.state == "pending" and (story.page_until is None or self.now < story.page_until)
        if not may:
            with pytest.raises(WrongState):
                self.shop.open(story.booked, self.now)
            return
        self.shop.open(story.booked, self.now)
        if not story.has_page:
            story.has_page, story.page_until = True, self.now + timedelta(minutes=35)
            story.hold_until = self.now + timedelta(minutes=36)

    def _page_is_open(self, story: Story) -> bool:
        return story.money == "none" and story.page_until is not None and self.now < story.page_until

    @precondition(lambda self: self._open_pages())
    @rule(which=WHICH)
    def pay(self, which: int) -> None:
        story = _pick(self._open_pages(), which)
        self.shop.pay(payment_of(story.booked))
        story.money = "paid"

    @precondition(lambda self: len(self._live()) < CAPACITY)
    @rule(pupil=st.sampled_from(sorted(PARENTS)))
    def book_and_pay(self, pupil: str) -> None:
        if pupil not in {one.pupil for one in self._live()}:
            self.book(pupil)
            self.open_page(0)
            self.pay(0)

    @precondition(lambda self: self._unheard())
    @rule(which=WHICH)
    def hear_of_money(self, which: int) -> None:
        self._hear(_pick(self._unheard(), which))

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def hear(self, which: int) -> None:
        self._hear(_pick(self.known, which))

    def _hear(self, story: Story) -> None:
        settlement.apply_payment(as_system(self.now), story.booked.payment_id or "")
        self._settle(story, ends_if_unpaid=not self._page_is_open(story))
        assert not faults_of(self.event)

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        story = _pick(self.known, which)
        if story.state != "pending":
            with pytest.raises(WrongState):
                cancelling.cancel(as_parent(now=self.now), booking_of(story.booked))
            return
        cancelling.cancel(as_parent(now=self.now), booking_of(story.booked))
        story.state, story.hold_until = ("expiring", self.now) if story.has_page else ("released", self.now)

    @precondition(lambda self: self._waiting())
    @rule(which=WHICH)
    def let_go_while_the_page_stays_open(self, which: int) -> None:
        """What no condition prevents: Stripe says the page is closed, and money comes all the same."""
        story = _pick(self._waiting(), which)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway, "expire_session", lambda *_: None)
            settlement.let_go(as_system(self.now), story.booked.payment_id or "")
        story.state = "released"

    @rule(minutes=st.sampled_from([1, 16, 37]))
    def time_goes_by(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.shop.at(self.now)
        chores.let_due_holds_go(self.now, lambda _: as_system(self.now), lambda: True)
        for story in self.known:
            if story.state in {"pending", "expiring"} and story.hold_until <= self.now:
                self._settle(story, ends_if_unpaid=True)

    def _settle(self, story: Story, *, ends_if_unpaid: bool) -> None:
        """Stripe was asked: money confirms a hold, or buys a free place back, or goes back; no money ends a hold."""
        waits = story.state in {"pending", "expiring"}
        if story.money == "paid":
            others = [one for one in self._live() if one is not story]
            is_free = len(others) < CAPACITY and story.pupil not in {one.pupil for one in others}
            story.money = "kept" if waits or is_free else "back"
            story.state = "confirmed" if story.money == "kept" else "released"
        elif story.money == "none" and waits and ends_if_unpaid and (story.has_page or story.hold_until <= self.now):
            story.state, story.page_until = "released", None

    @invariant()
    def the_product_is_where_the_model_is(self) -> None:
        type(self).steps += 1
        found = store.find_bookings(SCHOOL, [one.booked.booking_ids[0] for one in self.known])
        assert [one.state for one in found.values()] == [one.state for one in self.known]
        assert len(self._live()) == CAPACITY - place_states(self.event).count("free")

    def teardown(self) -> None:
        """In the end every hold is over, all money is heard of, and the ledger is Stripe's, to the penny."""
        self.time_goes_by(37)
        self.time_goes_by(37)
        for story in self.known:
            self._hear(story)
        self.the_product_is_where_the_model_is()
        assert not faults_of(self.event)
        assert set(place_states(self.event)) <= {"free", "taken"}
        assert ledger_balance() == self.shop.balance()
        paid = [payment_of(one.booked).state for one in self.known if one.money == "kept"]
        back = [payment_of(one.booked).state for one in self.known if one.money == "back"]
        assert set(paid) <= {PaymentState.PAID}
        assert set(back) <= {PaymentState.REFUNDED}
        assert len(self.shop.all("refund")) == len(back)


def test_any_life_of_an_event_ends_as_a_plain_model_says(shop: Shop, event: SchoolEvent) -> None:
    due.WatermarkItem("DUE#HOLD", "WATERMARK", hour=NOW).save()
    Life.shop, Life.event, Life.rewind = shop, event, staticmethod(bookmark(shop))
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=8,
            stateful_step_count=24,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Life.steps > 200
