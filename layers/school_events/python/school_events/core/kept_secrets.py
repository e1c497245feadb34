"""Secrets, kept by a process for a while; only the standard library is imported."""

import json
import time
from collections.abc import Callable
from typing import Any

AT_MOST = 300
"""Seconds after which a secret is read again, so that a rotation is seen."""

AT_MOST_IF_DOUBTED = 5
"""The same when what is known fits no more; Secrets Manager is asked no more often than that."""

type KeptSecrets = dict[str, tuple[float, dict[str, Any]]]
"""When each was read, by the process's own clock, and what it said."""


def read(kept: KeptSecrets, name: str, most_seconds: float, fetch: Callable[[str], str]) -> dict[str, Any]:
    """A secret's JSON content, at most so old.

    Args:
        kept: what is known; what is read is put there.
        name: the secret's name or ARN.
        most_seconds: how old it may be.
        fetch: reads it.
    """
    now = time.monotonic()
    if name in kept and now - kept[name][0] < most_seconds:
        return kept[name][1]
    content: dict[str, Any] = json.loads(fetch(name))
    kept[name] = (now, content)
    return content
