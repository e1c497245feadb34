"""Checkout Sessions: made by the API, paid or left on the hosted page, ended by request or by the clock."""

from collections.abc import Sequence

from local.stripe import intents, three_d_secure
from local.stripe.cards import Card
from local.stripe.errors import Json, StripeError, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import (
    EXPAND,
    Choice,
    Instants,
    Integer,
    Metadata,
    Record,
    Rows,
    Text,
    Url,
    listing,
)
from local.stripe.world import Call, Cause, World

_SHORTEST, _LONGEST = 30 * 60, 24 * 60 * 60  # seconds a session may stay open (docs: expires_at)
_LEAST_PENCE = 30  # Stripe's minimum charge in pounds (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts)

METHODS = ("card", "bacs_debit")
_OPTIONS: dict[str, Json] = {"bacs_debit": {}, "card": {"request_three_d_secure": "automatic"}}

_PRODUCT = Record({"name": Text(), "description": Text(40_000), "metadata": Metadata()}, required=("name",))
_PRICE = Record(
    {"currency": Choice(("gbp",)), "unit_amount": Integer(), "product_data": _PRODUCT},
    required=("currency", "unit_amount", "product_data"),
)
_LINE = Record({"price_data": _PRICE, "quantity": Integer(least=1)}, required=("price_data", "quantity"))
_INTENT_DATA = Record(
    {
        "description": Text(1000),
        "metadata": Metadata(),
        "receipt_email": Text(),
        "statement_descriptor_suffix": Text(22),
    }
)
CREATE = Record(
    {
        "cancel_url": Url(),
        "client_reference_id": Text(200),
        "customer_email": Text(800),
        "expand": EXPAND,
        "expires_at": Integer(),
        "line_items": Rows(_LINE),
        "locale": Choice(("auto", "en", "en-GB")),
        "metadata": Metadata(),
        "mode": Choice(("payment",)),
        "payment_intent_data": _INTENT_DATA,
        "allowed_payment_method_types": Rows(Choice(METHODS)),
        "submit_type": Choice(("auto", "book", "donate", "pay")),
        "success_url": Url(),
        "ui_mode": Choice(("hosted_page",)),
    },
    required=("mode", "line_items", "success_url"),
)
LIST = listing(payment_intent=Text(), status=Choice(("complete", "expired", "open")), created=Instants())
LINES = listing()


def create(call: Call, params: Json) -> Json:
    """Open a session for the account, with the hosted page's address in `url`."""
    _require_charges(call)
    lines = [_line(call, line) for line in params["line_items"]]
    total = sum(line["amount_total"] for line in lines)
    _check_total(total, bool(lines))
    session = _session(call, params, total, _expiry(call, params))
    call.book.line_items[session["id"]] = lines
    call.book.intent_data[session["id"]] = params.get("payment_intent_data", {})
    return call.book.add(session)


def _require_charges(call: Call) -> None:
    if not call.book.account["charges_enabled"]:
        raise invalid("Your account cannot currently make charges. Complete its onboarding first.")


def _methods(call: Call, allowed: Sequence[str]) -> list[str]:
    """How the customer may pay: what the account can take, of that what the caller allows."""
    takes_debits = call.book.account.get("capabilities", {}).get("bacs_debit_payments") == "active"
    return [method for method in METHODS if method in allowed and (takes_debits or method == "card")]


def _check_total(total: int, any_lines: bool) -> None:
    if not any_lines:
        raise invalid("Missing required param: line_items.", param="line_items", code="parameter_missing")
    if total < _LEAST_PENCE:
        raise invalid(
            f"The Checkout Session's total amount due must add up to at least £0.{_LEAST_PENCE} gbp",
            code="amount_too_small",
        )


def _expiry(call: Call, params: Json) -> int:
    expires_at = int(params.get("expires_at", call.now + _LONGEST))
    if expires_at < call.now + _SHORTEST:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
        )
    if expires_at > call.now + _LONGEST:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    return expires_at


def _line(call: Call, line: Json) -> Json:
    price, quantity = line["price_data"], line["quantity"]
    total = price["unit_amount"] * quantity
    return {
        "id": call.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": price["product_data"]["name"],
        "discounts": [],
        "metadata": {},
        "price": _price(call, price),
        "quantity": quantity,
        "taxes": [],
    }


def _price(call: Call, price: Json) -> Json:
    return {
        "id": call.new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": call.now,
        "currency": price["currency"],
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": call.new_id("prod", 14),
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
    }


def _session(call: Call, params: Json, total: int, expires_at: int) -> Json:
    identifier = call.new_id("cs_test", 58)
    methods = _methods(call, params.get("allowed_payment_method_types", METHODS))
    return {
        "id": identifier,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": call.now,
        "currency": "gbp",
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {method: _OPTIONS[method] for method in methods},
        "payment_method_types": methods,
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.world.public_url}/c/pay/{identifier}",
        "wallet_options": None,
    }


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One session of the account."""
    return call.book.get("checkout.session", identifier, param="session")


def list_all(call: Call, params: Json) -> Json:
    """The account's sessions."""
    return page_of(call.book.all("checkout.session"), params, "/v1/checkout/sessions")


def list_lines(call: Call, identifier: str, params: Json) -> Json:
    """What a session sells."""
    session = retrieve(call, identifier, {})
    return page_of(call.book.line_items[session["id"]], params, f"/v1/checkout/sessions/{identifier}/line_items")


def expire(call: Call, identifier: str, _params: Json) -> Json:
    """End an open session so that it can no longer be paid; refused when it is paid or ended already."""
    session = retrieve(call, identifier, {})
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`.",
            param="session",
        )
    return _end(call, session)


def _end(call: Call, session: Json) -> Json:
    session.update(status="expired", url=None)
    if session["payment_intent"] is not None:
        intent = call.book.get("payment_intent", session["payment_intent"])
        three_d_secure.forget(call, intent)
        intents.cancel(call, intent)
    call.emit("checkout.session.expired", session)
    return session


def expire_due(world: World) -> None:
    """End every open session whose time has come by the world's clock."""
    with world.lock:
        now = world.clock.now()
        for book in list(world.books.values()):
            call = Call(world, book, Cause())
            for session in list(book.all("checkout.session")):
                if session["status"] == "open" and session["expires_at"] <= now:
                    _end(call, session)


def pay(call: Call, identifier: str, card: Card, email: str) -> Json:
    """Pay an open session with a card, as the hosted page does.

    Args:
        call: the account's work.
        identifier: the session.
        card: what is charged; a declining one leaves the session open, and so does one whose bank asks first.
        email: the customer's address, taken unless the session has one.

    Returns:
        The session: complete, or open while the bank asks (`authenticate`, `refuse_authentication`).

    Raises:
        StripeError: 402 when the card is declined, 400 when the session is not open.
    """
    session = payable(call, identifier)
    intent = intent_of(call, session)
    if card.challenged:
        three_d_secure.begin(call, intent, card)
        return session
    return _charge(call, session, intent, card, email)


def authenticate(call: Call, identifier: str, email: str) -> Json:
    """Prove to the bank who one is, and be charged; as `pay`.

    Raises:
        StripeError: 400 when the bank does not ask, or the session is not open; 402 when it declines.
    """
    session = payable(call, identifier)
    intent = intent_of(call, session)
    return _charge(call, session, intent, three_d_secure.answered(call, intent), email)


def refuse_authentication(call: Call, identifier: str) -> StripeError:
    """Fail to prove who one is; answers the refusal the page shows, and the session stays open.

    Raises:
        StripeError: 400 when the bank does not ask, or the session is not open.
    """
    return three_d_secure.fail(call, intent_of(call, payable(call, identifier)))


def _charge(call: Call, session: Json, intent: Json, card: Card, email: str) -> Json:
    three_d_secure.forget(call, intent)
    intents.charge(call, intent, card, session["customer_email"] or email)
    return complete(call, session, email, "paid")


def payable(call: Call, identifier: str) -> Json:
    """An open session of an account that can charge.

    Raises:
        StripeError: 400 when it is neither.
    """
    session = retrieve(call, identifier, {})
    if session["status"] != "open":
        raise invalid(f"This Checkout Session has a status of `{session['status']}` and cannot be paid.")
    _require_charges(call)
    return session


def complete(call: Call, session: Json, email: str, payment_status: str) -> Json:
    """The customer is done with the page: paid, or (of a debit under way) `unpaid` yet."""
    session.update(
        status="complete",
        payment_status=payment_status,
        url=None,
        customer_details=_details(session["customer_email"] or email),
    )
    call.emit("checkout.session.completed", session)
    return session


def intent_of(call: Call, session: Json) -> Json:
    """The session's payment intent; Stripe makes it when the customer first tries to pay."""
    if session["payment_intent"] is None:
        data = call.book.intent_data[session["id"]]
        amount, currency, methods = session["amount_total"], session["currency"], session["payment_method_types"]
        session["payment_intent"] = intents.create(call, amount, currency, data, methods)["id"]
    return call.book.get("payment_intent", session["payment_intent"])


def _details(email: str) -> Json:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
