"""Disputes: a bank asks about a charge or takes its money back, and decides (https://docs.stripe.com/disputes).

The fee is that of Stripe's British list: £20 for every dispute that takes money. Stripe's pages differ in whether it
comes back when the dispute is won, so whoever decides the dispute says. Countering costs nothing here.
"""

from local.stripe import refunds
from local.stripe.balance import DAY, movement
from local.stripe.cards import Card
from local.stripe.errors import Json, invalid
from local.stripe.listing import page_of
from local.stripe.parameters import EXPAND, Flag, Instants, Kind, Metadata, Record, Text, listing
from local.stripe.world import Call, Cause

_FEE = 20_00
_DAYS_TO_ANSWER = 20
_DAYS_OF_AN_INQUIRY = 120

_EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)
_EVIDENCE_KINDS: dict[str, Kind] = dict.fromkeys(_EVIDENCE, Text())
UPDATE = Record({"evidence": Record(_EVIDENCE_KINDS), "expand": EXPAND, "metadata": Metadata(), "submit": Flag()})
LIST = listing(charge=Text(), payment_intent=Text(), created=Instants())

_WAITING = {"needs_response", "warning_needs_response"}
_OPEN = _WAITING | {"under_review", "warning_under_review"}


def open_as_the_card_does(call: Call, charge: Json, card: Card) -> None:
    """Have the dispute of a test card's holder opened once what paid the charge has been told of."""

    def when_told() -> None:
        open_dispute(Call(call.world, call.book, Cause()), charge, reason=card.disputed, inquiry=card.inquiry)

    if card.disputed:
        call.world.agenda.add(call.now, when_told)


def open_dispute(
    call: Call, charge: Json, pence: int | None = None, *, reason: str = "fraudulent", inquiry: bool = False
) -> Json:
    """Let the customer's bank dispute a charge.

    Args:
        call: the account's work.
        charge: one that was captured.
        pence: how much of it is disputed; what was not refunded when not given.
        reason: why, in Stripe's words.
        inquiry: whether the bank asks first and leaves the money where it is.

    Returns:
        The dispute; its money has been taken already unless it is an inquiry.

    Raises:
        StripeError: 400 when there is nothing left to dispute.
    """
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = left if pence is None else pence
    if not 0 < amount <= charge["amount_captured"]:
        raise invalid(f"Charge {charge['id']} has nothing left that could be disputed.", param="charge")
    charge["disputed"] = True
    dispute = call.book.add(_dispute(call, charge, amount, reason, inquiry))
    if inquiry:
        call.emit("charge.dispute.created", dispute)
        _at(call, _DAYS_OF_AN_INQUIRY, dispute, "warning_closed")
    else:
        _withdraw(call, charge, dispute)
        call.emit("charge.dispute.created", dispute)
        call.emit("charge.dispute.funds_withdrawn", dispute)
        refunds.fail_pending_of(call, charge)
        _at(call, _DAYS_TO_ANSWER, dispute, "lost")
    return dispute


def _dispute(call: Call, charge: Json, amount: int, reason: str, inquiry: bool) -> Json:
    return {
        "id": call.new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": call.now + (_DAYS_OF_AN_INQUIRY if inquiry else _DAYS_TO_ANSWER) * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        **_method(charge, inquiry),
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }


def _method(charge: Json, inquiry: bool) -> Json:
    details = charge["payment_method_details"]
    if details["type"] != "card":
        return {}
    case = "inquiry" if inquiry else "chargeback"
    card = {"brand": details["card"]["brand"], "case_type": case, "network_reason_code": None}
    return {"payment_method_details": {"card": card, "type": "card"}}


def _withdraw(call: Call, charge: Json, dispute: Json) -> None:
    moved = movement(call, "adjustment", dispute, -dispute["amount"], _FEE, category="dispute", what_for="Dispute fee")
    moved["description"] = f"Chargeback withdrawal for {charge['id']}"
    dispute["balance_transactions"].append(moved)


def _at(call: Call, days: int, dispute: Json, outcome: str) -> None:
    """Decide a dispute nobody answered when its time is over."""

    def when_due() -> None:
        if dispute["status"] in _WAITING and outcome in _outcomes(dispute):
            decide(Call(call.world, call.book, Cause()), dispute, outcome)

    call.world.agenda.add(call.now + days * DAY, when_due)


def _outcomes(dispute: Json) -> set[str]:
    return {"warning_closed"} if dispute["status"].startswith("warning_") else {"won", "lost"}


def escalate(call: Call, dispute: Json) -> None:
    """Let the bank take back the money it has only asked about."""
    if dispute["status"] not in {"warning_needs_response", "warning_under_review"}:
        raise invalid("Only an open inquiry can be escalated.", param="dispute")
    previous = {"status": dispute["status"], "is_charge_refundable": True}
    charge = call.book.get("charge", dispute["charge"])
    dispute.update(status="needs_response", is_charge_refundable=False, **_method(charge, inquiry=False))
    dispute["evidence_details"]["due_by"] = call.now + _DAYS_TO_ANSWER * DAY
    _withdraw(call, charge, dispute)
    call.emit("charge.dispute.updated", dispute, previous=previous)
    call.emit("charge.dispute.funds_withdrawn", dispute)
    refunds.fail_pending_of(call, charge)
    _at(call, _DAYS_TO_ANSWER, dispute, "lost")


def decide(call: Call, dispute: Json, outcome: str, *, fee_back: bool = False, back: int = 0) -> None:
    """Close a dispute.

    One that is won in part is `lost`, and part of its money comes back
    (https://support.stripe.com/questions/dispute-for-full-charge-amount-after-a-partial-refund-was-issued).

    Args:
        call: the account's work.
        dispute: an open one.
        outcome: `won` or `lost`; `warning_closed` for an inquiry.
        fee_back: whether Stripe gives the fee back as well, when it is won.
        back: how many pence of one that is lost come back nevertheless.

    Raises:
        StripeError: 400 when it is closed already or cannot end like this.
    """
    _refuse_closed(dispute)
    if outcome not in _outcomes(dispute):
        raise invalid(f"A dispute with a status of {dispute['status']} cannot become {outcome}.", param="outcome")
    dispute.update(status=outcome, is_charge_refundable=outcome != "lost")
    reinstated = dispute["amount"] if outcome == "won" else back
    if reinstated:
        _reinstate(call, dispute, reinstated, _FEE if fee_back else 0)
    call.emit("charge.dispute.closed", dispute)
    if reinstated:
        call.emit("charge.dispute.funds_reinstated", dispute)


def _reinstate(call: Call, dispute: Json, pence: int, fee: int) -> None:
    moved = movement(call, "adjustment", dispute, pence, -fee, category="dispute_reversal", what_for="Dispute fee")
    moved["description"] = f"Chargeback reversal for {dispute['charge']}"
    dispute["balance_transactions"].append(moved)


def _refuse_closed(dispute: Json) -> None:
    if dispute["status"] not in _OPEN:
        raise invalid(f"This dispute is already closed; its status is {dispute['status']}.", param="dispute")


def update(call: Call, identifier: str, params: Json) -> Json:
    """Answer a dispute with evidence; submitted at once unless `submit` is false."""
    dispute = retrieve(call, identifier, {})
    dispute["metadata"].update(params.get("metadata", {}))
    if "evidence" in params:
        _answer(call, dispute, params["evidence"], submit=params.get("submit", True))
    return dispute


def _answer(call: Call, dispute: Json, evidence: Json, *, submit: bool) -> None:
    _refuse_closed(dispute)
    if dispute["evidence_details"]["submission_count"]:
        raise invalid("Evidence has already been submitted for this dispute.", param="evidence")
    previous = {"status": dispute["status"]}
    dispute["evidence"].update(evidence)
    dispute["evidence_details"]["has_evidence"] = True
    if submit:
        dispute["evidence_details"]["submission_count"] = 1
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    call.emit("charge.dispute.updated", dispute, previous=previous)
    if submit:
        _as_the_evidence_says(call, dispute)


def _as_the_evidence_says(call: Call, dispute: Json) -> None:
    """Decide at once where the text is one of those the test mode knows (https://docs.stripe.com/testing#disputes)."""
    inquiry = dispute["status"].startswith("warning_")
    match dispute["evidence"]["uncategorized_text"]:
        case "winning_evidence":
            decide(call, dispute, "warning_closed" if inquiry else "won")
        case "losing_evidence":
            decide(call, dispute, "warning_closed" if inquiry else "lost")
        case "escalate_inquiry_evidence" if inquiry:
            escalate(call, dispute)


def close(call: Call, identifier: str, _params: Json) -> Json:
    """Accept a dispute: it is lost."""
    dispute = retrieve(call, identifier, {})
    decide(call, dispute, "warning_closed" if dispute["status"].startswith("warning_") else "lost")
    return dispute


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """One dispute of the account."""
    return call.book.get("dispute", identifier, param="dispute")


def list_all(call: Call, params: Json) -> Json:
    """The account's disputes."""
    return page_of(call.book.all("dispute"), params, "/v1/disputes")
