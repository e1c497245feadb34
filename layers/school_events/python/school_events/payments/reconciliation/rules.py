"""Sums over the ledger, and when it is compared: pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from school_events.payments.ledger.model import LedgerAccount, LedgerEntry
from school_events.payments.reconciliation.model import AccountBalance, Closing

OVERLAP = timedelta(days=1)
"""So far behind the last comparison the next one begins: Stripe may list a movement after later ones."""

ENTERED_BEFORE = timedelta(hours=1)
"""An entry carries the instant its writer began at, which may be a little before Stripe's."""

UNDER_WAY = timedelta(minutes=15)
"""What moved at Stripe so lately may still be on its way into the ledger."""

_DAILY_AT = time(5)
_LONDON = ZoneInfo("Europe/London")


def next_run(now: datetime) -> datetime:
    """When an account is compared again: five in the morning (UTC) of the next day."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), _DAILY_AT, UTC)


def midnight(day: date) -> datetime:
    """The instant a day begins at in London, UTC."""
    return datetime.combine(day, time(), _LONDON).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """The day an instant is on in London."""
    return instant.astimezone(_LONDON).date()


@dataclass
class Turnover:
    """What went into an account and out of it, in pence."""

    came: int = 0
    went: int = 0


@dataclass
class Sums:
    """What entries come to, by account, and by event and kind.

    Args:
        accounts: what went in and out.
        events: what each event's income rose by (below zero: fell), by kind of movement.
    """

    accounts: dict[LedgerAccount, Turnover] = field(default_factory=dict)
    events: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, entry: LedgerEntry) -> None:
        """Count an entry."""
        pence = entry.amount.amount
        self.accounts.setdefault(entry.debit, Turnover()).came += pence
        self.accounts.setdefault(entry.credit, Turnover()).went += pence
        if entry.event_id is not None:
            earned = pence if entry.credit is LedgerAccount.EVENT_INCOME else 0
            lost = pence if entry.debit is LedgerAccount.EVENT_INCOME else 0
            self.events.setdefault(entry.event_id, Counter())[entry.kind.value] += earned - lost


def sums(entries: Iterable[LedgerEntry]) -> Sums:
    """What entries come to."""
    found = Sums()
    for entry in entries:
        found.add(entry)
    return found


def closing(before: Closing | None, entries: Iterable[LedgerEntry], day: date) -> Closing:
    """What the accounts come to as a day begins.

    Args:
        before: what they came to earlier; none at the very beginning.
        entries: what has been entered between.
        day: in London.
    """
    balances: Counter[LedgerAccount] = Counter(balances_of(before))
    for account, turnover in sums(entries).accounts.items():
        balances[account] += turnover.came - turnover.went
    return Closing(
        day=day,
        balances=tuple(AccountBalance(account=account, pence=balances[account]) for account in sorted(balances)),
    )


def balances_of(closing: Closing | None) -> Mapping[LedgerAccount, int]:
    """What a closing says, by account."""
    return {} if closing is None else {one.account: one.pence for one in closing.balances}
