"""Families pay what is due later, one by one or together, and give of their own will."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.errors import Json
from tests.support.scene import parent
from tests.unit.payments.life.base import KILLED, TRIP_IN_PARTS, WHICH, Kill, pick
from tests.unit.payments.life.families import Families

CHILDREN = (1, ("pupil-1", "pupil-2"))


class Later(Families):
    """Instalments and contributions."""

    def _instalments(self) -> dict[str, list[Json]]:
        """The unpaid ones of each payer."""
        found: dict[str, list[Json]] = {}
        for one in self.owed():
            if one["purpose"] == "instalment":
                found.setdefault(str(one["payer_id"]), []).append(one)
        return found

    def __init__(self) -> None:
        """Two children have their places, and what is due later for each is not paid."""
        super().__init__()
        booked = self._book(CHILDREN, TRIP_IN_PARTS, None)
        opened = None if booked is None else self._open(booked, None)
        self._pay_and_hear(opened, hears=True)

    @precondition(lambda self: self.owed())
    @rule(which=WHICH, killed=KILLED)
    def open_page_of_what_is_owed(self, which: int, killed: Kill | None) -> None:
        """Before its day, or after it."""
        self._open_owed(pick(self.owed(), which), killed)

    @precondition(lambda self: self.owed())
    @rule(which=WHICH, hears=st.booleans())
    def pay_what_is_owed(self, which: int, hears: bool) -> None:
        """And we hear of it, or not yet."""
        self._pay_and_hear(self._open_owed(pick(self.owed(), which), None), hears=hears)

    @precondition(lambda self: self._instalments())
    @rule(which=WHICH, most=st.integers(2, 6), killed=KILLED)
    def put_together(self, which: int, most: int, killed: Kill | None) -> None:
        """Several in one checkout, also some that are paid together already."""
        payer, owed = pick(list(self._instalments().items()), which)
        self._open_together("put together", payer, owed[-most:], killed)

    @precondition(lambda self: self._instalments())
    @rule(which=WHICH, hears=st.booleans())
    def pay_together(self, which: int, hears: bool) -> None:
        """All that a family owes."""
        payer, owed = pick(list(self._instalments().items()), which)
        self._pay_and_hear(self._open_together("pay together", payer, owed, None), hears=hears)

    @precondition(lambda self: self.confirmed())
    @rule(which=WHICH, pence=st.sampled_from([None, 30, 700]), killed=KILLED)
    def give(self, which: int, pence: int | None, killed: Kill | None) -> None:
        """A contribution, of what is asked for or of another amount."""
        booked, booking_id = pick(self.confirmed(), which)
        body = None if pence is None else {"amount": {"amount": pence, "currency": "gbp"}}
        route = "POST /bookings/{booking_id}/contribution"
        asked = partial(self.scene.ask, route, parent(booked.by), body, booking_id=booking_id)
        offered = self.act("offer", asked, killed)
        if offered is not None:
            self._pay_and_hear(self._open_owed(offered, None), hears=False)

    @precondition(lambda self: self._instalments())
    @rule(days=st.sampled_from([3, 8]))
    def days_come_when_something_is_due(self, days: int) -> None:
        """Families are reminded; some places end."""
        self.scene.pass_days(days)

    def _pay_and_hear(self, opened: Json | None, *, hears: bool) -> None:
        if opened is not None:
            self._pay(opened)
        if hears:
            self.scene.post.deliver()

    def _open_owed(self, payment: Json, killed: Kill | None) -> Json | None:
        route, payer = "POST /payments/{payment_id}/checkout", int(payment["payer_id"].removeprefix("contact-"))
        asked = partial(self.scene.open_at, route, payer, payment_id=str(payment["id"]))
        return self._note(self.act(f"open {payment['purpose']}", asked, killed))

    def _open_together(self, name: str, payer: str, owed: list[Json], killed: Kill | None) -> Json | None:
        body = {"payment_ids": [one["id"] for one in owed]}
        asked = partial(self.scene.open_at, "POST /checkouts", int(payer.removeprefix("contact-")), body)
        return self._note(self.act(name, asked, killed))
