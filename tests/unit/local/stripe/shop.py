"""What the tests of the local Stripe share: a client of the real SDK, an onboarded school, a session to pay."""

from typing import Any, cast

import stripe
from stripe.checkout import Session

from local.stripe.running import LocalStripe

NOW = 1_790_000_000  # the instant (epoch seconds) the local Stripe starts at in these tests
HOUR = 3600


class Shop:
    """One connected account and the SDK to work on it."""

    def __init__(self, server: LocalStripe, name: str = "school") -> None:
        """Open an account at `server` and complete its onboarding."""
        self.server = server
        self.client = client_of(server)
        account = self.client.v1.accounts.create(
            params={"country": "GB", "type": "standard", "metadata": {"name": name}}
        )
        self.account_id = account.id
        server.onboard(account.id)

    @property
    def options(self) -> stripe.RequestOptions:
        """Options of a request for the shop's account."""
        return {"stripe_account": self.account_id}

    def session(self, pence: int = 1500, *, key: str | None = None, **more: Any) -> Session:
        """A session over one line; `more` are further parameters of its creation."""
        params = cast(
            "stripe.params.checkout.SessionCreateParams",
            {**session_params(pence, self.server.world.clock.now()), **more},
        )
        options = self.options if key is None else {**self.options, "idempotency_key": key}
        return self.client.v1.checkout.sessions.create(params=params, options=options)

    def paid(self, pence: int = 1500) -> Session:
        """A session that has been paid, as the API answers it afterwards."""
        identifier = self.session(pence).id
        self.server.pay(identifier)
        return self.again(identifier)

    def again(self, session_id: str, *expand: str) -> Session:
        """The session as it is now."""
        return self.client.v1.checkout.sessions.retrieve(
            session_id, params={"expand": list(expand)}, options=self.options
        )

    def refund(self, session: Session, pence: int | None = None, *, key: str | None = None) -> stripe.Refund:
        """Give back `pence`, or all that is left, of a paid session."""
        params: stripe.params.RefundCreateParams = {"payment_intent": str(session.payment_intent)}
        if pence is not None:
            params["amount"] = pence
        options = self.options if key is None else {**self.options, "idempotency_key": key}
        return self.client.v1.refunds.create(params=params, options=options)

    def event_types(self) -> list[str]:
        """The types of the account's events, oldest first."""
        events = self.client.v1.events.list(params={"limit": 100}, options=self.options)
        return [event.type for event in reversed(events.data)]


def client_of(server: LocalStripe, key: str = "sk_test_local") -> stripe.StripeClient:
    """The real SDK, pointed at the local Stripe, without retries of its own."""
    return stripe.StripeClient(
        key,
        base_addresses={"api": server.url},
        http_client=stripe.RequestsClient(timeout=60),
        max_network_retries=0,
    )


def session_params(pence: int = 1500, now: int = NOW) -> dict[str, Any]:
    """Parameters of a session as the product creates them at the instant `now`."""
    return {
        "mode": "payment",
        "client_reference_id": "pay_1",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {"currency": "gbp", "unit_amount": pence, "product_data": {"name": "School event"}},
            }
        ],
        "expires_at": now + 35 * 60,
        "metadata": {"school_id": "s1"},
        "payment_intent_data": {"metadata": {"payment_id": "p1"}},
        "success_url": "http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/left",
    }
