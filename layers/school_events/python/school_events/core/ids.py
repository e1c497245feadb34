"""Identifiers: opaque, sortable by birth, with a short prefix that tells a person what they name."""

from collections.abc import Callable
from typing import Annotated

from pydantic import StringConstraints
from ulid import ULID

PortalId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$", strict=True)]
"""An identifier given by the Portal: a school, pupil, contact or member of staff."""

OpaqueId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$", strict=True)]
"""An identifier given by us."""

_MOST_BYTES_IN_A_PATH = 256

NewId = Callable[[str], str]
"""Makes a fresh identifier for a prefix: ``new_id("booking")``."""


def new_id(prefix: str) -> str:
    """A fresh identifier such as ``booking_01j9…``: random, and sortable by the millisecond it was made."""
    return f"{prefix}_{str(ULID()).lower()}"


def may_name(text: str) -> bool:
    """Whether a part of a path may name something of ours: it is not empty, and fits into a key beside others.

    What is longer DynamoDB would not even look for: a sort key has at most 1,024 bytes.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    """
    return "/" not in text and 0 < len(text.encode()) <= _MOST_BYTES_IN_A_PATH
