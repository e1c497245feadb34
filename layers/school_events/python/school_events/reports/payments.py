"""Where the money came from and went: the ledger, line by line, with names where the school still knows them.

An amount is what the line does to the school's balance at Stripe: a charge adds, a refund, a fee or a payout takes
away; cash was never there. What moved, and between which accounts of the ledger, stands at the end of the line.
Who gave a contribution is not in it: finance staff find the payment by its number.
Fees belong to a payment and to no event, so a report of one event leaves them out.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import batched

from school_events.core import clock
from school_events.events.model import SchoolEvent
from school_events.events.store import find_event, find_events
from school_events.payments.ledger.mirroring import on_balance
from school_events.payments.ledger.model import LedgerEntry
from school_events.payments.ledger.store import ledger_of_school
from school_events.payments.model import Payment, PaymentPurpose
from school_events.people import access
from school_events.people.model import Contact
from school_events.people.store import find_contacts
from school_events.reports import rules
from school_events.reports.model import Column, ColumnKind, Definition, Filters, Position, ReportName, Row, Step
from school_events.reports.sources import BATCH, Remembered, find_payments

_COLUMNS = (
    Column("at", "Entered at", ColumnKind.INSTANT),
    Column("entry", "Entry"),
    Column("event", "Event"),
    Column("payer", "Payer"),
    Column("amount", "Amount", ColumnKind.MONEY),
    Column("payment_state", "Payment"),
    Column("payment_id", "Payment number"),
    Column("stripe_id", "Stripe number"),
    Column("to_account", "To account"),
    Column("from_account", "From account"),
    Column("moved", "Moved", ColumnKind.MONEY),
)
_ENTRY = next(number for number, column in enumerate(_COLUMNS) if column.name == "entry")


class _Names:
    """What the ids in ledger lines stand for."""

    def __init__(self, school_id: str) -> None:
        self.payments: Remembered[Payment] = Remembered(partial(find_payments, school_id))
        self.events: Remembered[SchoolEvent] = Remembered(partial(find_events, school_id))
        self.contacts: Remembered[Contact] = Remembered(partial(_find_payers, school_id))


def _find_payers(school_id: str, ids: Iterable[str]) -> dict[str, Contact]:
    """Who paid, by the ids their payments carry; where two records became one, who it is now."""
    now = access.persons_now(school_id, ids)
    known = find_contacts(school_id, set(now.values()))
    return {noted: known[person] for noted, person in now.items() if person in known}


def steps(school_id: str, filters: Filters, after: Position | None) -> Iterator[Step]:
    """The ledger's entries in the order of entry.

    Raises:
        NotFound: the event asked for is not the school's.
    """
    if filters.event_id is not None:
        find_event(school_id, filters.event_id)
    names = _Names(school_id)
    for entries in batched(_entries(school_id, filters, after), BATCH, strict=False):
        wanted = [one for one in entries if filters.event_id in {None, one.event_id}]
        rows = dict(zip((one.key for one in wanted), _rows(names, wanted), strict=True))
        for entry in entries:
            yield Step({"at": clock.to_text(entry.at), "key": entry.key}, rows.get(entry.key))


def _entries(school_id: str, filters: Filters, after: Position | None) -> Iterator[LedgerEntry]:
    since = clock.from_text(after["at"]) if after else rules.since_instant(filters)
    seen = (after["at"], after["key"]) if after else ("", "")
    for entry in ledger_of_school(school_id, since, rules.until_instant(filters)):
        if (clock.to_text(entry.at), entry.key) > seen:
            yield entry


def _rows(names: _Names, entries: list[LedgerEntry]) -> Iterator[Row]:
    payments = names.payments.get(one.payment_id for one in entries if one.payment_id)
    events = names.events.get(one.event_id for one in entries if one.event_id)
    contacts = names.contacts.get(one.payer_id for one in payments.values())
    for entry in entries:
        payment = payments.get(entry.payment_id) if entry.payment_id else None
        event = events.get(entry.event_id) if entry.event_id else None
        payer = contacts.get(payment.payer_id) if payment else None
        yield (
            entry.at,
            entry.kind,
            event.title if event else None,
            _payer(entry, payment, payer),
            on_balance(entry),
            payment.state.value if payment else None,
            entry.payment_id,
            entry.stripe_id,
            entry.debit.value,
            entry.credit.value,
            entry.amount.amount,
        )


def _payer(entry: LedgerEntry, payment: Payment | None, payer: Contact | None) -> str | None:
    """Who paid, by name, or else by alias; nobody of a contribution: administrators, too, read this report (B8)."""
    if payment is not None and payment.purpose is PaymentPurpose.CONTRIBUTION:
        return None
    return payer.full_name if payer else entry.payer


PAYMENTS = Definition(
    name=ReportName.PAYMENTS,
    title="Payments",
    columns=_COLUMNS,
    roles=frozenset({"school_admin", "finance"}),
    for_allocated_staff=False,
    labels=("charge", "refund", "fee"),
    label_of=lambda row: str(row[_ENTRY]),
    overall="balance",
    steps=steps,
)
