"""Voluntary contributions: what a family gives of its own will; the child's place never depends on it (B8)."""
