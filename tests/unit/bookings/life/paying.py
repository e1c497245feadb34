"""Money: pages opened and paid, in time or late, cards that are declined, messages that come or do not."""

import pytest
from hypothesis.stateful import precondition, rule

from local.stripe.cards import DECLINED_CARD
from local.stripe.errors import StripeError
from school_events.bookings import checkout, settlement
from school_events.payments import gateway
from school_events.payments import store as payment_store
from tests.support.booked_world import as_parent, as_system
from tests.support.contexts import SCHOOL
from tests.unit.bookings.life.base import Base
from tests.unit.bookings.life.core import KILLED, WHICH, pick
from tests.unit.bookings.life.model import Basket


class Paying(Base):
    """Paying and not paying."""

    def _open_pages(self) -> list[Basket]:
        return [basket for basket in self.model.baskets if self.model.page_is_open(basket)]

    @precondition(lambda self: self.model.baskets)
    @rule(which=WHICH, killed=KILLED)
    def open_page(self, which: int, killed: int | None) -> None:
        """The family goes to Stripe's page."""
        self._open(pick(self.model.baskets, which), killed)

    def _open(self, basket: Basket, killed: int | None = None) -> None:
        refusal = self.model.refusal_of_opening(basket)
        ctx = as_parent(now=self.model.now)
        self.act("open a page", lambda: checkout.open_page(ctx, basket.payment_id), refusal, killed)
        if refusal is None:
            self.model.open_page(basket)

    @precondition(lambda self: any(self.model.refusal_of_opening(one) is None for one in self.model.baskets))
    @rule(which=WHICH)
    def open_and_pay(self, which: int) -> None:
        """As most families do."""
        may = [one for one in self.model.baskets if self.model.refusal_of_opening(one) is None and not one.is_paid]
        if may:
            self._open(pick(may, which))
            self._pay(pick(may, which))

    @precondition(lambda self: self._open_pages())
    @rule(which=WHICH)
    def pay(self, which: int) -> None:
        """The money is at Stripe; we have not heard of it."""
        self._pay(pick(self._open_pages(), which))

    def _pay(self, basket: Basket) -> None:
        payment = payment_store.find_payment(SCHOOL, basket.payment_id)
        self.start.shop.pay(payment)
        basket.is_paid = True

    @precondition(lambda self: self._open_pages())
    @rule(which=WHICH)
    def card_is_declined(self, which: int) -> None:
        """The page stays open."""
        payment = payment_store.find_payment(SCHOOL, pick(self._open_pages(), which).payment_id)
        assert payment.checkout is not None
        with pytest.raises(StripeError):
            self.start.shop.server.pay(payment.checkout.session_id or "", DECLINED_CARD)

    @precondition(lambda self: any(one.is_paid and not one.is_heard for one in self.model.baskets))
    @rule(which=WHICH, killed=KILLED)
    def hear_of_money(self, which: int, killed: int | None) -> None:
        """Stripe's message comes."""
        unheard = [one for one in self.model.baskets if one.is_paid and not one.is_heard]
        self.hear_of(pick(unheard, which), killed)

    @precondition(lambda self: self.model.baskets)
    @rule(which=WHICH)
    def hear(self, which: int) -> None:
        """A message comes twice, or the return page asks without need."""
        self.hear_of(pick(self.model.baskets, which))

    @precondition(lambda self: any(one.waits and one.has_page for one in self.model.baskets))
    @rule(which=WHICH)
    def let_go_while_the_page_stays_open(self, which: int) -> None:
        """What no condition prevents: Stripe says the page is closed, and money comes all the same."""
        basket = pick([one for one in self.model.baskets if one.waits and one.has_page], which)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway, "expire_session", lambda *_: None)
            settlement.let_go(as_system(self.model.now), basket.payment_id)
        self.model.let_go(basket)
