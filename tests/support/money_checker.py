"""An independent look at all money: our tables against Stripe's own books, whatever anybody answered.

No store is asked: rows are read as they are, and Stripe's objects as the local Stripe keeps them.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from local.stripe.errors import Json
from local.stripe.world import Book
from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.events.store import find_event
from tests.support.contexts import SCHOOL
from tests.support.event_checker import place_faults_of
from tests.support.shop import Shop
from tests.support.tables import rows
from tests.support.takings_checker import faults_of_takings

_NOT_GONE = frozenset({"failed", "canceled"})
"""The states of a refund, at Stripe and with us, whose money did not go back or came back again."""

_MIRROR = "stripe_balance"
"""The ledger's account that mirrors the school's balance at Stripe."""

_BY_RULE = frozenset({"late", "called_off", "cancelled", "unpaid"})
"""Why money goes back without anybody of the school deciding it for this payment."""

_ENDED = frozenset({"called_off", "cancelled"})
"""Those of a booking that was ended; what a place was let go ``unpaid`` for may be owed once more (decision 0041)."""

_WAITING = frozenset({"charge_disputed", "account_left"})
"""What a refund may wait for as long as it takes: a bank, or the school."""

_UNDECIDED = frozenset({"needs_response", "under_review"})
"""The states of a dispute at Stripe in which a bank keeps the money and has not decided."""

_A_PERSONS = frozenset({"quarantined", "processing"})
"""The states of a payment in which a person, or a bank, decides what becomes of its money, and its places wait."""


def faults_now(books: "Books") -> list[str]:
    """What must never be so, not even in the midst of something; nothing, if all is well."""
    return [*_places(books), *_never_more_back_than_came(books), *_never_more_asked_back_than_came(books)]


def faults_in_the_end(books: "Books") -> list[str]:
    """What must not be so once nothing is under way any more."""
    return [
        *faults_now(books),
        *_ledger(books),
        *_disputed(books),
        *_income(books),
        *_kept_apart(books),
        *_refunds(books),
        *_holds(books),
        *_known(books),
        *_foreign(books),
        *faults_of_takings(books.ledger, books.payments.values(), {one.event_id for one in books.bookings.values()}),
        *(fault for booking in books.bookings.values() for fault in _place_or_money(books, booking)),
    ]


class Books:
    """What there is at a moment, in our tables and at Stripe."""

    def __init__(self, shop: Shop) -> None:
        """Read all of it.

        Args:
            shop: the school's Stripe.
        """
        kept = rows("Payments")
        self.payments = {one["id"]: one for one in _records(kept, "payment")}
        self.refunds = _records(kept, "refund")
        self.receipts = _records(kept, "receipt")
        self.ledger = _records(kept, "ledger_entry")
        found = rows("Bookings")
        self.bookings = {one["id"]: Booking.model_validate(one, strict=False) for one in _records(found, "booking")}
        self.places = Counter(row["state"]["S"] for row in found if row["kind"]["S"] == "place")
        self.accounts = _accounts(kept, shop)
        self.charges = [one for one in self._all("charge") if one["paid"]]
        self.made = self._all("refund")
        self.disputes = self._all("dispute")
        self.movements = self._all("balance_transaction")
        self.is_connected = all(one.connected for one in self.accounts.values())
        self.pages = {one["id"]: one for one in self._all("checkout.session")}

    def _all(self, kind: str) -> list[Json]:
        return [one for account in self.accounts.values() for one in account.all(kind)]

    def refunds_of(self, payment: Json, key: str) -> list[Json]:
        """Our refunds of one line, whatever became of them."""
        return [one for one in self.refunds if (one["payment_id"], one["line"]) == (payment["id"], key)]

    def lost_of(self, payment: Json) -> list[Json]:
        """What banks' decisions entered of a payment."""
        return [one for one in self.ledger if one.get("payment_id") == payment["id"] and one["kind"] == "dispute_lost"]


def _records(kept: Iterable[Mapping[str, Any]], kind: str) -> list[Json]:
    return [json.loads(row["record"]["S"]) for row in kept if row["kind"]["S"] == kind]


def _accounts(kept: Iterable[Mapping[str, Any]], shop: Shop) -> dict[str, Book]:
    """What Stripe has of each account that the school has or had, the first one first."""
    found = [(*one.get("former", ()), one["account_id"]) for one in _records(kept, "stripe_account")]
    ours = next((one for one in found if shop.account_id in one), (shop.account_id,))
    return {one: shop.server.world.books[one] for one in ours}


def _places(books: Books) -> list[str]:
    events = {one.event_id for one in books.bookings.values()}
    return [fault for event_id in events for fault in place_faults_of(find_event(SCHOOL, event_id))]


def _never_more_back_than_came(books: Books) -> list[str]:
    back: Counter[str] = Counter()
    for refund in books.made:
        if refund["status"] not in _NOT_GONE:
            back[refund["charge"]] += refund["amount"]
    amounts = {one["id"]: one["amount"] for one in books.charges}
    return [f"{back[one]} of {amounts.get(one, 0)} pence went back" for one in back if back[one] > amounts.get(one, 0)]


def _never_more_asked_back_than_came(books: Books) -> list[str]:
    faults = []
    for payment in books.payments.values():
        for line in payment["lines"]:
            asked, amount = _pence(_not_gone(books.refunds_of(payment, _key(line)))), line["amount"]["amount"]
            if asked > amount:
                faults.append(f"{asked} of {amount} pence are to go back of {_key(line)}")
    return faults


def _ledger(books: Books) -> list[str]:
    """The ledger has every movement of Stripe's balance, to the penny and by the object it was for, and no other.

    What a school does after it has left is not ours to see.
    """
    if not books.is_connected:
        return []
    source_of = {one["id"]: one["source"] or one["id"] for one in books.movements}
    ours: Counter[str] = Counter()
    for entry in books.ledger:
        sign = (entry["debit"] == _MIRROR) - (entry["credit"] == _MIRROR)
        if sign:
            named = str(entry.get("stripe_id"))
            ours[source_of.get(named, named)] += sign * entry["amount"]["amount"]
    stripes: Counter[str] = Counter()
    for movement in books.movements:
        stripes[source_of[movement["id"]]] += movement["net"]
    differing = sorted(one for one in ours.keys() | stripes.keys() if ours[one] != stripes[one])
    return [f"of {one} the ledger has {ours[one]} pence, Stripe {stripes[one]}" for one in differing]


def _disputed(books: Books) -> list[str]:
    """What banks keep until they have decided is there, and nothing of what they decided; lines bear what was lost."""
    if not books.is_connected:
        return []
    ours: Counter[str] = Counter()
    for entry in books.ledger:
        ours[str(entry.get("stripe_id"))] += _on(entry, "disputed") * entry["amount"]["amount"]
    taken = {one["id"]: -sum(moved["amount"] for moved in one["balance_transactions"]) for one in books.disputes}
    undecided = {one["id"] for one in books.disputes if one["status"] in _UNDECIDED}
    faults = [
        f"of {one} banks keep {pence} pence, in the ledger {ours[one]}"
        for one, pence in ((one, taken[one] if one in undecided else 0) for one in taken)
        if ours[one] != pence
    ]
    for payment in books.payments.values():
        borne, lost = sum(_lost(line) for line in payment["lines"]), _lost(payment)
        entered: int = sum(_on(one, "event_income") * one["amount"]["amount"] for one in books.lost_of(payment))
        if borne != lost or entered != lost:
            faults.append(f"{payment['id']} lost {lost} pence, its lines {borne}, its events {entered}")
    return faults


def _income(books: Books) -> list[str]:
    """Each event has what came for it, however it came, less what went back and what banks took for good."""
    ours: Counter[str] = Counter()
    for entry in books.ledger:
        ours[str(entry.get("event_id"))] -= _on(entry, "event_income") * entry["amount"]["amount"]
    came: Counter[str] = Counter()
    for payment in books.payments.values():
        for line in payment["lines"]:
            paid = line["amount" if payment.get("paid_at") else "received"]["amount"]
            away = _pence(one for one in books.refunds_of(payment, _key(line)) if _is_away(one))
            came[line["event_id"]] += paid - away - _lost(line)
    return [
        f"{one} has {ours[one]} pence in the ledger, which are {came[one]}"
        for one in sorted(ours.keys() | came.keys())
        if ours[one] != came[one]
    ]


def _kept_apart(books: Books) -> list[str]:
    """What came and is not to be kept is kept apart until it is back, or its bank has it, and nothing else is."""
    ours = -sum(_on(entry, "suspense") * entry["amount"]["amount"] for entry in books.ledger)
    found = [stray for payment in books.payments.values() for stray in payment.get("strays", ())]
    strays = {one["charge_id"]: one["amount"]["amount"] for one in found}
    away = _pence(one for one in books.refunds if not one["line"] and _is_away(one))
    decided = (one for one in books.disputes if one["charge"] in strays and one["status"] not in _UNDECIDED)
    lost = -sum(moved["amount"] for one in decided for moved in one["balance_transactions"])
    kept = sum(strays.values()) - away - lost
    return [] if ours == kept else [f"{ours} pence are kept apart, not {kept}"]


def _is_away(refund: Json) -> bool:
    """Whether a refund's money is with the payer, or on its way there."""
    return refund["state"] == "made" or (refund["state"] == "pending" and bool(refund.get("taken")))


def _on(entry: Json, account: str) -> int:
    """Whether an entry goes to an account (1), comes from it (-1), or neither."""
    return int(entry["debit"] == account) - int(entry["credit"] == account)


def _refunds(books: Books) -> list[str]:
    """What was asked is made, or waits for a person; each of our refunds is one of Stripe's, each of its is ours."""
    asked = [one for one in books.refunds if one["state"] == "asked" and one["through"] == "stripe"]
    faults = [f"{one['id']} was never made" for one in asked if one.get("trouble") not in _WAITING]
    ours: Counter[str] = Counter()
    for one in books.refunds:
        if one.get("stripe_id"):
            ours[str(one["stripe_id"])] += one["amount"]["amount"]
    stripes = Counter({one["id"]: one["amount"] for one in books.made})
    return faults if ours == stripes else [*faults, f"refunds {dict(ours)} are not Stripe's {dict(stripes)}"]


def _holds(books: Books) -> list[str]:
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


def _known(books: Books) -> list[str]:
    """Of all money that came we know what it is: it pays for something, or is kept apart from what does."""
    known = {one.get("charge_id") for one in books.payments.values()}
    known |= {stray["charge_id"] for one in books.payments.values() for stray in one.get("strays", ())}
    ours = (one for one in books.charges if one["metadata"].get("payment_id") in books.payments)
    return [f"{one['amount']} pence came and nobody knows: {one['id']}" for one in ours if one["id"] not in known]


def _foreign(books: Books) -> list[str]:
    """Nothing was paid for in another currency than it was asked in: what came is a person's to decide about."""
    paid = [one for one in books.payments.values() if one.get("charge_id") and one.get("paid_at")]
    pages = [(one, books.pages.get(one["checkout"]["session_id"])) for one in paid if one.get("checkout")]
    return [
        f"{one['id']} was paid in {page['currency']}"
        for one, page in pages
        if page is not None and page["currency"] != one["amount"]["currency"]
    ]


def _place_or_money(books: Books, booking: Booking) -> list[str]:
    """Place or money, never both, never neither."""
    paid = [
        (payment, line)
        for payment in books.payments.values()
        for line in payment["lines"]
        if line["reference"] == booking.id and payment.get("paid_at")
    ]
    back = [one for payment, line in paid for one in books.refunds_of(payment, _key(line))]
    again = {one.get("replaced_by") for one in back}
    first = [one for one in back if one["id"] not in again]
    by_rule = _pence(one for one in first if one["why"] in _BY_RULE)
    if booking.cancellation is not None:
        owed = booking.cancellation.refund.amount
        ended = _pence(one for one in first if one["why"] in _ENDED)
        return (
            [] if ended == owed else [f"{booking.id} is cancelled for {owed} pence, of which {ended} were to go back"]
        )
    if booking.state is BookingState.CONFIRMED:
        is_free = booking.payment_id is None
        faults = [] if paid or is_free else [f"{booking.id} has a place that was not paid for"]
        asked = [one for one in books.payments.values() if not one.get("merged_into")]
        times = Counter(_key(line) for payment in asked for line in payment["lines"])
        # Money for a basket that had come apart goes back if a part is asked for otherwise by then (decision 0040).
        wrong = _pence(one for one in first if one["why"] in _BY_RULE and times[one["line"]] == 1)
        return faults + ([f"{booking.id} has its place and {wrong} pence back"] if wrong else [])
    # What a bank has taken back for good the payer has, and it cannot go back once more (decision 0039).
    amount = sum(line["amount"]["amount"] - _lost(line) for _, line in paid)
    returned = by_rule + _pence(one for one in _not_gone(back) if one["why"] not in _BY_RULE)
    return (
        [] if returned >= amount else [f"{booking.id} is {booking.state}, {returned} of {amount} pence were to go back"]
    )


def _lost(line: Json) -> int:
    return int(line.get("lost", {"amount": 0})["amount"])


def _key(line: Json) -> str:
    return f"{line['reference']}#{line['part']}" if line["part"] else str(line["reference"])


def _pence(refunds: Iterable[Json]) -> int:
    return sum(one["amount"]["amount"] for one in refunds)


def _not_gone(refunds: Iterable[Json]) -> Iterable[Json]:
    """Those whose money is away, or will be."""
    return (one for one in refunds if one["state"] not in _NOT_GONE)
