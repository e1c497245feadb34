"""The ledger beside Stripe, every day."""
