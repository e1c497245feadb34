"""Money the school received itself, past Stripe: cash, vouchers, Tax-Free Childcare (B8, decision 0042)."""
