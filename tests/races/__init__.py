"""Races: people who want the same at the same time, on the embedded AWS, with faults; ``python -m tests.races``."""
