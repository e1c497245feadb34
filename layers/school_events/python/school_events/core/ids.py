"""Identifiers: opaque, sortable by birth, with a short prefix that tells a person what they name."""

from collections.abc import Callable
from typing import Annotated

from pydantic import StringConstraints
from ulid import ULID

PortalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$", strict=True)]
"""An identifier given by the Portal: a school, pupil, contact or member of staff."""

OpaqueId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$", strict=True)]
"""An identifier given by us."""

NewId = Callable[[str], str]
"""Makes a fresh identifier for a prefix: ``new_id("booking")``."""


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``booking_01j9…``: random, and sortable by the millisecond it was made."""
    return f"{prefix}_{str(ULID()).lower()}"
