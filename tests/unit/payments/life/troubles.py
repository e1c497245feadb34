"""What goes wrong between families, the school and Stripe, and what two of them do at the same time."""

from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.errors import Json
from tests.support.money_checker import Books
from tests.support.scene import ADMIN, FINANCE, Answer, parent, receive_in_cash
from tests.unit.payments.life.base import KILLED, WHICH, WHO, Kill, pick
from tests.unit.payments.life.families import HOUSEHOLDS, Families, Household

BEFORE = st.sampled_from(["TransactWriteItems", "TransactWriteItems", "Stripe POST", "Stripe GET"])
"""Before what kind of call somebody else acts."""


class Troubles(Families):
    """Amounts that are not ours, accounts that leave, entries that were mistakes, and acts that cross each other."""

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO, pence=st.sampled_from([30, 999, 1250, 5000]), hears=st.booleans())
    def another_amount_is_paid(self, which: int, pence: int, hears: bool) -> None:
        """Than we asked for, as somebody with the school's own keys might let it be."""
        opened = self._buy(which, pays=False)
        if opened is not None:
            self.scene.page_of(opened)["amount_total"] = pence
            self._pay(opened)
            self.acts["another amount is paid"] += 1
        if hears:
            self.scene.post.deliver()

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO, hears=st.booleans())
    def another_currency_is_paid(self, which: int, hears: bool) -> None:
        """Than we asked for, by the page's word; Stripe puts pounds on the account for it."""
        opened = self._buy(which)
        if opened is not None and self.scene.page_of(opened)["payment_status"] == "paid":
            self.scene.page_of(opened)["currency"] = "eur"
            self.acts["another currency is paid"] += 1
        if hears:
            self.scene.post.deliver()

    @precondition(lambda self: self.pages("open"))
    @rule(which=WHICH, pence=st.sampled_from([100, 220, 1000]))
    def pay_a_part_in_cash_and_the_rest_by_card(self, which: int, pence: int) -> None:
        """The page asks another amount then: it is another one."""
        opened = pick(self.pages("open"), which)
        self.act("finance receive", partial(receive_in_cash, self.scene, str(opened["id"]), pence))
        rest = self._open_again(opened)
        if rest is not None:
            self._pay(rest)

    @precondition(lambda self: self._quarantined())
    @rule(which=WHICH, killed=KILLED)
    def finance_return(self, which: int, killed: Kill | None) -> None:
        """What nobody asked for."""
        route, payment = "POST /payments/{payment_id}/return", pick(self._quarantined(), which)
        asked = partial(self.scene.ask, route, FINANCE, payment_id=str(payment["id"]))
        self.act("finance return", asked, killed)

    @precondition(lambda self: self._left_pages())
    @rule(which=WHICH)
    def pay_a_page_that_was_left(self, which: int) -> None:
        """A former attempt's, that may ask another amount: the money was on its way when it was closed."""
        opened, page = pick(self._left_pages(), which)
        self.scene.pay_though_closed(opened, page=page)
        self.acts["pay a page that was left"] += 1

    @precondition(lambda self: self.books.receipts)
    @rule(which=WHICH, killed=KILLED)
    def finance_take_a_receipt_back(self, which: int, killed: Kill | None) -> None:
        """It was a mistake."""
        self._of_receipt("reverse", {"reason": "it was for the other child"}, which, killed)

    @precondition(lambda self: self.books.receipts)
    @rule(which=WHICH, killed=KILLED)
    def finance_see_a_receipt(self, which: int, killed: Kill | None) -> None:
        """On the statement of the school's bank."""
        seen = {"reference": "line 7", "seen_on": f"{self.scene.now:%Y-%m-%d}"}
        self._of_receipt("match", seen, which, killed)

    @precondition(lambda self: self._for_a_person())
    @rule(which=WHICH, by_hand=st.booleans(), killed=KILLED)
    def finance_settle_a_refund(self, which: int, by_hand: bool, killed: Kill | None) -> None:
        """One that failed is asked for anew, or handed over; so is what the school received itself."""
        refund = pick(self._for_a_person(), which)
        act, body = ("paid-out", {"taken_from": "cash"}) if by_hand else ("retry", None)
        route = f"POST /payments/{{payment_id}}/refunds/{{refund_id}}/{act}"
        named = {"payment_id": str(refund["payment_id"]), "refund_id": str(refund["id"])}
        self.act(f"{act} a refund", partial(self.scene.ask, route, FINANCE, body, **named), killed)

    @precondition(lambda self: self._who_may_book())
    @rule(which=WHO, other=WHO, killed=KILLED)
    def put_holds_together(self, which: int, other: int, killed: Kill | None) -> None:
        """Of several trips, to be paid for in one go."""
        self._book(*pick(self._who_may_book(), which), None)
        self._book(*pick(self._who_may_book(), other), None)
        self.books = Books(self.scene.shop)
        for payer, unpaid in self._places_to_pay().items():
            body = {"payment_ids": [one["id"] for one in unpaid]}
            asked = partial(self.scene.open_at, "POST /checkouts", _number(payer), body)
            self._note(self.act("put holds together", asked, killed))

    @precondition(lambda self: self.live())
    @rule(which=WHICH, before=BEFORE, is_school=st.booleans())
    def somebody_cancels_in_the_midst(self, which: int, before: str, is_school: bool) -> None:
        """A place, while somebody else does something."""
        booked, booking_id = pick(self.live(), which)
        caller = ADMIN if is_school else parent(booked.by)
        route = "POST /bookings/{booking_id}/cancel"
        self._meanwhile("cancel", before, partial(self.scene.ask, route, caller, booking_id=booking_id))

    @rule(who=st.sampled_from(HOUSEHOLDS), event=st.integers(0, 2), before=BEFORE)
    def somebody_books_in_the_midst(self, who: Household, event: int, before: str) -> None:
        """Likewise; perhaps a child's other parent."""
        self.scene.wire.meanwhile(before, partial(self._book, who, event, None))

    @precondition(lambda self: self.happened > 25)
    @rule(event=st.integers(0, 2), before=BEFORE)
    def school_cancels_a_trip_in_the_midst(self, event: int, before: str) -> None:
        """Likewise."""
        route, event_id = "POST /events/{event_id}/cancel", self.start.events[event].id
        self._meanwhile("cancel a trip", before, partial(self.scene.ask, route, ADMIN, event_id=event_id))

    @precondition(lambda self: self.pages("open") or self.owed())
    @rule(which=WHICH, pence=st.sampled_from([100, 400, 1250]), before=BEFORE)
    def finance_receive_in_the_midst(self, which: int, pence: int, before: str) -> None:
        """Likewise."""
        payment_id = str(pick(self.pages("open") + self.owed(), which)["id"])
        self._meanwhile("receive", before, partial(receive_in_cash, self.scene, payment_id, pence))

    @precondition(lambda self: self.kept())
    @rule(which=WHICH, before=BEFORE)
    def finance_give_back_in_the_midst(self, which: int, before: str) -> None:
        """Likewise."""
        route, payment = "POST /payments/{payment_id}/refunds", pick(self.kept(), which)[0]
        asked = partial(self.scene.ask, route, FINANCE, {"reason": "goodwill"}, payment_id=str(payment["id"]))
        self._meanwhile("give back", before, asked)

    @precondition(lambda self: self.opened)
    @rule(which=WHICH, before=BEFORE)
    def a_page_is_opened_in_the_midst(self, which: int, before: str) -> None:
        """Likewise, in another tab."""
        self.scene.wire.meanwhile(before, partial(self._open_again, pick(self.opened, which)))

    def _open_again(self, opened: Json) -> Json | None:
        route, payer = "POST /payments/{payment_id}/checkout", _number(self.books.payments[opened["id"]]["payer_id"])
        asked = partial(self.scene.open_at, route, payer, payment_id=str(opened["id"]))
        return self._note(self.act("open again", asked))

    def _quarantined(self) -> list[Json]:
        return [one for one in self.books.payments.values() if one["state"] == "quarantined"]

    def _for_a_person(self) -> list[Json]:
        """The refunds that failed, or are to be handed over."""
        return [one for one in self.books.refunds if one["state"] == "failed" or one["through"] == "school"]

    def _left_pages(self) -> list[tuple[Json, int]]:
        """Those that were closed unpaid, each with its number among its payment's."""
        each = ((one, page) for one in self.opened for page in range(len(self.scene.pages[one["id"]]) - 1))
        return [(one, page) for one, page in each if self.scene.page_of(one, page)["status"] == "expired"]

    def _places_to_pay(self) -> dict[str, list[Json]]:
        """The unpaid payments of places of each payer who has several."""
        found: dict[str, list[Json]] = {}
        for one in self.books.payments.values():
            if one["purpose"] == "place" and one["state"] in {"created", "open"}:
                found.setdefault(str(one["payer_id"]), []).append(one)
        return {payer: unpaid for payer, unpaid in found.items() if len(unpaid) > 1}

    def _of_receipt(self, act: str, body: Json, which: int, killed: Kill | None) -> None:
        receipt = pick(self.books.receipts, which)
        route = f"POST /payments/{{payment_id}}/receipts/{{receipt_id}}/{act}"
        named = {"payment_id": str(receipt["payment_id"]), "receipt_id": str(receipt["id"])}
        self.act(f"{act} a receipt", partial(self.scene.ask, route, FINANCE, body, **named), killed)

    def _meanwhile(self, name: str, before: str, ask: Callable[[], Answer]) -> None:
        """Whatever is done next is overtaken, between two of its calls."""
        self.scene.wire.meanwhile(before, partial(self.act, f"{name} in the midst", ask))


def _number(payer: str) -> int:
    return int(payer.removeprefix("contact-"))
