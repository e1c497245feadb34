"""What all parts of a life with money have: the scene, and what must be so after every step and in the end."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from local.stripe.bacs import Outcome
from local.stripe.bank_accounts import Debit
from local.stripe.errors import Json
from school_events.bookings.model import LIVE, BookingState
from school_events.events.model import SchoolEvent
from school_events.payments.reconciliation.store import open_differences
from tests.support.booked_world import an_event
from tests.support.contexts import SCHOOL
from tests.support.money_checker import Books, faults_in_the_end, faults_now
from tests.support.scene import ADMIN, REST_WAITS, Answer, GivenUp, Scene, a_scene
from tests.support.shop import Shop
from tests.unit.bookings.instalments.owing import DUE

WHICH = st.integers(0, 5)
"""Which of those there are; the latest first."""

WHO = st.integers(0, 14)
"""Which of the households that may book one of the trips; the latest first."""

TRIP_IN_PARTS = 2
"""Which of the trips is paid for in parts, and is far enough away for direct debits."""

_POLICY = ({"until": "2026-11-24", "refund_percent": 50},)

_IN_PARTS = DUE | {
    "voluntary_contribution": {"amount": 500},
    "unpaid_instalment": {"then": "cancel", "after_days": 8},
}


@dataclass(frozen=True)
class Kill:
    """How an act's invocation is killed.

    Args:
        after: so many calls.
        gives_up: whether nobody asks again.
    """

    after: int
    gives_up: bool


KILLED = st.one_of(st.none(), st.none(), st.builds(Kill, st.integers(0, 12), st.booleans()))
"""Every third act, if it makes so many calls."""


@dataclass(frozen=True)
class Booked:
    """What a parent booked together."""

    by: int
    body: Json


@dataclass(frozen=True)
class Start:
    """The moment a life begins.

    Args:
        scene: where everything happens.
        events: what there is to book.
        account_id: the school's at Stripe.
    """

    scene: Scene
    events: tuple[SchoolEvent, ...]
    account_id: str


@contextmanager
def a_start(shop: Shop) -> Iterator[Start]:
    """The school, at that moment."""
    with a_scene(shop) as scene:
        events = (
            scene.event,
            an_event(capacity=2, price=1251, cancellation=_POLICY),
            an_event(charging=_IN_PARTS, cancellation=_POLICY, capacity=4, on="2026-12-18"),
        )
        scene.from_here()
        yield Start(scene, events, shop.account_id)


def pick[T](things: list[T], which: int) -> T:
    """One of them, counted from the latest."""
    return things[-1 - which % len(things)]


class Base(RuleBasedStateMachine):
    """What the parts of a life share."""

    start: Start
    steps = 0
    acts: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.start.scene.shop.account_id = self.start.account_id
        self.start.scene.begin()
        self.happened = 0
        self.books = Books(self.scene.shop)
        self.booked: list[Booked] = []
        self.opened: list[Json] = []

    @property
    def scene(self) -> Scene:
        """Where everything happens."""
        return self.start.scene

    def live(self) -> list[tuple[Booked, str]]:
        """The bookings that are live, each with what it was booked with."""
        each = [(booked, one) for booked in self.booked for one in booked.body["booking_ids"]]
        return [(booked, one) for booked, one in each if self.books.bookings[one].state in LIVE]

    def confirmed(self) -> list[tuple[Booked, str]]:
        """The bookings that were paid for, likewise."""
        return [one for one in self.live() if self.books.bookings[one[1]].state is BookingState.CONFIRMED]

    def paid(self) -> list[Json]:
        """The payments whose money came, as they are kept."""
        return [one for one in self.books.payments.values() if one.get("charge_id")]

    def owed(self) -> list[Json]:
        """What is due later, or was offered, and is not paid, as it is kept; the latest is what was asked for last."""
        each = (one for one in self.books.payments.values() if one["purpose"] != "place")
        open_ones = [one for one in each if one["state"] in {"created", "open"} and not one.get("merged_into")]
        return sorted(open_ones, key=itemgetter("created_at", "id"))

    def kept(self) -> list[tuple[Json, Json]]:
        """The lines of what was paid of which something is still there, each with its payment."""
        each = [(payment, line) for payment in self.paid() for line in payment["lines"]]
        return [(payment, line) for payment, line in each if line["back"]["amount"] < line["amount"]["amount"]]

    def pages(self, status: str) -> list[Json]:
        """The payments whose page Stripe has so, each as it was answered when it was opened."""
        return [one for one in self.opened if self.scene.page_of(one)["status"] == status]

    def act(self, name: str, ask: Callable[[], Answer], killed: Kill | None = None) -> Json | None:
        """Ask for something; the answer's body, if it was done.

        Whatever is asked in whatever state is done, refused, or put off; it never fails.

        Args:
            name: what it is, for counting.
            ask: asks.
            killed: how its invocation is killed, if it is.
        """
        with self.killed(killed):
            answer = ask()
            if answer.status not in {200, 201, 403, 404, 409, 422, 503}:
                raise AssertionError(f"{name}: {answer}")
            done = answer.status in {200, 201}
            type(self).acts[name if done else f"{name}, {answer.status}"] += 1
            return answer.body if done else None
        type(self).acts[f"{name}, given up"] += 1
        return None

    @contextmanager
    def killed(self, kill: Kill | None) -> Iterator[None]:
        """Inside the block an invocation is killed, and made again unless nobody does."""
        wire = self.scene.wire
        wire.kill_at = -1 if kill is None else len(wire.calls) + kill.after
        self.scene.gives_up = kill is not None and kill.gives_up
        try:
            yield
        except GivenUp:
            pass
        finally:
            wire.kill_at, self.scene.gives_up = -1, False

    def connect(self) -> None:
        """The school connects its accounts again, at Stripe and with us."""
        for one in self.books.accounts:
            self.scene.shop.server.holders.reauthorise(one)
        self.ask_to_connect()

    def ask_to_connect(self) -> None:
        """The school's account, or another one instead of one that has left; as it stands at Stripe."""
        self.act("connect", partial(self.scene.ask, "POST /school/stripe-account", ADMIN))

    def has_left(self) -> bool:
        """Whether the school has disconnected the account it has now."""
        return not self.scene.shop.server.world.books[self.scene.shop.account_id].connected

    def under_way(self) -> list[Debit]:
        """The debits whose banks have not answered yet."""
        return [one for account in self.books.accounts.values() for one in account.debits.values()]

    def banks_answer(self) -> None:
        """Each as it would in days."""
        for one in self.under_way():
            outcome = Outcome.FAILS if one.account.code else Outcome.SUCCEEDS
            self.scene.shop.server.payers.settle_debit(one.session_id, outcome)

    def mornings_come(self) -> None:
        """Two, each with its money check: what differs on one and is settled is found so on the next.

        A dispute that nobody answered is lost after so many days, perhaps just then.
        """
        for _ in range(2):
            self.scene.pass_days(1)
            self.scene.post.deliver()
            self.scene.housekeeping()
            self.scene.invoke("money_check", {})

    @invariant()
    def nothing_is_wrong_now(self) -> None:
        """After every step."""
        type(self).steps += 1
        self.happened += 1
        self.books = Books(self.scene.shop)
        _none(faults_now(self.books))

    def teardown(self) -> None:
        """In the end nothing is under way any more, and all money is where it belongs, to the penny."""
        self.scene.wire.undisturbed()
        self.scene.shop.server.faults.clear()
        self.connect()
        self.banks_answer()
        self.scene.settle()
        self.scene.pass_days(REST_WAITS)
        self.scene.settle()
        _none(faults_in_the_end(Books(self.scene.shop)))
        self.mornings_come()
        books = Books(self.scene.shop)
        _none(faults_in_the_end(books))
        _none([f"{one.mirror} of {one.source} differs" for one in open_differences(SCHOOL)])
        _none([f"{one['id']} is under way for ever" for one in books.payments.values() if one["state"] == "processing"])
        _none([f"never applied: {one}" for one in self.scene.post.dead])


def _none(faults: list[str]) -> None:
    if faults:
        raise AssertionError("; ".join(faults))
