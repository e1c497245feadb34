"""The product and the model side by side: what every part of the life has, and what must be so after every step."""

from abc import abstractmethod
from collections import Counter
from functools import partial
from typing import Any

from hypothesis.stateful import invariant

from school_events.bookings import places, settlement, store
from school_events.payments import store as payment_store
from tests.support.booked_world import as_system
from tests.support.contexts import SCHOOL
from tests.support.event_checker import bookings_of, faults_of
from tests.support.shop import ledger_balance
from tests.support.waiting_checker import faults_of_waiting, turns_of
from tests.unit.bookings.life import world
from tests.unit.bookings.life.core import Machine, same
from tests.unit.bookings.life.model import Basket, Line

_UNTIL_MADE = "has a refund that was never made"


class Base(Machine):
    """What the parts of a life share."""

    start: world.Start

    def __init__(self) -> None:
        super().__init__()
        self.start.rewind()
        self.model = self.start.model()

    @property
    def event_id(self) -> str:
        """The event's."""
        return self.start.event_id

    def hear_of(self, basket: Basket, killed: int | None = None) -> None:
        """Stripe's message comes, or the family's return page asks."""

        def asked() -> None:
            settlement.apply_payment(as_system(self.model.now), basket.payment_id)

        self.act("hear of a payment", asked, None, killed)
        self.model.hear(basket)
        if killed is not None:
            self.housekeeping_runs()

    def housekeeping_runs(self, killed: int | None = None) -> None:
        """Three minutes' runs: refunds are due a minute after they are decided, and who paid meanwhile comes last."""
        for _ in range(3):
            world.killed_once(partial(world.housekeeping, self.model.now), killed)
            self.model.housekeeping()
            self.time_passes(1)
            killed = None
        self._check_tables(but_for="")
        same(faults_of_waiting(self.start.event(), settled=not self.model.returned), [], "the waiting list")

    @invariant()
    def the_product_is_where_the_model_is(self) -> None:
        """Each booking's state, each place, and nothing that the checker of the tables finds."""
        self.count_step()
        event = self.start.event()
        same(event.status, self.model.status)
        found = {one.id: (one.pupil_id, one.booked_by, one.price.amount, one.state.value) for one in bookings_of(event)}
        same(found, {one.id: _shown(one) for one in self.model.lines})
        if self.model.status != "draft":
            same({one.ref: one.state.value for one in turns_of(event)}, self._turns(), "the waiting list")
            same(faults_of_waiting(event, settled=False), [], "the waiting list")
            self._check_tables(but_for=_UNTIL_MADE)
            self._check_places()

    def _turns(self) -> dict[str, str]:
        return {turn.id: turn.state for turn in self.model.turns}

    def _check_tables(self, but_for: str) -> None:
        """The checker finds nothing; a draft has no places yet."""
        if self.model.status != "draft":
            same(
                [one for one in faults_of(self.start.event(), self.model.now) if not but_for or but_for not in one], []
            )

    def _check_places(self) -> None:
        """What nobody has is of no matter once nobody can have it."""
        states = Counter(item.state for item in places.places_of(SCHOOL, self.event_id))
        expected = Counter(
            "taken" if line.state == "confirmed" else "held" for line in self.model.live if not line.is_extra
        )
        if self.model.status in {"published", "closed"}:
            counted = {"free": self.model.free, "returned": self.model.returned, "offered": self.model.offered}
            expected += Counter(counted)
        same({state: states[state] for state in expected}, dict(expected), "places")

    def teardown(self) -> None:
        """In the end every hold is over, all money is dealt with, and the ledger has what Stripe has, to the penny."""
        self.ends()
        for _ in range(2):
            self.time_passes(37)
            self.housekeeping_runs()
        for basket in self.model.baskets:
            self.hear_of(basket)
        self.housekeeping_runs()
        self.the_product_is_where_the_model_is()
        same(ledger_balance(), self._at_stripe())
        for basket in self.model.baskets:
            self._check_money(basket)

    def _at_stripe(self) -> int:
        """What families paid and got back there, less fees; of payouts only Stripe's messages tell, and none comes."""
        moved = self.start.shop.all("balance_transaction")
        return sum(one["net"] for one in moved if one["type"] not in {"payout", "payout_failure"})

    @abstractmethod
    def ends(self) -> None:
        """What the school does last."""

    @abstractmethod
    def time_passes(self, minutes: int) -> None:
        """The clocks go on, Stripe's too."""

    def _check_money(self, basket: Basket) -> None:
        payment = payment_store.find_payment(SCHOOL, basket.payment_id)
        same(payment.refunded.amount, sum(line.refund for line in basket.lines), "what went back")
        same(payment.paid_at is not None, basket.is_paid)


def _shown(line: Line) -> tuple[Any, ...]:
    return line.pupil, line.by, line.price, line.state


def kept(booking_id: str) -> Any:
    """A booking as it is kept now."""
    return store.find_booking(SCHOOL, booking_id)
