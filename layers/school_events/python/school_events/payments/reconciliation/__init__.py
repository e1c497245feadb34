"""Comparing the ledger with Stripe every day, to the penny, and answering for what moved between two days."""
