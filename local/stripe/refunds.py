"""Refunds: never more than was captured and is still there; some take days, and some fail when nobody looks any more.

What becomes of a refund depends on the card (https://docs.stripe.com/testing#refunds) and on the balance
(https://docs.stripe.com/refunds): one the balance does not cover waits until money comes in.
"""

from collections.abc import Callable

from local.stripe.balance import DAY, movement, net_of
from local.stripe.cards import Refunding
from local.stripe.errors import Json, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import EXPAND, Choice, Instants, Integer, Metadata, Record, Text, listing
from local.stripe.world import Call, Cause, World

_DAYS_UNTIL_MADE, _DAYS_UNTIL_FAILED = 2, 5  # Stripe says no more than "some time later"

CREATE = Record(
    {
        "amount": Integer(least=1),
        "charge": Text(),
        "expand": EXPAND,
        "metadata": Metadata(),
        "payment_intent": Text(),
        "reason": Choice(("duplicate", "fraudulent", "requested_by_customer")),
    }
)
LIST = listing(charge=Text(), payment_intent=Text(), created=Instants())


def create(call: Call, params: Json) -> Json:
    """Give money back on a charge: `amount` pence, or all that is left."""
    charge = _charge_of(call, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    left -= _lost_of(call, charge)
    if left <= 0 or _is_kept(call, charge):
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    amount = params.get("amount", left)
    if amount > left:
        raise invalid(
            f"Refund amount ({_pounds(amount)}) is greater than unrefunded amount on charge ({_pounds(left)})",
            param="amount",
        )
    return _give_back(call, charge, amount, params)


def _charge_of(call: Call, params: Json) -> Json:
    if "charge" in params:
        charge = call.book.get("charge", params["charge"], param="charge")
    elif "payment_intent" in params:
        charge = _charge_of_intent(call, params["payment_intent"])
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if not charge["captured"]:
        raise invalid(f"Charge {charge['id']} has no captured amount to refund.", param="charge")
    return charge


def _charge_of_intent(call: Call, identifier: str) -> Json:
    intent = call.book.get("payment_intent", identifier, param="payment_intent")
    if intent["status"] != "succeeded":
        raise invalid(
            f"This PaymentIntent ({identifier}) does not have a successful charge to refund.", param="payment_intent"
        )
    return call.book.get("charge", intent["latest_charge"])


def _lost_of(call: Call, charge: Json) -> int:
    """How many pence of a charge banks took for good."""
    lost = (one for one in _disputes_of(call, charge) if one["status"] == "lost")
    return -sum(int(moved["amount"]) for one in lost for moved in one["balance_transactions"])


def _is_kept(call: Call, charge: Json) -> bool:
    """Whether nothing of a charge can be given back: its bank is asking for money, or keeps it for now.

    Stripe does not say whether what a lost dispute has left can be; it can here unless somebody wants it otherwise.
    """
    kept = [one["status"] for one in _disputes_of(call, charge) if not one["is_charge_refundable"]]
    return any(status != "lost" or call.book.keeps_what_is_left for status in kept)


def _disputes_of(call: Call, charge: Json) -> list[Json]:
    return [dispute for dispute in call.book.all("dispute") if dispute["charge"] == charge["id"]]


def _give_back(call: Call, charge: Json, amount: int, params: Json) -> Json:
    refund = call.book.add(_refund(call, charge, amount, params))
    kind = "refund" if _by_card(charge) else "payment_refund"
    refund["balance_transaction"] = movement(call, kind, refund, -amount, category="refund")["id"]
    _begin(call, charge, refund)
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    _count(charge, amount)
    changed = {name: value for name, value in previous.items() if charge[name] != value}
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge, previous=changed)
    return refund


def _by_card(charge: Json) -> bool:
    return bool(charge["payment_method_details"]["type"] == "card")


def _refund(call: Call, charge: Json, amount: int, params: Json) -> Json:
    return {
        "id": call.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        **({"destination_details": {"card": {"type": "refund"}, "type": "card"}} if _by_card(charge) else {}),
        "metadata": params.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _begin(call: Call, charge: Json, refund: Json) -> None:
    """Settle how the refund starts, and put on the agenda what becomes of it."""
    card = call.book.paid_with.get(charge["id"])
    refunding = card.refunding if card else Refunding.LATER
    if call.book.covers_refunds and _available(call) < 0:
        refund.update(status="pending", pending_reason="insufficient_funds")
    elif refunding is Refunding.LATER:
        refund.update(status="pending", pending_reason="processing")
        _later(call, _DAYS_UNTIL_MADE, refund, succeed)
    elif refunding is Refunding.FAILS:
        _later(call, _DAYS_UNTIL_FAILED, refund, fail)


def _later(call: Call, days: int, refund: Json, act: Callable[[Call, Json], None]) -> None:
    status = refund["status"]

    def when_due() -> None:
        if refund["status"] == status:
            act(Call(call.world, call.book, Cause()), refund)

    call.world.agenda.add(call.now + days * DAY, when_due)


def _available(call: Call) -> int:
    return net_of(call.book.all("balance_transaction"), "available")


def _count(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]


def succeed(call: Call, refund: Json) -> None:
    """Let a pending refund reach the customer."""
    previous = {"status": refund["status"], "pending_reason": refund.pop("pending_reason", None)}
    refund["status"] = "succeeded"
    _tell(call, refund, previous)


def fail(call: Call, refund: Json, reason: str = "lost_or_stolen_card") -> None:
    """Let a refund fail, also one that looked made: the money is back in the balance and the charge refundable again.

    Args:
        call: the account's work.
        refund: a pending or succeeded one.
        reason: why, as in Stripe's `failure_reason`.
    """
    previous = {"status": refund["status"]}
    refund.update(status="failed", failure_reason=reason)
    _take_back(call, refund)
    _tell(call, refund, previous)
    call.emit("refund.failed", refund)


def cancel_pending(call: Call, refund: Json) -> None:
    """Call off a refund that is still pending, as a person can in Stripe's dashboard."""
    if refund["status"] != "pending":
        raise invalid(f"This refund has a status of {refund['status']} and cannot be canceled.", param="refund")
    previous = {"status": "pending"}
    refund["status"] = "canceled"
    _take_back(call, refund)
    _tell(call, refund, previous)


def _take_back(call: Call, refund: Json) -> None:
    refund.pop("pending_reason", None)
    refund["failure_balance_transaction"] = movement(call, "refund_failure", refund, refund["amount"])["id"]
    _count(call.book.get("charge", refund["charge"]), -refund["amount"])


def _tell(call: Call, refund: Json, previous: Json) -> None:
    call.emit("refund.updated", refund, previous=previous)
    call.emit("charge.refund.updated", refund, previous=previous)


def fail_pending_of(call: Call, charge: Json) -> None:
    """Let the pending refunds of a charge fail because the bank took the money back itself."""
    for refund in list(call.book.all("refund")):
        if refund["charge"] == charge["id"] and refund["status"] == "pending":
            fail(call, refund, "charge_for_pending_refund_disputed")


def make_covered(world: World) -> None:
    """Make the refunds that waited for money, oldest first, where the balance covers them now."""
    for book in world.books.values():
        call = Call(world, book, Cause())
        if book.covers_refunds and _available(call) >= 0:
            for refund in reversed(list(book.all("refund"))):
                if refund.get("pending_reason") == "insufficient_funds":
                    succeed(call, refund)


def cancel(call: Call, identifier: str, _params: Json) -> Json:
    """Refuse to call a refund off: only one that waits for the customer can be, and no card's does."""
    refund = retrieve(call, identifier, {})
    raise invalid(
        f"Refunds with a status of {refund['status']} cannot be canceled; only those that require action can.",
        param="refund",
    )


def _pounds(pence: int) -> str:
    return f"£{pence // 100}.{pence % 100:02d}"


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One refund of the account."""
    return call.book.get("refund", identifier, param="refund")


def list_all(call: Call, params: Json) -> Json:
    """The account's refunds."""
    return page_of(call.book.all("refund"), params, "/v1/refunds")
