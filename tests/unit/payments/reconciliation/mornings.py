"""Mornings on which the ledger is compared with Stripe."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from school_events.bookings import money_checks
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.ledger.store import ledger_item
from school_events.payments.reconciliation import store
from school_events.payments.reconciliation.model import Difference
from tests.support.booked_world import as_system
from tests.support.contexts import NOW, SCHOOL
from tests.support.shop import Shop, ledger, ledger_balance


def morning(day: int) -> datetime:
    """Five o'clock, so many mornings after ``NOW``."""
    return datetime.combine(NOW.date() + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=5)


def checked(shop: Shop, day: int = 1) -> dict[str, int]:
    """Let that many nights go by at Stripe, day by day, and do what the morning's run does."""
    now = morning(day)
    while shop.server.world.clock.now() < now.timestamp():
        step = min(24 * 3600, int(now.timestamp()) - int(shop.server.world.clock.now()))
        shop.server.move_clock(step)
    return money_checks.check_due(now, lambda school_id: as_system(now, name="money_check"), lambda: True)


def differences() -> list[Difference]:
    """What is written down as differing."""
    return store.open_differences(SCHOOL)


def assert_equal(shop: Shop) -> None:
    """The ledger's account of the balance is Stripe's, entry by entry."""
    assert ledger_balance() == shop.balance()
    assert not differences()


def drop(entry: LedgerEntry) -> Callable[[], object]:
    """Lose an entry, as nothing in the product can; gives what puts it back."""
    item = ledger_item(as_system(), entry)
    item.delete()
    return item.save


def entry_of(kind: str) -> LedgerEntry:
    """The one entry of a kind."""
    (found,) = [one for one in ledger() if one.kind == kind]
    return found
