"""Making the refunds that are due, several at once: a cancelled event of a thousand families takes minutes.

Stripe takes a hundred requests a second of a live platform and 25 of a sandbox
(https://docs.stripe.com/rate-limits); a refund takes it some tenths of a second, so that a few at once stay below both
and leave room for families who pay meanwhile. What Stripe is too busy for is tried again like what it did not answer.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from threading import Event

from school_events.core import logs
from school_events.core.context import Context
from school_events.payments.refunds import store
from school_events.payments.refunds.model import Refund, RefundState
from school_events.payments.refunds.service import look_at_pending, make_refund, note_stuck
from school_events.payments.stripe_client import NotAsked

AT_ONCE = 8
"""So many payments' refunds are made at the same time."""

FEW = 4
"""For so many payments no threads are started."""

_BATCH = 64

type _Due = tuple[str, Refund]


@dataclass(frozen=True)
class Run:
    """One run of housekeeping over the refunds that are due.

    Args:
        now: when, UTC.
        context_for: the moment in a school.
        may_go_on: whether there is time for one more.
        put_off: when one that could not be made is tried again.
        stuck: after how long one that cannot be made is somebody's to look at.
        not_asked: set once Stripe is not asked any more in this run: each of the others needs it too.
    """

    now: datetime
    context_for: Callable[[str], Context]
    may_go_on: Callable[[], bool]
    put_off: timedelta
    stuck: timedelta
    not_asked: Event = field(default_factory=Event, init=False)

    def make_all(self) -> int:
        """Make every refund that was written down and not made; says how many were tried."""
        count = 0
        for some in batched(store.due_refunds(self.now), _BATCH, strict=False):
            if not self._goes_on():
                break
            count += self._make(_by_payment(some))
        return count

    def _goes_on(self) -> bool:
        return not self.not_asked.is_set() and self.may_go_on()

    def _make(self, payments: Sequence[Sequence[_Due]]) -> int:
        if len(payments) <= FEW:
            return sum(self._make_those_of_one(one) for one in payments)
        with ThreadPoolExecutor(AT_ONCE) as threads:
            return sum(threads.map(self._make_those_of_one, payments))

    def _make_those_of_one(self, due: Sequence[_Due]) -> int:
        """Those of one payment one after the other: they would only be in each other's way."""
        count = 0
        for school_id, refund in due:
            if not self._goes_on():
                break
            self._make_one(self.context_for(school_id), refund)
            count += 1
        return count

    def _make_one(self, ctx: Context, refund: Refund) -> None:
        try:
            if refund.state is RefundState.PENDING:
                look_at_pending(ctx, refund)
            else:
                make_refund(ctx, refund.payment_id, refund)
        except NotAsked:
            self.not_asked.set()  # It stays due, for the next run.
        except Exception as error:  # noqa: BLE001 - one bad refund never blocks the others
            logs.count("ChoreFailed")
            logs.logger.error("chore failed", error=type(error).__name__)
            self._look_again_later(ctx, refund)

    def _look_again_later(self, ctx: Context, refund: Refund) -> None:
        if refund.state is RefundState.PENDING or self.now - refund.asked_at < self.stuck:
            store.put_refund_off(ctx.school_id, refund, self.now + self.put_off)
        else:
            logs.count("RefundStuck")
            note_stuck(ctx, refund, self.put_off)


def _by_payment(due: Sequence[_Due]) -> list[list[_Due]]:
    found: dict[tuple[str, str], list[_Due]] = {}
    for school_id, refund in due:
        found.setdefault((school_id, refund.payment_id), []).append((school_id, refund))
    return list(found.values())
