"""Payouts: what Stripe sent to the school's bank, and what it is made of, to the penny."""
