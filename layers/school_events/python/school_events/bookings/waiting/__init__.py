"""The waiting list of an event that is full: turns kept in order, places offered for a limited time (D5)."""
