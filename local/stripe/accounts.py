"""Connect accounts and their hosted onboarding."""

from copy import deepcopy

from local.stripe.errors import Json, invalid, missing
from local.stripe.parameters import EXPAND, Choice, Flag, Kind, Metadata, Record, Text, Url
from local.stripe.world import AccountLink, Book, Call, World

_LINK_LIFE = 300  # seconds; Stripe's links live a few minutes (docs.stripe.com/api/account_links)
_NEEDED = ["business_profile.url", "external_account", "tos_acceptance.date", "tos_acceptance.ip"]
_USUAL = ("bacs_debit_payments", "card_payments", "transfers")  # what Stripe asks for a British school by itself
_APPLICATION = {"id": "ca_school_events", "object": "application", "name": "School Events"}
_REQUESTED = Record({"requested": Flag()})
_PROFILE: dict[str, Kind] = {
    "mcc": Text(4),
    "name": Text(),
    "product_description": Text(40_000),
    "support_email": Text(),
    "support_phone": Text(),
    "url": Text(),
}
_CONTROLLER: dict[str, Kind] = {
    "fees": Record({"payer": Choice(("account", "application"))}),
    "losses": Record({"payments": Choice(("application", "stripe"))}),
    "requirement_collection": Choice(("application", "stripe")),
    "stripe_dashboard": Record({"type": Choice(("express", "full", "none"))}),
}

CREATE = Record(
    {
        "type": Choice(("standard", "express", "custom")),
        "controller": Record(_CONTROLLER),
        "country": Text(2),
        "email": Text(),
        "business_type": Choice(("company", "government_entity", "individual", "non_profit")),
        "business_profile": Record(_PROFILE),
        "capabilities": Record(dict.fromkeys(("card_payments", "transfers", "bacs_debit_payments"), _REQUESTED)),
        "default_currency": Text(3),
        "metadata": Metadata(),
        "expand": EXPAND,
    }
)
LINK = Record(
    {
        "account": Text(),
        "refresh_url": Url(),
        "return_url": Url(),
        "type": Choice(("account_onboarding", "account_update")),
        "expand": EXPAND,
    },
    required=("account", "type"),
)


def create(call: Call, params: Json) -> Json:
    """Open a connected account that cannot charge before its onboarding is complete."""
    if "type" in params and "controller" in params:
        raise invalid("You may not provide both `type` and `controller`.", param="type")
    account = _account(call, params)
    call.world.books[account["id"]] = Book(account)
    return account


def _account(call: Call, params: Json) -> Json:
    return {
        "id": call.new_id("acct", 16),
        "object": "account",
        "business_profile": {**dict.fromkeys(_PROFILE), **params.get("business_profile", {})},
        "business_type": params.get("business_type"),
        "capabilities": dict.fromkeys(params.get("capabilities", {}), "inactive"),
        "charges_enabled": False,
        "controller": _controller(params),
        "country": params.get("country", "GB"),
        "created": call.now,
        "default_currency": params.get("default_currency", "gbp"),
        "details_submitted": False,
        "email": params.get("email"),
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": "/v1/accounts/external_accounts"},
        "future_requirements": _requirements([]),
        "metadata": params.get("metadata", {}),
        "payouts_enabled": False,
        "requirements": _requirements(_NEEDED, disabled="requirements.past_due"),
        "type": params.get("type", "none" if "controller" in params else "standard"),
    }


def _controller(params: Json) -> Json:
    given = params.get("controller", {})
    return {
        "type": "application",
        "is_controller": True,
        "fees": {"payer": given.get("fees", {}).get("payer", "account")},
        "losses": {"payments": given.get("losses", {}).get("payments", "stripe")},
        "requirement_collection": given.get("requirement_collection", "stripe"),
        "stripe_dashboard": {"type": given.get("stripe_dashboard", {}).get("type", "full")},
    }


def _requirements(due: list[str], disabled: str | None = None) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def retrieve(call: Call, identifier: str, _params: Json) -> Json:
    """The account of this identifier, as its platform sees it."""
    return call.world.book(identifier).account


def retrieve_own(call: Call, _identifier: str, _params: Json) -> Json:
    """The account the request was made for."""
    return call.book.account


def create_link(call: Call, params: Json) -> Json:
    """A link to the hosted onboarding, good for one visit within a few minutes."""
    book = call.world.book(params["account"])
    token = call.new_id("link", 32)
    expires_at = call.now + _LINK_LIFE
    call.world.links[token] = AccountLink(
        book.account_id, _needed(params, "refresh_url"), _needed(params, "return_url"), expires_at
    )
    url = f"{call.world.public_url}/setup/e/{book.account_id}/{token}"
    return {"object": "account_link", "created": call.now, "expires_at": expires_at, "url": url}


def _needed(params: Json, name: str) -> str:
    if name not in params:
        raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return str(params[name])


def open_link(world: World, account_id: str, token: str) -> AccountLink | None:
    """The onboarding visit behind a token, or None when it is used, out of date or of another account."""
    link = world.links.get(token)
    if link is None or link.used or link.account_id != account_id or link.expires_at <= world.clock.now():
        return None
    return link


def complete(call: Call) -> Json:
    """Finish the onboarding: the account can charge and be paid out, and `account.updated` says so."""
    account = call.book.account
    before = deepcopy(account)
    account.update(
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
        requirements=_requirements([]),
        capabilities=dict.fromkeys(account["capabilities"] or _USUAL, "active"),
    )
    return _told(call, before)


def restrict(call: Call, capability: str = "") -> Json:
    """Let Stripe want something of the school again: the account cannot charge, or loses one capability only."""
    account = call.book.account
    before = deepcopy(account)
    if capability:
        account["capabilities"] = {**account["capabilities"], capability: "inactive"}
        return _told(call, before)
    account.update(
        charges_enabled=False,
        payouts_enabled=False,
        requirements=_requirements(["company.verification.document"], disabled="requirements.past_due"),
        capabilities=dict.fromkeys(account["capabilities"], "inactive"),
    )
    return _told(call, before)


def _told(call: Call, before: Json) -> Json:
    account = call.book.account
    previous = {name: before[name] for name in account if before[name] != account[name]}
    call.emit("account.updated", account, previous=previous)
    return account


def deauthorise(call: Call) -> None:
    """Let the school disconnect the platform: it is told so, and from then on refused and told nothing."""
    call.emit("account.application.deauthorized", _APPLICATION)
    call.book.connected = False


def reauthorise(world: World, account_id: str) -> None:
    """Let the school connect the platform to the same account again.

    Raises:
        StripeError: 404 when there is no such account.
    """
    with world.lock:
        if account_id not in world.books:
            raise missing("account", account_id)
        world.books[account_id].connected = True
        world.call(account_id).emit("account.application.authorized", _APPLICATION)
