"""The main job, told once from beginning to end: from a Portal message to a paid booking and an exported report."""

from local.journey.telling import JourneyFailedError, run

__all__ = ["JourneyFailedError", "run"]
