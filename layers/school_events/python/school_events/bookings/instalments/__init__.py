"""What of a place's price is due after the booking: payments of their own, with their days (PAYMENTS.md 7, B8)."""
