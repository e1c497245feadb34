"""The ledger: every movement of a school's money, double entry, append-only; it equals Stripe to the penny."""
