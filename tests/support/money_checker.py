"""An independent look at all money: our tables against Stripe's own books, whatever anybody answered.

No store is asked: rows are read as they are, and Stripe's objects as the local Stripe keeps them.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from local.stripe.errors import Json
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.events.store import find_event
from tests.support.contexts import SCHOOL
from tests.support.event_checker import place_faults_of
from tests.support.shop import Shop
from tests.support.tables import rows

_ENDED = frozenset({BookingState.RELEASED, BookingState.CANCELLED})
_NOT_GONE = frozenset({"failed", "canceled"})
"""The states of a refund, at Stripe and with us, whose money did not go back or came back again."""

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

    def asked_back(self, payment_id: str, reference: str) -> int:
        """What of a line was asked to go back, in pence."""
        asked = (one for one in self.refunds if (one["payment_id"], one["reference"]) == (payment_id, reference))
        return sum(one["amount"]["amount"] for one in asked if one["state"] not in _NOT_GONE)

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
            asked, amount = books.asked_back(payment["id"], line["reference"]), line["amount"]["amount"]
            if asked > amount:
                faults.append(f"{asked} of {amount} pence are to go back of {line['reference']}")
    return faults


def _ledger(books: _Books) -> list[str]:
    """The ledger's account that mirrors Stripe's balance has every movement of it, to the penny, and no other."""
    ours: defaultdict[str, int] = defaultdict(int)
    for entry in books.ledger:
        sign = (entry["debit"] == "stripe_balance") - (entry["credit"] == "stripe_balance")
        if sign:
            ours[entry["kind"]] += sign * entry["amount"]["amount"]
    stripes: defaultdict[str, int] = defaultdict(int)
    for movement in books.movements:
        stripes["all"] += movement["net"]
    if sum(ours.values()) != stripes["all"]:
        return [f"the ledger has {dict(ours)}, Stripe {[(one['type'], one['net']) for one in books.movements]}"]
    return []


def _refunds(books: _Books) -> list[str]:
    """What was asked is made, each refund of ours is one of Stripe's, and each of Stripe's one of ours."""
    faults = [f"{one['id']} was never made" for one in books.refunds if one["state"] == "asked"]
    ours = Counter({one["stripe_id"]: 0 for one in books.refunds if one["stripe_id"]})
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
    """What the school keeps of a payment is what places cost that are had, and what was promised to nobody."""
    if payment["state"] in _A_PERSONS:
        return []
    here = books.came(payment["id"]) - books.went_back(payment["id"])
    due = sum(_kept(books, payment, line) for line in payment["lines"])
    if here == due:
        return []
    states = [books.bookings[line["reference"]].state.value for line in payment["lines"]]
    return [f"{here} pence of {payment['id']} ({payment['state']}) are kept for {states}, instead of {due}"]


def _kept(books: _Books, payment: Json, line: Json) -> int:
    """What the school may keep of what was paid for a line, in pence."""
    booking = books.bookings[line["reference"]]
    amount: int = line["amount"]["amount"]
    if booking.state is BookingState.CONFIRMED:
        return amount - _back_by_hand(books, payment, line)
    if booking.cancellation is None or booking.state not in _ENDED:
        return 0
    return amount - max(booking.cancellation.refund.amount, 0) - _back_by_hand(books, payment, line)


def _back_by_hand(books: _Books, payment: Json, line: Json) -> int:
    """What finance staff gave back of a line by their own decision, in pence."""
    by_rule = {f"{why}-{line['reference']}" for why in ("late", "called_off", "cancelled")}
    by_hand = (one for one in books.refunds if one["reference"] == line["reference"] and one["id"] not in by_rule)
    return sum(
        one["amount"]["amount"]
        for one in by_hand
        if one["payment_id"] == payment["id"] and one["state"] not in _NOT_GONE
    )
