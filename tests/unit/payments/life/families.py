"""Families book, pay, look, and give up."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.cards import DECLINED_CARD
from local.stripe.errors import Json, StripeError
from school_events.bookings.model import LIVE
from tests.support.scene import parent
from tests.unit.payments.life.base import KILLED, WHICH, WHO, Base, Booked, Kill, pick

type Household = tuple[int, tuple[str, ...]]
"""The number of a contact, and who is to be booked."""

HOUSEHOLDS: tuple[Household, ...] = (
    (1, ("pupil-1",)),
    (1, ("pupil-1", "pupil-2")),
    (2, ("pupil-2",)),
    (3, ("pupil-3",)),
    (4, ("pupil-4",)),
)


class Families(Base):
    """What parents do."""

    def _who_may_book(self) -> list[tuple[Household, int]]:
        """Who has no live booking, and for which of the trips."""
        live = {(one.pupil_id, one.event_id) for one in self.books.bookings.values() if one.state in LIVE}
        trips = enumerate(self.start.events)
        return [
            (who, number)
            for number, event in trips
            for who in HOUSEHOLDS
            if not live & {(one, event.id) for one in who[1]}
        ]

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO, killed=KILLED)
    def book(self, which: int, killed: Kill | None) -> None:
        """Places of one of the trips."""
        self._book(*pick(self._who_may_book(), which), killed)

    @rule(who=st.sampled_from(HOUSEHOLDS), event=st.integers(0, 2))
    def ask_for_places(self, who: Household, event: int) -> None:
        """Whether they have them already or not."""
        self._book(who, event, None)

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO)
    def book_and_pay(self, which: int) -> None:
        """As most families do; we have not heard of it yet."""
        self._buy(which)

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO)
    def book_pay_and_hear(self, which: int) -> None:
        """And Stripe tells at once."""
        self._buy(which)
        self.scene.post.deliver()

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO, others=WHO)
    def pay_too_late(self, which: int, others: int) -> None:
        """The hold is over and perhaps somebody else has the place when the money comes."""
        opened = self._buy(which, pays=False)
        self.scene.pass_time(minutes=37)
        self.scene.housekeeping()
        if self._who_may_book():
            self._buy(others)
        if opened is not None and self.scene.page_of(opened)["status"] == "expired":
            self.scene.pay_though_closed(opened)
            self.acts["pay too late"] += 1
        self.scene.post.deliver()

    def _buy(self, which: int, *, pays: bool = True) -> Json | None:
        booked = self._book(*pick(self._who_may_book(), which), None)
        opened = None if booked is None else self._open(booked, None)
        if opened is not None and pays:
            self._pay(opened)
        return opened

    def _book(self, who: Household, event: int, killed: Kill | None) -> Booked | None:
        by, pupils = who
        body = {"event_id": self.start.events[event].id, "items": [{"pupil_id": pupil} for pupil in pupils]}
        answer = self.act("book", partial(self.scene.ask, "POST /bookings", parent(by), body), killed)
        if answer is None:
            return None
        booked = Booked(by, answer)
        self.booked.append(booked)
        return booked

    @precondition(lambda self: self.booked)
    @rule(which=WHICH, killed=KILLED)
    def open_page(self, which: int, killed: Kill | None) -> None:
        """The family goes to Stripe's page."""
        self._open(pick(self.booked, which), killed)

    def _open(self, booked: Booked, killed: Kill | None) -> Json | None:
        return self._note(self.act("open a page", partial(self.scene.open_page, booked.body, by=booked.by), killed))

    def _note(self, opened: Json | None) -> Json | None:
        """A page was opened, if Stripe has one for it."""
        if opened is None or opened["id"] not in self.scene.pages:
            return None
        if opened not in self.opened:
            self.opened.append(opened)
        return opened

    @precondition(lambda self: self.pages("open"))
    @rule(which=WHICH)
    def pay(self, which: int) -> None:
        """We have not heard of it yet."""
        self._pay(pick(self.pages("open"), which))

    @precondition(lambda self: self.pages("open"))
    @rule(which=WHICH)
    def card_is_declined(self, which: int) -> None:
        """The page stays open."""
        self._pay(pick(self.pages("open"), which), DECLINED_CARD)

    def _pay(self, opened: Json, *card: str) -> None:
        try:
            self.scene.pay(opened, *card)
        except StripeError as refusal:
            self.acts[f"pay, {refusal.status}"] += 1
        else:
            self.acts["pay"] += 1

    @precondition(lambda self: self.pages("expired"))
    @rule(which=WHICH)
    def pay_though_the_page_was_closed(self, which: int) -> None:
        """What no condition prevents: the money was on its way when Stripe closed the page."""
        self.scene.pay_though_closed(pick(self.pages("expired"), which))
        self.acts["pay though closed"] += 1

    @rule(which=WHICH, killed=KILLED)
    def look(self, which: int, killed: Kill | None) -> None:
        """The return page asks how it stands."""
        booked = pick(self.booked, which)
        payment_id = str(booked.body["payment_id"])
        asked = partial(self.scene.ask, "GET /payments/{payment_id}", parent(booked.by), payment_id=payment_id)
        self.act("look", asked, killed)

    @precondition(lambda self: self.live())
    @rule(which=WHICH, killed=KILLED)
    def cancel(self, which: int, killed: Kill | None) -> None:
        """A hold, or a place under its policy."""
        booked, booking_id = pick(self.live(), which)
        route = "POST /bookings/{booking_id}/cancel"
        self.act("cancel", partial(self.scene.ask, route, parent(booked.by), booking_id=booking_id), killed)
