"""What a function is told by its environment, read in one place (set in ``infra/capabilities``)."""

import os

TABLES = ("PEOPLE", "EVENTS", "BOOKINGS", "PAYMENTS", "INBOX", "AUDIT", "IDEMPOTENCY", "REPORTS")


def table_name(capability: str) -> str:
    """The name of a capability's table; without a setting, the capability's own name (``People``).

    A function is given the names of the tables its role may touch, and its modules may mention others:
    the default lets those be named without being reachable.
    """
    return os.environ.get(f"{capability.upper()}_TABLE", capability.capitalize())


def required(name: str) -> str:
    """A setting that must be there.

    Raises:
        KeyError: the environment does not carry it.
    """
    return os.environ[name]


def optional(name: str, default: str) -> str:
    """A setting with a default."""
    return os.environ.get(name, default)


def stage() -> str:
    """The stage this code runs in: ``local``, ``dev`` or ``prod``."""
    return optional("STAGE", "local")
