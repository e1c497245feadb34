"""What a use case is told about the moment: who asks, when, and by when an answer is due."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from school_events.core.ids import NewId
from school_events.core.patience import Patience

_LEFT_FOR_ENDING = timedelta(seconds=2)
"""What a function keeps of its time to say that it could not finish."""

ActorKind = Literal["contact", "staff", "portal", "stripe", "system"]
Role = Literal["school_admin", "finance", "staff", "parent"]


@dataclass(frozen=True)
class Actor:
    """Who does something: a person (``id`` is the Portal's contact or staff id) or a system by name."""

    kind: ActorKind
    id: str


@dataclass(frozen=True)
class Context:
    """The moment of one request or message, for one school.

    Args:
        school_id: the only school whose items may be touched.
        actor: on whose account it happens.
        now: the instant it happens at, UTC.
        deadline: the instant by which retries must have ended, UTC.
        new_id: makes identifiers.
        random: the source of chance (which free place, how long a retry waits).
        request_id: names the request in logs and audit.
        origin: where the request came from (an address, or the name of a system), for the audit log only.
        roles: the caller's roles in this school; empty for systems.
        mfa: whether the caller signed in with a second factor.
        patience: what this run has left of it with services that do not answer.
        begun: what a clock that only ever runs forward showed at ``now``, in seconds.
    """

    school_id: str
    actor: Actor
    now: datetime
    deadline: datetime
    new_id: NewId
    random: Random = field(repr=False)
    request_id: str
    origin: str = "system"
    roles: frozenset[Role] = frozenset()
    mfa: bool = False
    patience: Patience = field(default_factory=Patience, repr=False, compare=False)
    begun: float = field(default_factory=time.monotonic, repr=False, compare=False)

    def has_role(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles here."""
        return bool(self.roles.intersection(roles))

    def time_left(self) -> timedelta:
        """How long there is to the deadline, by a clock that nobody sets; below zero once it is past."""
        return self.deadline - self.now - timedelta(seconds=time.monotonic() - self.begun)


def deadline_of(lambda_context: Any, now: datetime) -> datetime:
    """The instant by which retries must have ended for the function still to be able to say so.

    Args:
        lambda_context: tells how long the function may still run.
        now: the present instant, UTC.
    """
    left = timedelta(milliseconds=lambda_context.get_remaining_time_in_millis())
    return now + max(left - _LEFT_FOR_ENDING, timedelta(0))
