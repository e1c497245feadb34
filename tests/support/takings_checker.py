"""An event's money as it is shown, against the rows of the ledger and of payments, read as they are."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from school_events.bookings.takings import service
from school_events.bookings.takings.api import EventMoneyView
from school_events.core.context import Role
from tests.support.contexts import NOW, a_context

_OWED = frozenset({"created", "open", "processing", "quarantined"})
_SUMS = ("card", "cash", "vouchers", "tax_free_childcare", "owed", "refunded", "handed_over", "lost", "fees")
_WENT = {"refund": "refunded", "refund_failed": "refunded", "paid_out": "handed_over", "dispute_lost": "lost"}

type Row = dict[str, Any]


def shown(event_id: str, *roles: Role) -> list[EventMoneyView]:
    """All pages of an event's money, as finance staff see them unless told."""
    ctx = a_context(now=NOW, roles=frozenset(roles or ("finance",)))
    pages = [service.of_event(ctx, event_id, None)]
    while pages[-1].next_cursor is not None:
        pages.append(service.of_event(ctx, event_id, pages[-1].next_cursor))
    return pages


def faults_of_takings(ledger: Iterable[Row], payments: Iterable[Row], event_ids: Iterable[str]) -> list[str]:
    """Where what is shown is not what the rows say; nothing, if it is.

    Args:
        ledger: every entry of the school.
        payments: every payment of it.
        event_ids: all of its events that have bookings.
    """
    ledger, kept = list(ledger), {one["id"]: one for one in payments}
    faults: list[str] = []
    fees = 0
    for event_id in event_ids:
        first, *_ = pages = shown(event_id)
        rows = [row for page in pages for row in page.items]
        for name, total in (("place", first.places), ("contributions", first.contributions)):
            if total is None:
                faults.append(f"the first page of {event_id} has no sums")
                continue
            ours = {one: getattr(total, one) for one in _SUMS}
            fees += ours.pop("fees")
            if any(sum(getattr(getattr(row, name), one) for row in rows) != ours[one] for one in ours):
                faults.append(f"the sums of {event_id} are not those of its bookings")
            theirs = _plain(ledger, kept, event_id, of_contributions=name == "contributions")
            faults += [
                f"{event_id}, {name}: {one} is {ours[one]} pence, by the rows {theirs[one]}"
                for one in ours
                if ours[one] != theirs[one]
            ]
            if total.asked != total.paid + total.owed:
                faults.append(f"what {event_id} asked is not what was paid and is owed")
            if total.kept != theirs["income"]:
                faults.append(f"{event_id}, {name}: kept is {total.kept} pence, in the ledger {theirs['income']}")
    entered = sum(_on(one, "stripe_fees") for one in ledger if one.get("payment_id"))
    return faults if fees == entered else [*faults, f"fees are {fees} pence, in the ledger {entered}"]


def _plain(ledger: Iterable[Row], payments: dict[str, Row], event_id: str, *, of_contributions: bool) -> Counter[str]:
    """What the rows come to for an event, one by one."""
    found: Counter[str] = Counter()
    for entry in ledger:
        if entry.get("event_id") != event_id or _is_given(payments[entry["payment_id"]]) is not of_contributions:
            continue
        income = -_on(entry, "event_income")
        found["income"] += income
        if entry["kind"] in _WENT:
            found[_WENT[str(entry["kind"])]] -= income
        else:
            other = str(entry["debit"] if entry["credit"] == "event_income" else entry["credit"])
            found["card" if other == "stripe_balance" else other] += income
    for payment in payments.values():
        if payment["state"] not in _OWED or _is_given(payment) is not of_contributions:
            continue
        for line in payment["lines"]:
            if line["event_id"] == event_id and not line.get("over"):
                found["owed"] += line["amount"]["amount"] - line.get("received", {"amount": 0})["amount"]
    return found


def _is_given(payment: Row) -> bool:
    return bool(payment.get("purpose") == "contribution")


def _on(entry: Row, account: str) -> int:
    """By how much an entry raises an account, in pence."""
    return int(entry["amount"]["amount"]) * (int(entry["debit"] == account) - int(entry["credit"] == account))
