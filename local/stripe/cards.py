"""The test cards and what each of them does (https://docs.stripe.com/testing)."""

from dataclasses import dataclass
from enum import Enum

from local.stripe.errors import StripeError

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
_TOO_LITTLE = "Your card has insufficient funds."
CHALLENGED_CARD = "4000002760003184"


class Refunding(Enum):
    """What becomes of a refund."""

    AT_ONCE = "succeeds at once"
    LATER = "is pending first"
    FAILS = "succeeds, and fails days later"


@dataclass(frozen=True)
class Card:
    """A card as it is charged.

    `code`, `decline_code` and `message` are empty unless the card is declined; of a `challenged` card the bank first
    asks who holds it (3-D Secure). `disputed` is the reason its holder will give for disputing the charge, empty for
    most; `inquiry` whether the bank only asks about it.
    """

    number: str
    brand: str
    funding: str = "credit"
    country: str = "US"
    code: str = ""
    decline_code: str = ""
    message: str = ""
    challenged: bool = False
    refunding: Refunding = Refunding.AT_ONCE
    disputed: str = ""
    inquiry: bool = False

    @property
    def declined(self) -> bool:
        """Whether a charge to the card fails."""
        return bool(self.code)


def _declining(
    number: str, decline_code: str, code: str = "card_declined", message: str = "", *, challenged: bool = False
) -> Card:
    text = message or "Your card was declined."
    return Card(number, "visa", code=code, decline_code=decline_code, message=text, challenged=challenged)


_CARDS = {
    card.number: card
    for card in (
        Card(GOOD_CARD, "visa"),
        Card("4000056655665556", "visa", funding="debit"),
        Card("5555555555554444", "mastercard"),
        Card("4000008260000000", "visa", country="GB"),
        Card("4000058260000005", "visa", funding="debit", country="GB"),
        Card("5555558265554449", "mastercard", country="GB"),
        Card("4000000000007726", "visa", refunding=Refunding.LATER),
        Card("4000000000005126", "visa", refunding=Refunding.FAILS),
        Card("4000000000000259", "visa", disputed="fraudulent"),
        Card("4000000000002685", "visa", disputed="product_not_received"),
        Card("4000000000001976", "visa", disputed="product_not_received", inquiry=True),
        _declining(DECLINED_CARD, "generic_decline"),
        _declining("4000000000009995", "insufficient_funds", message=_TOO_LITTLE),
        _declining("4000000000009987", "lost_card"),
        _declining("4000000000009979", "stolen_card"),
        _declining("4000000000000069", "expired_card", "expired_card", "Your card has expired."),
        _declining("4000000000000127", "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
        _declining(
            "4000000000000119",
            "processing_error",
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        Card(CHALLENGED_CARD, "visa", challenged=True),
        Card("4000000000003220", "visa", challenged=True),
        _declining("4000008400001629", "generic_decline", challenged=True),
        _declining("4000008260003178", "insufficient_funds", message=_TOO_LITTLE, challenged=True),
    )
}


def card_of(number: str) -> Card:
    """The test card of this number, blanks ignored.

    Raises:
        StripeError: 402 when the number is no card's, or a card's that is not for testing.
    """
    plain = "".join(number.split())
    if plain in _CARDS:
        return _CARDS[plain]
    if not _adds_up(plain):
        raise StripeError(402, "card_error", "Your card number is incorrect.", code="incorrect_number", param="number")
    raise StripeError(
        402,
        "card_error",
        "Your card was declined. Your request was in test mode, but used a non test card.",
        code="card_declined",
        decline_code="test_mode_live_card",
    )


def _adds_up(number: str) -> bool:
    """Whether the number's check digit is right (Luhn, ISO/IEC 7812-1)."""
    if not number.isdecimal() or not 12 <= len(number) <= 19:
        return False
    figures = [int(figure) for figure in reversed(number)]
    doubled = [sum(divmod(figure * 2, 10)) for figure in figures[1::2]]
    return (sum(figures[::2]) + sum(doubled)) % 10 == 0
