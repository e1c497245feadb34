"""The door Stripe knocks at: signature checked, passed on. It can read no table."""

from infra.spec import SEND_STRIPE_EVENTS, STRIPE_WEBHOOK, Capability, Route

CAPABILITY = Capability(
    name="stripe_webhook",
    about="Check the signature of Stripe's events and queue them",
    routes=(Route("POST", "/v1/webhooks/stripe", public=True, rate=100, burst=500),),
    grants=(
        STRIPE_WEBHOOK,
        SEND_STRIPE_EVENTS,
    ),
    memory=256,
    # The secret and the queue, one after the other, when neither answers (tests/infra/test_time_outs.py); Stripe waits.
    timeout=20,
)
