"""Families pay by Bacs Direct Debit, and their banks answer days later."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.bacs import Outcome
from local.stripe.bank_accounts import DISPUTING_ACCOUNT, EMPTY_ACCOUNT, GOOD_ACCOUNT
from local.stripe.errors import Json, StripeError
from tests.unit.payments.life.base import TRIP_IN_PARTS, WHICH, WHO, pick
from tests.unit.payments.life.families import Families, Household

ACCOUNTS = st.sampled_from([GOOD_ACCOUNT, GOOD_ACCOUNT, EMPTY_ACCOUNT, DISPUTING_ACCOUNT])
"""One has nothing on it, and one takes back what it paid."""


class Debits(Families):
    """Debits that are under way, succeed, fail and are taken back."""

    def __init__(self) -> None:
        """A debit for a third place is under way."""
        super().__init__()
        self._book_and_debit((3, ("pupil-3",)), GOOD_ACCOUNT)

    @precondition(lambda self: self._may_book_in_good_time())
    @rule(which=WHO, account=ACCOUNTS, hears=st.booleans())
    def book_and_debit(self, which: int, account: str, hears: bool) -> None:
        """The place of a trip that is far enough away."""
        self._book_and_debit(pick(self._may_book_in_good_time(), which), account)
        if hears:
            self.scene.post.deliver()

    @precondition(lambda self: self.pages("open"))
    @rule(which=WHICH, account=ACCOUNTS)
    def debit(self, which: int, account: str) -> None:
        """Stripe refuses it where the page does not take any."""
        self._debit(pick(self.pages("open"), which), account)

    @precondition(lambda self: self.under_way())
    @rule(which=WHICH, outcome=st.sampled_from(Outcome))
    def a_bank_answers(self, which: int, outcome: Outcome) -> None:
        """Sooner than others, and whatever became of the booking meanwhile."""
        self.scene.shop.server.payers.settle_debit(pick(self.under_way(), which).session_id, outcome)
        self.acts[f"debit {outcome}"] += 1

    @precondition(lambda self: self.under_way())
    @rule()
    def all_banks_answer(self) -> None:
        """As their days have come; nobody tells us until we ask."""
        self.banks_answer()
        self.scene.post.lose()
        self.scene.pass_days(2)

    def _may_book_in_good_time(self) -> list[Household]:
        return [who for who, trip in self._who_may_book() if trip == TRIP_IN_PARTS]

    def _book_and_debit(self, who: Household, account: str) -> None:
        booked = self._book(who, TRIP_IN_PARTS, None)
        opened = None if booked is None else self._open(booked, None)
        if opened is not None:
            self._debit(opened, account)

    def _debit(self, opened: Json, account: str) -> None:
        try:
            self.scene.shop.server.payers.debit(self.scene.pages[opened["id"]][-1], account)
        except StripeError as refusal:
            self.acts[f"debit, {refusal.status}"] += 1
        else:
            self.acts["debit"] += 1
