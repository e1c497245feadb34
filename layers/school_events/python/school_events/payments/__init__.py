"""Money: payments, the ledger, Stripe. Takes and gives back money for an opaque reference; knows no bookings."""
