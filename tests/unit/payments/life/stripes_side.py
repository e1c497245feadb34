"""What comes from Stripe: messages delayed, doubled, in any order; and trouble."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from local.stripe.dashboard import Dashboard
from local.stripe.errors import StripeError
from tests.unit.payments.life.base import KILLED, WHICH, Kill, pick
from tests.unit.payments.life.families import Families


class StripesSide(Families):
    """Stripe's messages."""

    def _on_their_way(self) -> int:
        return len(self.scene.post.on_their_way)

    @precondition(lambda self: self._on_their_way())
    @rule(killed=KILLED)
    def all_messages_come(self, killed: Kill | None) -> None:
        """In order."""
        with self.killed(killed):
            self.scene.post.deliver()

    @precondition(lambda self: self._on_their_way())
    @rule(which=st.integers(0, 20), times=st.integers(1, 3), killed=KILLED)
    def a_message_comes(self, which: int, times: int, killed: Kill | None) -> None:
        """Before others that are older, and perhaps more than once."""
        post = self.scene.post
        told = post.on_their_way.pop(which % len(post.on_their_way))
        with self.killed(killed):
            post.deliver_these([told] * times)
        self.acts["a message comes"] += 1

    @precondition(lambda self: self._on_their_way() > 1)
    @rule()
    def messages_come_backwards(self) -> None:
        """The latest first."""
        self.scene.post.on_their_way.reverse()
        self.scene.post.deliver()

    @precondition(lambda self: self._on_their_way())
    @rule(before=st.sampled_from(["TransactWriteItems", "Stripe POST", "Stripe GET"]))
    def messages_come_in_the_midst(self, before: str) -> None:
        """Whatever is done next is overtaken by them, between two of its calls."""
        self.scene.wire.meanwhile(before, self.scene.post.deliver)

    @rule(before=st.sampled_from(["TransactWriteItems", "Stripe POST", "Stripe GET"]))
    def housekeeping_runs_in_the_midst(self, before: str) -> None:
        """Likewise."""
        self.scene.wire.meanwhile(before, self.scene.housekeeping)

    @precondition(lambda self: self.opened)
    @rule(which=WHICH, before=st.sampled_from(["TransactWriteItems", "Stripe POST"]))
    def somebody_pays_in_the_midst(self, which: int, before: str) -> None:
        """Likewise."""
        self.scene.wire.meanwhile(before, partial(self._pay, pick(self.opened, which)))

    @precondition(lambda self: self._on_their_way())
    @rule()
    def messages_never_come(self) -> None:
        """The sweep finds what they told."""
        self.scene.post.lose()

    @rule(killed=KILLED)
    def sweep(self, killed: Kill | None) -> None:
        """An hour later."""
        self.scene.pass_time(minutes=61)
        with self.killed(killed):
            self.scene.sweep()

    @precondition(lambda self: self.paid())
    @rule(which=WHICH, pence=st.sampled_from([None, 1, 700]))
    def refunded_in_the_dashboard(self, which: int, pence: int | None) -> None:
        """By somebody of the school, past us."""
        self._at_stripe("refunded in the dashboard", self._dashboard.refund, which, pence)

    @precondition(lambda self: self.paid())
    @rule(which=WHICH, pence=st.sampled_from([None, 300]))
    def bank_disputes(self, which: int, pence: int | None) -> None:
        """It takes the money for now."""
        self._at_stripe("disputed", self._dashboard.dispute, which, pence)

    @precondition(lambda self: self.books.disputes)
    @rule(which=WHICH, outcome=st.sampled_from(["won", "lost"]))
    def bank_decides(self, which: int, outcome: str) -> None:
        """For good."""
        with suppress(StripeError):
            self._dashboard.decide(pick(self.books.disputes, which)["id"], outcome)
            self.acts[f"dispute {outcome}"] += 1

    @precondition(lambda self: self.books.made)
    @rule(which=WHICH)
    def refund_fails(self, which: int) -> None:
        """Days after it was made."""
        with suppress(StripeError):
            self._dashboard.fail_refund(pick(self.books.made, which)["id"])
            self.acts["refund fails"] += 1

    @rule(days=st.integers(1, 4))
    def stripe_pays_out(self, days: int) -> None:
        """What is available goes to the school's bank, every day."""
        self.scene.pass_days(days)

    @property
    def _dashboard(self) -> Dashboard:
        return self.scene.shop.server.dashboard

    def _at_stripe(self, name: str, act: Callable[[str, int | None], object], which: int, pence: int | None) -> None:
        """Something that Stripe may refuse happens to the charge of a payment."""
        with suppress(StripeError):
            act(str(pick(self.paid(), which)["charge_id"]), pence)
            self.acts[name] += 1

    @rule(times=st.integers(1, 5))
    def stripe_is_out(self, times: int) -> None:
        """It does nothing for some requests."""
        self.scene.shop.server.faults.outage(times)

    @rule(times=st.integers(1, 3))
    def answers_are_lost(self, times: int) -> None:
        """What was asked is done, and we do not hear of it."""
        self.scene.shop.server.faults.lose_answers(times)
