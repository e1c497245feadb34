"""Disputes: a payer's bank asks about a payment or takes it back, and decides; at Stripe, and told to finance staff."""
