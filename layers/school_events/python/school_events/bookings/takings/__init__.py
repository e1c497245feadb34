"""An event's money at a glance: what was paid for its places and given of free will, what is owed, what went back."""
