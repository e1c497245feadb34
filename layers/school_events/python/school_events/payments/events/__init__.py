"""Stripe's events: which of them were applied."""
