"""Forgetting people: who is due, and taking them out of every capability (H1, H2)."""
