"""A local Stripe for the product under test: real HTTP, its clock where the tests' moments are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest

from local.stripe.errors import Json
from local.stripe.running import LocalStripe, running_stripe
from school_events.bookings import checkout
from school_events.bookings.service import Booked
from school_events.payments.accounts import service as accounts
from school_events.payments.ledger import store as ledger_store
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.model import Payment
from tests.support.booked_world import as_parent
from tests.support.contexts import NOW, SCHOOL, a_context


@dataclass
class Shop:
    """The local Stripe, and the school's account there once it is connected."""

    server: LocalStripe
    account_id: str = ""

    def connect(self, school_id: str = SCHOOL) -> str:
        """Connect a school through the product, complete the account at Stripe, and hear that it is ready."""
        account, _ = accounts.connect_school(a_context(school_id))
        self.server.onboard(account.account_id)
        accounts.refresh(a_context(school_id), account.account_id)
        return account.account_id

    def cannot_charge(self) -> None:
        """Let Stripe take no money for the school any more, and hear of it."""
        self.server.world.book(self.account_id).account["charges_enabled"] = False
        accounts.refresh(a_context(), self.account_id)

    def at(self, moment: datetime) -> None:
        """Bring Stripe's clock to a moment of the tests; pages whose time is over close."""
        self.server.move_clock(int(moment.timestamp()) - self.server.world.clock.now())

    def open(self, booked: Booked, now: datetime = NOW) -> Payment:
        """Open the payment page of what was booked."""
        assert booked.payment_id is not None
        return checkout.open_page(as_parent(now=now), booked.payment_id)

    def pay(self, payment: Payment) -> None:
        """Pay on Stripe's page; we have not heard of it yet."""
        assert payment.checkout is not None
        assert payment.checkout.session_id is not None
        self.server.pay(payment.checkout.session_id)

    def all(self, kind: str) -> list[Json]:
        """Every object of a kind on the school's account: ``charge``, ``refund``, ``balance_transaction`` …"""
        return list(self.server.world.books[self.account_id].all(kind))

    def status_of(self, payment: Payment) -> str:
        """Where Stripe's page stands: ``open``, ``complete`` or ``expired``."""
        assert payment.checkout is not None
        found = [one for one in self.all("checkout.session") if one["id"] == payment.checkout.session_id]
        return str(found[0]["status"])

    def balance(self) -> int:
        """What the school has at Stripe, in pence."""
        return sum(one["net"] for one in self.all("balance_transaction"))


@pytest.fixture
def shop(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A running local Stripe with the school connected and ready; its clock stands at ``NOW`` until moved.

    The SDK does not wait between its tries.
    """
    with running_stripe(clock=NOW.timestamp) as server:
        monkeypatch.setenv("STRIPE_API_URL", server.url)
        monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *_, **__: 0)
        shop = Shop(server)
        shop.account_id = shop.connect()
        yield shop


def ledger(school_id: str = SCHOOL) -> list[LedgerEntry]:
    """The school's ledger."""
    return list(ledger_store.ledger_of_school(school_id))


def ledger_balance(school_id: str = SCHOOL) -> int:
    """What the ledger says the school has at Stripe, in pence."""
    entries = ledger(school_id)
    came = sum(one.amount.amount for one in entries if one.debit == "stripe_balance")
    went = sum(one.amount.amount for one in entries if one.credit == "stripe_balance")
    return came - went
