"""What moved in a school's ledger between two days: opening, movements and closing of each account, income by event."""

from collections import Counter
from datetime import date, timedelta
from itertools import islice

from school_events.core.context import Context
from school_events.core.errors import Invalid
from school_events.events.store import find_events
from school_events.payments.ledger import store as ledger
from school_events.payments.reconciliation import rules, store
from school_events.payments.reconciliation.api import (
    AccountView,
    CheckedView,
    EventIncomeView,
    ReconciliationView,
    difference_view,
)
from school_events.people.readings import note_reading

_LONGEST = timedelta(days=366)
_MOST_DIFFERENCES = 100

MOST_ENTRIES = 100_000
"""So many entries of the ledger are added up: about half of a function's time, and a year of a very large school."""


def report(ctx: Context, first_day: date, last_day: date) -> ReconciliationView:
    """What moved on the days of a span in London, the last one included; in the audit log (H6).

    Differences name payments, sums nobody.

    Costs what moved in the span and since the morning before it.

    Raises:
        Invalid: the span ends before it begins, is longer than a year, or too much moved in it.
    """
    if last_day < first_day:
        raise Invalid.of("to", "is before the first day")
    if last_day - first_day > _LONGEST:
        raise Invalid.of("to", "is more than a year after the first day")
    opening = _opening(ctx.school_id, first_day)
    until = rules.midnight(last_day + timedelta(days=1))
    entries = ledger.ledger_of_school(ctx.school_id, rules.midnight(first_day), until)
    moved = rules.sums(islice(entries, MOST_ENTRIES))
    if next(entries, None) is not None:
        raise Invalid.of("to", f"ends a span with more than {MOST_ENTRIES:,} movements: ask for fewer days")
    accounts = _accounts(opening, moved)
    note_reading(ctx, "reconciliation.read", "school", ctx.school_id)
    return ReconciliationView(
        first_day=first_day,
        last_day=last_day,
        accounts=accounts,
        events=_events(ctx.school_id, moved),
        balanced=sum(one.closing for one in accounts) == 0,
        differences=[difference_view(one) for one in store.open_differences(ctx.school_id, _MOST_DIFFERENCES)],
        compared=[
            CheckedView(stripe_account=one.account_id, until=one.checked_until)
            for one in store.checks_of_school(ctx.school_id)
        ],
    )


def _opening(school_id: str, day: date) -> Counter[str]:
    """What the accounts came to as a day began: at the last closing before, and what was entered since."""
    before = store.last_closing(school_id, day)
    since = rules.midnight(before.day) if before else None
    closed = rules.closing(before, ledger.ledger_of_school(school_id, since, rules.midnight(day)), day)
    return Counter({account.value: pence for account, pence in rules.balances_of(closed).items()})


def _accounts(opening: Counter[str], moved: rules.Sums) -> list[AccountView]:
    turnovers = {account.value: turnover for account, turnover in moved.accounts.items()}
    return [
        AccountView(
            account=account,
            opening=opening[account],
            came=turnover.came,
            went=turnover.went,
            closing=opening[account] + turnover.came - turnover.went,
        )
        for account in sorted(opening.keys() | turnovers.keys())
        for turnover in (turnovers.get(account, rules.Turnover()),)
    ]


def _events(school_id: str, moved: rules.Sums) -> list[EventIncomeView]:
    titles = {event_id: event.title for event_id, event in find_events(school_id, moved.events).items()}
    return [
        EventIncomeView(event_id=event_id, title=titles.get(event_id), by_kind=dict(kinds), income=sum(kinds.values()))
        for event_id, kinds in sorted(moved.events.items())
    ]
