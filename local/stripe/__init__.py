"""A small stateful Stripe for this machine: Connect accounts, hosted Checkout, refunds and signed webhooks.

`world` and the modules of one resource each (`accounts`, `checkout`, `intents`, `refunds`) are the state and its
rules; `api` reads requests and words answers as Stripe does; `webhooks` delivers events; `server` and `pages` are the
HTTP around them. Nothing of the product imports this package.
"""
