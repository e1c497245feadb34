"""3-D Secure: the bank asks whoever pays by card to prove who they are (docs.stripe.com/payments/3d-secure).

Until they have, the intent stands at `requires_action` and no money moves. Who closes the window leaves it there; the
session can be paid otherwise, from another tab too, and ends with its time.
"""

from local.stripe.cards import Card
from local.stripe.errors import Json, StripeError, invalid
from local.stripe.world import Call

_FAILED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again."
)


def begin(call: Call, intent: Json, card: Card) -> None:
    """Let the bank ask; a challenge of another card that was not answered is over."""
    call.book.challenges[intent["id"]] = card
    intent.update(
        status="requires_action",
        next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}},
        payment_method=call.new_id("pm"),
    )
    call.emit("payment_intent.requires_action", intent)


def answered(call: Call, intent: Json) -> Card:
    """The card whose challenge is over, whatever came of it.

    Raises:
        StripeError: 400 when nobody is being asked.
    """
    card = call.book.challenges.pop(intent["id"], None)
    if card is None:
        raise invalid("This payment is not waiting for authentication.")
    return card


def fail(call: Call, intent: Json) -> StripeError:
    """Whoever paid could not prove who they are: tell so, and answer the refusal; no charge was made."""
    answered(call, intent)
    refusal = StripeError(402, "card_error", _FAILED, code="payment_intent_authentication_failure")
    intent.update(
        status="requires_payment_method", next_action=None, payment_method=None, last_payment_error=refusal.error
    )
    call.emit("payment_intent.payment_failed", intent)
    return refusal


def forget(call: Call, intent: Json) -> None:
    """The intent was paid otherwise or ended: nobody is asked any more."""
    call.book.challenges.pop(intent["id"], None)
