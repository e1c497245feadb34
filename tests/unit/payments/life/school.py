"""What the school does, and what the clock brings."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.errors import Json
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

    @precondition(lambda self: self.kept())
    @rule(which=WHICH, pence=st.sampled_from([None, 1, 100, 500]), killed=KILLED)
    def finance_give_back(self, which: int, pence: int | None, killed: Kill | None) -> None:
        """Of a place, an instalment or a contribution, for whatever reason."""
        payment, line = pick(self.kept(), which)
        part: Json = {"booking_id": line["reference"], "part": line["part"]}
        if pence is not None:
            part["amount"] = {"amount": pence, "currency": "gbp"}
        self._give_back("finance give back", payment, {"reason": "goodwill", "lines": [part]}, killed)

    @precondition(lambda self: self.kept())
    @rule(which=WHICH, killed=KILLED)
    def finance_give_all_back(self, which: int, killed: Kill | None) -> None:
        """What is still there of a payment."""
        self._give_back("finance give all back", pick(self.kept(), which)[0], {"reason": "goodwill"}, killed)

    def _give_back(self, name: str, payment: Json, body: Json, killed: Kill | None) -> None:
        route = "POST /payments/{payment_id}/refunds"
        self.act(name, partial(self.scene.ask, route, FINANCE, body, payment_id=str(payment["id"])), killed)

    @precondition(lambda self: self.pages("open") or self.owed())
    @rule(which=WHICH, pence=st.sampled_from([100, 400, 500, 1221, 1250]), killed=KILLED)
    def finance_receive(self, which: int, pence: int, killed: Kill | None) -> None:
        """Cash, for what a family was about to pay by card, or owes, in part or all of it."""
        payment_id = str(pick(self.pages("open") + self.owed(), which)["id"])
        self.act("finance receive", partial(receive_in_cash, self.scene, payment_id, pence), killed)

    @precondition(lambda self: self.paid() and self.happened > 8)
    @rule(killed=KILLED)
    def a_morning_comes(self, killed: Kill | None) -> None:
        """With its money check, whatever has not reached us by then."""
        self.scene.pass_days(1)
        with self.killed(killed):
            self.scene.invoke("money_check", {})
        self.acts["a morning comes"] += 1

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
