"""An independent look at all money: our tables against Stripe's own books, whatever anybody answered.

No store is asked: rows are read as they are, and Stripe's objects as the local Stripe keeps them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from local.stripe.errors import Json
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.events.store import find_event
from tests.support.contexts import SCHOOL
from tests.support.event_checker import place_faults_of
from tests.support.shop import Shop
from tests.support.tables import rows

_NOT_GONE = frozenset({"failed", "canceled"})
"""The states of a refund, at Stripe and with us, whose money did not go back or came back again."""

_MIRROR = "stripe_balance"
"""The ledger's account that mirrors the school's balance at Stripe."""

_BY_RULE = frozenset({"late", "called_off", "cancelled"})
"""Why money goes back without anybody of the school deciding it for this payment."""

_A_PERSONS = frozenset({"quarantined"})
"""The states of a payment in which a person decides what becomes of its money."""


def faults_now(shop: Shop) -> list[str]:
    """What must never be so, not even in the midst of something; nothing, if all is well."""
    books = _Books(shop)
    return [*_places(books), *_never_more_back_than_came(books), *_never_more_asked_back_than_came(books)]


def faults_in_the_end(shop: Shop) -> list[str]:
    """What must not be so once nothing is under way any more."""
    books = _Books(shop)
    return [
        *faults_now(shop),
        *_ledger(books),
        *_refunds(books),
        *_holds(books),
        *(fault for payment in books.payments.values() for fault in _place_or_money(books, payment)),
    ]


class _Books:
    """What there is, in our tables and at Stripe."""

    def __init__(self, shop: Shop) -> None:
        kept = rows("Payments")
        self.payments = {one["id"]: one for one in _records(kept, "payment")}
        self.refunds = _records(kept, "refund")
        self.ledger = _records(kept, "ledger_entry")
        found = rows("Bookings")
        self.bookings = {one["id"]: Booking.model_validate(one, strict=False) for one in _records(found, "booking")}
        self.places = Counter(row["state"]["S"] for row in found if row["kind"]["S"] == "place")
        self.charges = [one for one in shop.all("charge") if one["paid"]]
        self.made = shop.all("refund")
        self.movements = shop.all("balance_transaction")
        self.pages = {one["id"]: one for one in shop.all("checkout.session")}

    def came(self, payment_id: str) -> int:
        """What Stripe took for a payment, in pence."""
        return sum(one["amount"] for one in self._charges_of(payment_id))

    def went_back(self, payment_id: str) -> int:
        """What of it Stripe gave back, in pence."""
        charges = {one["id"] for one in self._charges_of(payment_id)}
        return sum(one["amount"] for one in self.made if one["charge"] in charges and one["status"] not in _NOT_GONE)

    def refunds_of(self, payment: Json, key: str) -> list[Json]:
        """Our refunds of one line, whatever became of them."""
        return [one for one in self.refunds if (one["payment_id"], one["line"]) == (payment["id"], key)]

    def _charges_of(self, payment_id: str) -> list[Json]:
        return [one for one in self.charges if one["metadata"].get("payment_id") == payment_id]


def _records(kept: Iterable[Mapping[str, Any]], kind: str) -> list[Json]:
    return [json.loads(row["record"]["S"]) for row in kept if row["kind"]["S"] == kind]


def _places(books: _Books) -> list[str]:
    events = {one.event_id for one in books.bookings.values()}
    return [fault for event_id in events for fault in place_faults_of(find_event(SCHOOL, event_id))]


def _never_more_back_than_came(books: _Books) -> list[str]:
    back: Counter[str] = Counter()
    for refund in books.made:
        if refund["status"] not in _NOT_GONE:
            back[refund["charge"]] += refund["amount"]
    amounts = {one["id"]: one["amount"] for one in books.charges}
    return [f"{back[one]} of {amounts.get(one, 0)} pence went back" for one in back if back[one] > amounts.get(one, 0)]


def _never_more_asked_back_than_came(books: _Books) -> list[str]:
    faults = []
    for payment in books.payments.values():
        for line in payment["lines"]:
            asked, amount = _pence(_not_gone(books.refunds_of(payment, _key(line)))), line["amount"]["amount"]
            if asked > amount:
                faults.append(f"{asked} of {amount} pence are to go back of {_key(line)}")
    return faults


def _ledger(books: _Books) -> list[str]:
    """The ledger has every movement of Stripe's balance, to the penny and by the object it was for, and no other."""
    source_of = {one["id"]: one["source"] or one["id"] for one in books.movements}
    ours: Counter[str] = Counter()
    for entry in books.ledger:
        sign = (entry["debit"] == _MIRROR) - (entry["credit"] == _MIRROR)
        if sign:
            named = str(entry["stripe_id"])
            ours[source_of.get(named, named)] += sign * entry["amount"]["amount"]
    stripes: Counter[str] = Counter()
    for movement in books.movements:
        stripes[source_of[movement["id"]]] += movement["net"]
    differing = sorted(one for one in ours.keys() | stripes.keys() if ours[one] != stripes[one])
    return [f"of {one} the ledger has {ours[one]} pence, Stripe {stripes[one]}" for one in differing]


def _refunds(books: _Books) -> list[str]:
    """What was asked is made, each refund of ours is one of Stripe's, and each of Stripe's one of ours."""
    faults = [f"{one['id']} was never made" for one in books.refunds if one["state"] == "asked"]
    ours: Counter[str] = Counter()
    for one in books.refunds:
        if one["stripe_id"]:
            ours[one["stripe_id"]] += one["amount"]["amount"]
    stripes = Counter({one["id"]: one["amount"] for one in books.made})
    return faults if ours == stripes else [*faults, f"refunds {dict(ours)} are not Stripe's {dict(stripes)}"]


def _holds(books: _Books) -> list[str]:
    """Nothing waits for ever: no place is held, unless a person is to decide about its money; none is left over."""
    faults = []
    for booking in books.bookings.values():
        payment = books.payments.get(booking.payment_id or "")
        is_a_persons = payment is not None and payment["state"] in _A_PERSONS
        if booking.state in LIVE and booking.state is not BookingState.CONFIRMED and not is_a_persons:
            faults.append(f"{booking.id} is {booking.state} for ever")
    if books.places["returned"]:
        faults.append("a place was given back, and nobody can have it")
    still_open = (page["metadata"].get("payment_id") for page in books.pages.values() if page["status"] == "open")
    return [*faults, *(f"the page of {payment_id} is open for ever" for payment_id in still_open)]


def _place_or_money(books: _Books, payment: Json) -> list[str]:
    """What came for a payment is with the school or went back, and each line's place was had or its money is back."""
    came = books.came(payment["id"])
    asked = sum(line["amount"]["amount"] for line in payment["lines"]) if came else 0
    back = _pence(_not_gone(one for one in books.refunds if one["payment_id"] == payment["id"]))
    strays = came - asked if came else 0
    faults: list[str] = []
    if payment["state"] in _A_PERSONS:
        return faults
    if came - books.went_back(payment["id"]) != asked + strays - back:
        faults.append(f"{came} pence came for {payment['id']}, {books.went_back(payment['id'])} went back, not {back}")
    return faults + [fault for line in payment["lines"] for fault in _line(books, payment, line, paid=came > 0)]


def _line(books: _Books, payment: Json, line: Json, *, paid: bool) -> list[str]:
    """Place or money, never both, never neither."""
    booking = books.bookings[line["reference"]]
    by_rule = [one for one in books.refunds_of(payment, _key(line)) if one["id"].split("-")[0] in _BY_RULE]
    asked = _pence(one for one in by_rule if one.get("instead_of") is None)
    owed = _owed(booking, line) if paid else 0
    if asked != owed:
        return [f"{asked} pence of {_key(line)}, {booking.state}, were to go back by rule, instead of {owed}"]
    if booking.state is BookingState.CONFIRMED and not paid and not line["part"]:
        return [f"{booking.id} has a place that was not paid for"]
    return []


def _owed(booking: Booking, line: Json) -> int:
    """What is to go back by rule of what was paid for a line, in pence."""
    if booking.state is BookingState.CONFIRMED:
        return 0
    amount: int = line["amount"]["amount"]
    return amount if booking.cancellation is None else booking.cancellation.refund.amount


def _key(line: Json) -> str:
    return f"{line['reference']}#{line['part']}" if line["part"] else str(line["reference"])


def _pence(refunds: Iterable[Json]) -> int:
    return sum(one["amount"]["amount"] for one in refunds)


def _not_gone(refunds: Iterable[Json]) -> Iterable[Json]:
    """Those whose money is away, or will be."""
    return (one for one in refunds if one["state"] not in _NOT_GONE)
