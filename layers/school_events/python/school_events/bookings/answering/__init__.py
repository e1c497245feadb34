"""Answering an event's form for a booking, and who reads the answers."""
