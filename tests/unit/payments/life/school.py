"""What the school does, and what the clock brings."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.scene import ADMIN, FINANCE, receive_in_cash
from tests.unit.payments.life.base import KILLED, WHICH, Base, Kill, pick


class School(Base):
    """Staff, and housekeeping."""

    @rule(killed=KILLED)
    def housekeeping(self, killed: Kill | None) -> None:
        """The run of a minute."""
        with self.killed(killed):
            self.scene.housekeeping()

    @rule(minutes=st.sampled_from([1, 6, 16, 37]))
    def time_passes(self, minutes: int) -> None:
        """Pages close, and holds are over."""
        self.scene.pass_time(minutes=minutes)
        self.scene.housekeeping()

    @precondition(lambda self: self.live())
    @rule(which=WHICH, refund=st.sampled_from(["full", "policy", "none"]), killed=KILLED)
    def school_cancels_a_place(self, which: int, refund: str, killed: Kill | None) -> None:
        """And decides what comes back."""
        self._cancel(pick(self.live(), which)[1], refund, killed)

    @precondition(lambda self: self.confirmed())
    @rule(which=WHICH, lost=st.integers(0, 4), killed=KILLED)
    def school_gives_money_back(self, which: int, lost: int, killed: Kill | None) -> None:
        """And Stripe's answers are lost when housekeeping asks for it."""
        self._cancel(pick(self.confirmed(), which)[1], "full", None)
        self.scene.shop.server.faults.lose_answers(lost)
        self.scene.pass_time(minutes=2)
        with self.killed(killed):
            self.scene.housekeeping()

    @precondition(lambda self: self.paid())
    @rule(which=WHICH, pence=st.sampled_from([None, 1, 500]), killed=KILLED)
    def finance_give_back(self, which: int, pence: int | None, killed: Kill | None) -> None:
        """Of what a family paid, for whatever reason."""
        payment = pick(self.paid(), which)
        line = {"booking_id": payment["lines"][0]["reference"], "amount": {"amount": pence, "currency": "gbp"}}
        body = {"reason": "goodwill"} if pence is None else {"reason": "goodwill", "lines": [line]}
        route = "POST /payments/{payment_id}/refunds"
        asked = partial(self.scene.ask, route, FINANCE, body, payment_id=str(payment["id"]))
        self.act("finance give back", asked, killed)

    @precondition(lambda self: self.pages("open"))
    @rule(which=WHICH, pence=st.sampled_from([500, 1221, 1250]), killed=KILLED)
    def finance_receive(self, which: int, pence: int, killed: Kill | None) -> None:
        """Cash, for what a family was about to pay by card."""
        payment_id = str(pick(self.pages("open"), which)["id"])
        self.act("finance receive", partial(receive_in_cash, self.scene, payment_id, pence), killed)

    def _cancel(self, booking_id: str, refund: str, killed: Kill | None) -> None:
        route, body = "POST /bookings/{booking_id}/cancel", {"refund": refund}
        self.act("school cancels a place", partial(self.scene.ask, route, ADMIN, body, booking_id=booking_id), killed)

    @precondition(lambda self: self.happened > 25)
    @rule(event=st.integers(0, 2), killed=KILLED)
    def school_cancels_a_trip(self, event: int, killed: Kill | None) -> None:
        """Everything goes back."""
        event_id = self.start.events[event].id
        asked = partial(self.scene.ask, "POST /events/{event_id}/cancel", ADMIN, event_id=event_id)
        self.act("school cancels a trip", asked, killed)
