"""Consents: who agreed to which words and when, each parent for themselves, given and withdrawn (D3)."""
