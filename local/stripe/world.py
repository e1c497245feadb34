"""The state of the local Stripe: accounts, what each of them holds, and the events that tell of every change.

Plain data under one lock. An object is the dictionary Stripe would answer; references between objects are identifiers
and are expanded only when an answer is worded.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from threading import RLock

from local.stripe.agenda import Agenda
from local.stripe.bank_accounts import Debit
from local.stripe.cards import Card
from local.stripe.clock import MovableClock
from local.stripe.errors import Json, invalid, missing
from local.stripe.ids import Ids

API_VERSION = "2026-10-28.endive"
PLATFORM = "acct_platform"


@dataclass
class Book:
    """Everything one account holds; no request of another account reaches it.

    Args:
        account: the account itself.
        objects: what it has, by identifier.
        line_items: what each session sells.
        intent_data: what each session's payment intent is to be made with.
        paid_with: charge → the card that paid it.
        covers_refunds: whether a refund waits until the balance covers it.
        keeps_what_is_left: whether what a lost dispute has left of a charge cannot be refunded.
        pays_out_daily: whether what is available goes to the bank every day.
        paid_out: balance transaction → the payout it is part of.
        overdrawn_day: the day since the epoch on which what is available was seen to be below zero, if it is.
        challenges: payment intent → the card whose holder the bank asks to prove who they are.
        debits: payment intent → the direct debit under way for it.
        connected: whether the account still lets the platform act for it.
    """

    account: Json
    objects: dict[str, Json] = field(default_factory=dict)
    line_items: dict[str, list[Json]] = field(default_factory=dict)
    intent_data: dict[str, Json] = field(default_factory=dict)
    paid_with: dict[str, Card] = field(default_factory=dict)
    covers_refunds: bool = False
    keeps_what_is_left: bool = False
    pays_out_daily: bool = True
    paid_out: dict[str, str] = field(default_factory=dict)
    overdrawn_day: int | None = None
    challenges: dict[str, Card] = field(default_factory=dict)
    debits: dict[str, Debit] = field(default_factory=dict)
    connected: bool = True

    @property
    def account_id(self) -> str:
        """The account's identifier."""
        return str(self.account["id"])

    def add(self, thing: Json) -> Json:
        """Keep a new object under its identifier and answer it."""
        self.objects[thing["id"]] = thing
        return thing

    def get(self, kind: str, identifier: str, *, param: str = "id") -> Json:
        """The object of this kind; refused with 404 when this account has none."""
        thing = self.objects.get(identifier)
        if thing is None or thing["object"] != kind:
            raise missing(kind, identifier, param=param)
        return thing

    def all(self, kind: str) -> Iterator[Json]:
        """The objects of one kind, newest first, as Stripe lists them."""
        return (thing for thing in reversed(list(self.objects.values())) if thing["object"] == kind)


@dataclass
class AccountLink:
    """One visit to the hosted onboarding: it can be used once and not after `expires_at`."""

    account_id: str
    refresh_url: str
    return_url: str
    expires_at: int
    used: bool = False


@dataclass(frozen=True)
class Cause:
    """The API request behind an event; both empty when a person at a page or the clock was the cause."""

    request_id: str | None = None
    idempotency_key: str | None = None


class World:
    """All accounts of the platform, the clock and the source of identifiers."""

    def __init__(self, clock: MovableClock, ids: Ids, public_url: str) -> None:
        """An empty platform whose hosted pages live under `public_url` (no slash at its end)."""
        self.lock = RLock()
        self.clock = clock
        self.agenda = Agenda()
        self.paid_out_day = 0  # the last day since the epoch whose payouts were made
        self.ids = ids
        self.public_url = public_url
        self.links: dict[str, AccountLink] = {}
        self.books: dict[str, Book] = {}
        self._listener: Callable[[Json], None] | None = None
        self.reset()

    def reset(self) -> None:
        """Forget everything and go back to the real time."""
        with self.lock:
            self.clock.follow_base()
            self.agenda.clear()
            self.paid_out_day = self.clock.now() // 86_400
            self.links.clear()
            self.books.clear()
            self.books[PLATFORM] = Book({"id": PLATFORM, "object": "account", "charges_enabled": True})

    def on_event(self, listener: Callable[[Json], None]) -> None:
        """Hand every later event to `listener`, in order and while the lock is held."""
        self._listener = listener

    def book(self, account_id: str) -> Book:
        """What this account holds; refused as Stripe refuses an account the key has no access to."""
        book = self.books.get(account_id)
        if book is None or not book.connected:
            raise invalid(
                f"The provided key 'sk_test_***' does not have access to account '{account_id}' (or that account does "
                "not exist). Application access may have been revoked.",
                code="account_invalid",
                status=403,
            )
        return book

    def call(self, account_id: str, cause: Cause | None = None) -> "Call":
        """A piece of work for one account."""
        return Call(self, self.book(account_id), cause or Cause())

    def owner_of(self, kind: str, identifier: str) -> Book:
        """The book that holds an object of this kind; for pages and controls, which know no account.

        Raises:
            StripeError: 404 when there is none.
        """
        for book in list(self.books.values()):
            thing = book.objects.get(identifier)
            if thing is not None and thing["object"] == kind:
                return book
        raise missing(kind, identifier)

    def accepted(self, event: Json) -> None:
        """Note that an endpoint has taken an event."""
        with self.lock:
            book = self.books.get(event.get("account", PLATFORM))
            if book is not None and event["id"] in book.objects:
                book.objects[event["id"]]["pending_webhooks"] = 0

    def tell(self, event: Json) -> None:
        """Hand an event to whoever delivers webhooks, unless its account has left the platform."""
        book = self.books.get(event.get("account", PLATFORM))
        if self._listener is not None and book is not None and book.connected:
            self._listener(deepcopy(event))


@dataclass(frozen=True)
class Call:
    """One piece of work for one account: what the rules of a resource are given."""

    world: World
    book: Book
    cause: Cause

    @property
    def now(self) -> int:
        """The current instant in epoch seconds."""
        return self.world.clock.now()

    def new_id(self, prefix: str, length: int = 24) -> str:
        """A new identifier with this prefix."""
        return self.world.ids.new(prefix, length)

    def emit(self, kind: str, thing: Json, *, previous: Json | None = None) -> None:
        """Record that `thing` changed, as it is now, and have it delivered.

        Args:
            kind: the event's type, such as `checkout.session.completed`.
            thing: the object, copied, so that later changes do not alter the event.
            previous: for an update, the former values of the fields that changed.
        """
        data: Json = {"object": deepcopy(thing)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self.cause.request_id, "idempotency_key": self.cause.idempotency_key},
            "type": kind,
        }
        if self.book.account_id != PLATFORM:
            event["account"] = self.book.account_id
        self.world.tell(self.book.add(event))
