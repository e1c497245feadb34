"""Refunds: never more than was captured and is still there."""

from local.stripe.balance import movement
from local.stripe.errors import Json, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import EXPAND, Choice, Instants, Integer, Metadata, Record, Text, listing
from local.stripe.world import Call

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


def _give_back(call: Call, charge: Json, amount: int, params: Json) -> Json:
    refund = call.book.add(
        {
            "id": call.new_id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": call.now,
            "currency": charge["currency"],
            "destination_details": {"card": {"type": "refund"}, "type": "card"},
            "metadata": params.get("metadata", {}),
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason"),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    refund["balance_transaction"] = movement(call, "refund", refund, -amount)["id"]
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    changed = {name: value for name, value in previous.items() if charge[name] != value}
    call.emit("refund.created", refund)
    call.emit("charge.refunded", charge, previous=changed)
    return refund


def _pounds(pence: int) -> str:
    return f"£{pence // 100}.{pence % 100:02d}"


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One refund of the account."""
    return call.book.get("refund", identifier, param="refund")


def list_all(call: Call, params: Json) -> Json:
    """The account's refunds."""
    return page_of(call.book.all("refund"), params, "/v1/refunds")
