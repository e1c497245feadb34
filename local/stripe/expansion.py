"""Wording an answer: references become the objects they name when the request asks for it with `expand[]`."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from local.stripe.errors import Json, StripeError, invalid
from local.stripe.listing import page_of
from local.stripe.world import Book

# Fields holding an identifier that an answer may replace by the object (Stripe's OpenAPI: x-expandableFields).
_REFERENCES = {
    "checkout.session": {"payment_intent"},
    "payment_intent": {"latest_charge"},
    "charge": {"balance_transaction", "payment_intent"},
    "dispute": {"charge", "payment_intent"},
    "payout": {"balance_transaction", "failure_balance_transaction"},
    "refund": {"balance_transaction", "charge", "failure_balance_transaction", "payment_intent"},
    "balance_transaction": {"source"},
}
_DEEPEST = 4


def worded(book: Book, thing: Json, paths: Sequence[str]) -> Json:
    """A copy of `thing` with every path of `paths` expanded, such as `latest_charge.balance_transaction`."""
    answer = deepcopy(thing)
    for path in paths:
        steps = path.split(".")
        if len(steps) > _DEEPEST:
            raise _refused("You cannot expand more than 4 levels of a property.")
        _expand(book, answer, steps, path)
    return answer


def _refused(message: str) -> StripeError:
    return invalid(message, param="expand")


def _expand(book: Book, thing: Json, steps: list[str], path: str) -> None:
    step, *rest = steps
    if thing["object"] == "list" and step == "data":
        for row in thing["data"]:
            _expand(book, row, rest, path)
        return
    thing[step] = _opened(book, thing, step, path)
    if rest and thing[step] is not None:
        _expand(book, thing[step], rest, path)


def _opened(book: Book, thing: Json, step: str, path: str) -> Any:
    included = _included(book, thing, step)
    if included is not None:
        return included
    if step not in _REFERENCES.get(thing["object"], set()):
        raise _refused(f"This property cannot be expanded ({path}).")
    value = thing.get(step)
    return deepcopy(book.objects[value]) if isinstance(value, str) else value


def _included(book: Book, thing: Json, step: str) -> Json | None:
    """The lists an answer only carries when asked: a session's line items, a charge's refunds."""
    if (thing["object"], step) == ("checkout.session", "line_items"):
        url = f"/v1/checkout/sessions/{thing['id']}/line_items"
        return page_of(book.line_items[thing["id"]], {}, url)
    if (thing["object"], step) == ("charge", "refunds"):
        refunds = [refund for refund in book.all("refund") if refund["charge"] == thing["id"]]
        return page_of(refunds, {}, f"/v1/charges/{thing['id']}/refunds")
    return None
