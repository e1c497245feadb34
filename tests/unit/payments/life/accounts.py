"""The school's account at Stripe leaves, and comes back, or another one takes its place while money of it moves."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.money_checker import Books
from tests.unit.payments.life.base import Base

_MOST = 3
"""Accounts that a school has had."""


class Accounts(Base):
    """One after the other."""

    @precondition(lambda self: not self.has_left())
    @rule(hears=st.booleans())
    def the_account_leaves(self, hears: bool) -> None:
        """The school disconnects it; we hear of it, or are refused."""
        self.scene.shop.server.holders.deauthorise(self.scene.shop.account_id)
        self.acts["the account leaves"] += 1
        if hears:
            self.scene.post.deliver()

    @precondition(lambda self: not self.books.is_connected)
    @rule()
    def the_accounts_come_back(self) -> None:
        """And go on where they were."""
        self.connect()
        self.acts["the account comes back"] += 1

    @precondition(lambda self: self.has_left() and len(self.books.accounts) < _MOST)
    @rule()
    def another_account_is_connected(self) -> None:
        """It takes what is paid from now on."""
        self.ask_to_connect()
        another = list(Books(self.scene.shop).accounts)[-1]
        if another != self.scene.shop.account_id:
            self.scene.shop.server.onboard(another)
            self.scene.shop.account_id = another
            self.ask_to_connect()
            self.acts["another account is connected"] += 1
