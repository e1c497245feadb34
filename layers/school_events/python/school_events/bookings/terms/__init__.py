"""On what terms a booking is cancelled: what goes back of what was paid, and until when a family may (D6)."""
