"""Money that goes back: written down before Stripe is asked, made once however often it is asked (PAYMENTS.md 6)."""
