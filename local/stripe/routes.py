"""The requests the local Stripe understands: method, path, parameters, and the rule that carries them out."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from local.stripe import accounts, balance, checkout, disputes, events, intents, payouts, refunds
from local.stripe.errors import Json, invalid
from local.stripe.parameters import EXPAND, Record
from local.stripe.world import Call

type Act = Callable[[Call, str, Json], Json]
_ONE = Record({"expand": EXPAND})


@dataclass(frozen=True)
class Route:
    """One request of Stripe's API; `path` is written as in Stripe's OpenAPI description."""

    method: str
    path: str
    accepts: Record
    act: Act

    def identifier(self, path: str) -> str | None:
        """What stands in the path's variable place ("" without one), or None when the path is another's."""
        match = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", self.path), path)
        if match is None:
            return None
        return match.group(1) if match.groups() else ""


def _whole(act: Callable[[Call, Json], Json]) -> Act:
    """A rule that needs no identifier from the path."""
    return lambda call, _identifier, params: act(call, params)


ROUTES = (
    Route("POST", "/v1/accounts", accounts.CREATE, _whole(accounts.create)),
    Route("GET", "/v1/accounts/{account}", _ONE, accounts.retrieve),
    Route("GET", "/v1/account", _ONE, accounts.retrieve_own),
    Route("POST", "/v1/account_links", accounts.LINK, _whole(accounts.create_link)),
    Route("POST", "/v1/checkout/sessions", checkout.CREATE, _whole(checkout.create)),
    Route("GET", "/v1/checkout/sessions", checkout.LIST, _whole(checkout.list_all)),
    Route("GET", "/v1/checkout/sessions/{session}", _ONE, checkout.retrieve),
    Route("POST", "/v1/checkout/sessions/{session}/expire", _ONE, checkout.expire),
    Route("GET", "/v1/checkout/sessions/{session}/line_items", checkout.LINES, checkout.list_lines),
    Route("GET", "/v1/payment_intents", intents.LIST, _whole(intents.list_all)),
    Route("GET", "/v1/payment_intents/{intent}", _ONE, intents.retrieve),
    Route("POST", "/v1/payment_intents/{intent}/cancel", intents.CANCEL, intents.refuse_cancelling),
    Route("GET", "/v1/charges", intents.LIST_CHARGES, _whole(intents.list_charges)),
    Route("GET", "/v1/charges/{charge}", _ONE, intents.retrieve_charge),
    Route("GET", "/v1/balance", _ONE, _whole(balance.retrieve)),
    Route("GET", "/v1/balance_transactions", balance.LIST, _whole(balance.list_movements)),
    Route("GET", "/v1/balance_transactions/{id}", _ONE, balance.retrieve_movement),
    Route("POST", "/v1/refunds", refunds.CREATE, _whole(refunds.create)),
    Route("GET", "/v1/refunds", refunds.LIST, _whole(refunds.list_all)),
    Route("GET", "/v1/refunds/{refund}", _ONE, refunds.retrieve),
    Route("POST", "/v1/refunds/{refund}/cancel", _ONE, refunds.cancel),
    Route("GET", "/v1/disputes", disputes.LIST, _whole(disputes.list_all)),
    Route("GET", "/v1/disputes/{dispute}", _ONE, disputes.retrieve),
    Route("POST", "/v1/disputes/{dispute}", disputes.UPDATE, disputes.update),
    Route("POST", "/v1/disputes/{dispute}/close", _ONE, disputes.close),
    Route("GET", "/v1/payouts", payouts.LIST, _whole(payouts.list_all)),
    Route("GET", "/v1/payouts/{payout}", _ONE, payouts.retrieve),
    Route("GET", "/v1/events", events.LIST, _whole(events.list_all)),
    Route("GET", "/v1/events/{id}", _ONE, events.retrieve),
)


def route_of(method: str, path: str) -> tuple[Route, str]:
    """The route of a request and the identifier in its path; 404 when there is none."""
    for route in ROUTES:
        identifier = route.identifier(path) if route.method == method else None
        if identifier is not None:
            return route, identifier
    raise invalid(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )
