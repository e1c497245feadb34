"""The door Stripe knocks at: signature checked, account looked up, passed on. It can read no pupil."""

from infra.spec import GET, PAYMENTS, SEND_STRIPE_EVENTS, STRIPE_WEBHOOK, Capability, Route, table

CAPABILITY = Capability(
    name="stripe_webhook",
    about="Check the signature of Stripe's events and queue them",
    routes=(Route("POST", "/v1/webhooks/stripe", public=True, rate=100, burst=500),),
    grants=(
        table(PAYMENTS, *GET),
        STRIPE_WEBHOOK,
        SEND_STRIPE_EVENTS,
    ),
    memory=256,
    timeout=10,
)
