"""What is the caller's own: children, invitations, bookings, payments, and what changed of them."""
