"""The pages a person sees: hosted Checkout and hosted onboarding, usable in a browser and by a plain form POST."""

from dataclasses import dataclass
from html import escape

from local.stripe import accounts
from local.stripe.bank_accounts import GOOD_ACCOUNT
from local.stripe.cards import CHALLENGED_CARD, DECLINED_CARD, GOOD_CARD
from local.stripe.errors import Json, StripeError, invalid
from local.stripe.passing_time import pass_time
from local.stripe.payers import CUSTOMER, Payers
from local.stripe.world import Book, World

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;color:#1a1f36}"
    "label{display:block;margin:1rem 0}input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}"
    "button{font:inherit;padding:.6rem 1rem;margin:.5rem .5rem 0 0}table{width:100%}td:last-child{text-align:right}"
    ".note{color:#697386}.error{color:#b3093c;font-weight:600}"
)


@dataclass(frozen=True)
class Page:
    """An answer for a browser: a document, or an address to go on to."""

    status: int
    html: str = ""
    location: str | None = None


def _document(title: str, body: str, status: int = 200) -> Page:
    html = (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f'<p class="note">Local Stripe: no real money</p><h1>{escape(title)}</h1>{body}</body></html>'
    )
    return Page(status, html)


def _pounds(pence: int) -> str:
    return f"£{pence // 100}.{pence % 100:02d}"


def show_checkout(world: World, session_id: str) -> Page:
    """The hosted page of a session: to pay while it is open, else what became of it."""
    pass_time(world)
    with world.lock:
        book = world.owner_of("checkout.session", session_id)
        return _checkout(book, book.objects[session_id])


def _checkout(book: Book, session: Json, error: str = "") -> Page:
    if session["status"] == "expired":
        return _document("This checkout has expired", "<p>Go back to the shop to start again.</p>", 410)
    if session["status"] == "complete":
        address = escape(_success(session), quote=True)
        return _document("Already paid", f'<p><a href="{address}">Go back to the shop</a></p>')
    return _document(f"Pay {_pounds(session['amount_total'])}", _pay_form(book, session, error), 402 if error else 200)


def _pay_form(book: Book, session: Json, error: str) -> str:
    rows = "".join(
        f"<tr><td>{escape(line['description'])} × {line['quantity']}</td><td>{_pounds(line['amount_total'])}</td></tr>"
        for line in book.line_items[session["id"]]
    )
    email = escape(session["customer_email"] or CUSTOMER, quote=True)
    shown = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    return (
        f'<table>{rows}</table>{shown}<form method="post">'
        f'<label>Email <input name="email" type="email" value="{email}"></label>'
        f'<label>Card number <input name="card_number" inputmode="numeric" value="{GOOD_CARD}"></label>'
        '<button name="action" value="pay">Pay</button>'
        '<button name="action" value="decline">Pay with a card that is declined</button>'
        '<button name="action" value="challenge">Pay with a card whose bank asks first</button>'
        f'{_debit_part(session)}<button name="action" value="abandon">Leave without paying</button></form>'
    )


def _debit_part(session: Json) -> str:
    if "bacs_debit" not in session["payment_method_types"]:
        return ""
    return (
        f'<label>Account number <input name="account_number" inputmode="numeric" value="{GOOD_ACCOUNT}"></label>'
        '<button name="action" value="debit">Pay by Bacs Direct Debit</button>'
    )


def _challenge(session: Json) -> Page:
    body = (
        f"<p>Your bank asks whether it is you who pays {_pounds(session['amount_total'])}.</p>"
        '<form method="post"><button name="action" value="authenticate">Complete authentication</button>'
        '<button name="action" value="refuse">Fail authentication</button>'
        '<button name="action" value="abandon">Leave without an answer</button></form>'
    )
    return _document("3-D Secure", body)


def post_checkout(world: World, session_id: str, fields: dict[str, str]) -> Page:
    """Press a button of the hosted page.

    Args:
        world: the local Stripe.
        session_id: the session.
        fields: `action` (pay, decline, challenge, authenticate, refuse, debit or abandon; pay when absent),
            `card_number`, `account_number` and `email`.
    """
    pass_time(world)
    with world.lock:
        book = world.owner_of("checkout.session", session_id)
        session = book.objects[session_id]
        if session["status"] != "open":
            return _checkout(book, session)
        if fields.get("action") == "abandon":
            return _left(book, session)
        try:
            error = _pressed(Payers(world), session_id, fields)
        except StripeError as refusal:
            error = str(refusal)
        if error:
            return _checkout(book, session, error)
        return Page(303, location=_success(session)) if session["status"] == "complete" else _challenge(session)


def _pressed(payers: Payers, session_id: str, fields: dict[str, str]) -> str:
    """What is wrong after a button was pressed, for the page to show; empty when all is well."""
    email = fields.get("email", CUSTOMER)
    match fields.get("action"):
        case "authenticate":
            payers.authenticate(session_id, email)
        case "refuse":
            return payers.refuse_authentication(session_id)
        case "debit":
            payers.debit(session_id, fields.get("account_number", GOOD_ACCOUNT), email)
        case "decline":
            payers.pay(session_id, DECLINED_CARD, email)
        case "challenge":
            payers.pay(session_id, CHALLENGED_CARD, email)
        case _:
            payers.pay(session_id, fields.get("card_number", GOOD_CARD), email)
    return ""


def _left(book: Book, session: Json) -> Page:
    """Leaving changes nothing: the session stays open until it is paid or ends."""
    if session["cancel_url"] is None:
        return _checkout(book, session)
    return Page(303, location=session["cancel_url"])


def _success(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def show_onboarding(world: World, account_id: str, token: str) -> Page:
    """The hosted onboarding; a link that is used or out of date sends the visitor to its refresh address."""
    link = accounts.open_link(world, account_id, token)
    if link is None:
        return _refreshed(world, token)
    body = (
        "<p>Stripe would ask the school for its details here.</p>"
        '<form method="post"><button name="action" value="complete">Complete the onboarding</button>'
        '<button name="action" value="leave">Leave it unfinished</button></form>'
    )
    return _document("Connect a Stripe account", body)


def post_onboarding(world: World, account_id: str, token: str, fields: dict[str, str]) -> Page:
    """Press a button of the onboarding: `action` complete, or leave."""
    with world.lock:
        link = accounts.open_link(world, account_id, token)
        if link is None:
            return _refreshed(world, token)
        link.used = True
        if fields.get("action") != "leave":
            accounts.complete(world.call(account_id))
        return Page(303, location=link.return_url)


def _refreshed(world: World, token: str) -> Page:
    link = world.links.get(token)
    if link is None:
        raise invalid("There is no such onboarding link.", status=404)
    return Page(303, location=link.refresh_url)


def index(world: World) -> Page:
    """What there is: accounts and their sessions, newest first, with links to those still open."""
    with world.lock:
        parts = [_account_part(book) for book in world.books.values() if any(book.all("checkout.session"))]
    return _document("Local Stripe", "".join(parts) or "<p>No Checkout Session yet.</p>")


def _account_part(book: Book) -> str:
    rows = "".join(_session_row(session) for session in book.all("checkout.session"))
    return f"<h2>{escape(book.account_id)}</h2><table>{rows}</table>"


def _session_row(session: Json) -> str:
    name = escape(session["id"][:24])
    shown = f'<a href="{escape(session["url"], quote=True)}">{name}…</a>' if session["url"] else f"{name}…"
    return f"<tr><td>{shown} {session['status']}</td><td>{_pounds(session['amount_total'])}</td></tr>"
