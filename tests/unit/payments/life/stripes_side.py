"""What comes from Stripe: messages delayed, doubled, in any order; and trouble."""

from functools import partial

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

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

    @rule(times=st.integers(1, 5))
    def stripe_is_out(self, times: int) -> None:
        """It does nothing for some requests."""
        self.scene.shop.server.faults.outage(times)

    @rule(times=st.integers(1, 3))
    def answers_are_lost(self, times: int) -> None:
        """What was asked is done, and we do not hear of it."""
        self.scene.shop.server.faults.lose_answers(times)
