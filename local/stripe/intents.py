"""Payment intents and the charges made for them."""

from collections.abc import Sequence

from local.stripe import disputes
from local.stripe.balance import DAYS_UNTIL_AVAILABLE, movement
from local.stripe.cards import Card
from local.stripe.errors import Json, StripeError, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import EXPAND, Choice, Instants, Record, Text, listing
from local.stripe.world import Call

_FEE_PER_MILLE, _FEE_FIXED = 15, 20  # a UK card at Stripe's list price: 1.5 % + 20p

LIST = listing(created=Instants())
CANCEL = Record(
    {
        "cancellation_reason": Choice(("abandoned", "duplicate", "fraudulent", "requested_by_customer")),
        "expand": EXPAND,
    }
)
LIST_CHARGES = listing(payment_intent=Text(), created=Instants())


def create(call: Call, amount: int, currency: str, data: Json, methods: Sequence[str] = ("card",)) -> Json:
    """A payment intent that waits to be paid.

    Args:
        call: the account's work.
        amount: in pence.
        currency: such as `gbp`.
        data: the session's `payment_intent_data`.
        methods: the types of payment method it takes.
    """
    identifier = call.new_id("pi")
    intent = {
        "id": identifier,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": call.new_id(f"{identifier}_secret"),
        "confirmation_method": "automatic",
        "created": call.now,
        "currency": currency,
        "customer": None,
        "description": data.get("description"),
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": data.get("metadata", {}),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {method: _OPTIONS[method] for method in methods},
        "payment_method_types": list(methods),
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    call.book.add(intent)
    call.emit("payment_intent.created", intent)
    return intent


_OPTIONS: dict[str, Json] = {
    "bacs_debit": {},
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
}


def charge(call: Call, intent: Json, card: Card, email: str) -> None:
    """Charge the card for the whole intent; a decline is recorded, told in events, and raised as 402."""
    made = new_charge(call, intent, email, {"card": _card_details(card, intent["amount"]), "type": "card"})
    made["outcome"] = _outcome(card)
    if card.declined:
        raise fail(call, intent, made, "card_error", card.code, card.message, decline_code=card.decline_code)
    call.book.paid_with[made["id"]] = card
    succeed(call, intent, made, _fee(made["amount"]))
    disputes.open_as_the_card_does(call, made, card)


def _fee(amount: int) -> int:
    """What Stripe keeps of a card payment, in pence, half a penny rounded up."""
    return (amount * _FEE_PER_MILLE + 500) // 1000 + _FEE_FIXED


def wait(call: Call, intent: Json, made: Json) -> None:
    """The bank answers a charge only days later: tell so."""
    intent.update(
        status="processing", latest_charge=made["id"], payment_method=made["payment_method"], next_action=None
    )
    call.emit("charge.pending", made)
    call.emit("payment_intent.processing", intent)


def succeed(call: Call, intent: Json, made: Json, fee: int) -> None:
    """The money of a charge came: tell so, and move the balance by it less Stripe's `fee` in pence."""
    made.update(status="succeeded", paid=True, captured=True, amount_captured=made["amount"])
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        last_payment_error=None,
        latest_charge=made["id"],
        next_action=None,
        payment_method=made["payment_method"],
    )
    # With asynchronous capture, Stripe tells of the charge before its balance transaction is known.
    call.emit("charge.succeeded", made)
    call.emit("payment_intent.succeeded", intent)
    made["balance_transaction"] = movement(call, "charge", made, made["amount"], fee, days=DAYS_UNTIL_AVAILABLE)["id"]
    call.emit("charge.updated", made, previous={"balance_transaction": None})


def fail(
    call: Call, intent: Json, made: Json, kind: str, code: str, message: str, *, decline_code: str = ""
) -> StripeError:
    """The money of a charge did not come: tell so, and answer the refusal; the intent can be paid otherwise."""
    more = {"decline_code": decline_code} if decline_code else {}
    refusal = StripeError(402, kind, message, code=code, charge=made["id"], **more)
    made.update(status="failed", failure_code=code, failure_message=message)
    intent.update(
        status="requires_payment_method",
        last_payment_error=refusal.error,
        latest_charge=made["id"],
        next_action=None,
        payment_method=None,
    )
    call.emit("charge.failed", made)
    call.emit("payment_intent.payment_failed", intent)
    return refusal


def cancel(call: Call, intent: Json) -> None:
    """Call off an intent that was never paid, because its session ended."""
    intent.update(status="canceled", canceled_at=call.now, cancellation_reason="expired", next_action=None)
    call.emit("payment_intent.canceled", intent)


def new_charge(call: Call, intent: Json, email: str, details: Json) -> Json:
    """A charge of the whole intent that waits for the bank; `details` are its `payment_method_details`."""
    made = {
        "id": call.new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
        "calculated_statement_descriptor": "SCHOOL",
        "captured": False,
        "created": call.now,
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": call.new_id("pm"),
        "payment_method_details": details,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": None,
    }
    return call.book.add(made)


def _outcome(card: Card) -> Json:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if card.declined else "approved_by_network",
        "reason": card.decline_code or None,
        "risk_level": "normal",
        "risk_score": 10,
        "seller_message": "The bank declined the payment." if card.declined else "Payment complete.",
        "type": "issuer_declined" if card.declined else "authorized",
    }


def _card_details(card: Card, amount: int) -> Json:
    return {
        "amount_authorized": None if card.declined else amount,
        "authorization_code": None,
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": card.country,
        "exp_month": 12,
        "exp_year": 2040,
        "funding": card.funding,
        "installments": None,
        "last4": card.number[-4:],
        "mandate": None,
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "regulated_status": "unregulated",
        "three_d_secure": None,
        "wallet": None,
    }


def refuse_cancelling(call: Call, identifier: str, _params: Json) -> Json:
    """An intent of a Checkout Session is never cancelled by itself, and there are no others here.

    Raises:
        StripeError: always; 404 when the account has no such intent.
    """
    intent = retrieve(call, identifier, {})
    if intent["status"] in {"succeeded", "canceled"}:
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    raise invalid("You cannot cancel PaymentIntents created by Checkout. Expire the Checkout Session instead.")


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One payment intent of the account."""
    return call.book.get("payment_intent", identifier, param="intent")


def list_all(call: Call, params: Json) -> Json:
    """The account's payment intents."""
    return page_of(call.book.all("payment_intent"), params, "/v1/payment_intents")


def retrieve_charge(call: Call, identifier: str, _params: Json) -> Json:
    """One charge of the account."""
    return call.book.get("charge", identifier)


def list_charges(call: Call, params: Json) -> Json:
    """The account's charges."""
    return page_of(call.book.all("charge"), params, "/v1/charges")
