"""The schools' own accounts at Stripe (Connect, direct charges)."""
