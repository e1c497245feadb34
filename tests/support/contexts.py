"""Moments for use cases under test: fixed time, countable ids, seeded chance."""

import itertools
import random
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from school_events.core.context import Actor, Context, Role

SCHOOL = "school-1"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ADMIN = Actor("staff", "staff-admin")
TEACHER = Actor("staff", "staff-1")
PARENT = Actor("contact", "contact-1")

_AGES = 1e9
"""Seconds: a moment of a test lasts as long as the test needs it."""

_counters = {"ids": itertools.count(1)}


@pytest.fixture(autouse=True)
def _ids_start_at_one() -> None:
    _counters["ids"] = itertools.count(1)


def next_id(prefix: str) -> str:
    """An id such as ``booking_000001``: unique within a test, the same in every run."""
    return f"{prefix}_{next_number():06d}"


def next_number() -> int:
    """The number of the next id; no id has it then."""
    return next(_counters["ids"])


def count_on_from(number: int) -> None:
    """Give no id a number up to this one any more."""
    _counters["ids"] = itertools.count(max(number, next_number()) + 1)


def a_context(
    school_id: str = SCHOOL,
    actor: Actor = ADMIN,
    now: datetime = NOW,
    roles: Iterable[Role] = (),
    *,
    deadline: datetime | None = None,
    request_id: str = "request-1",
    mfa: bool = True,
) -> Context:
    """A moment.

    Args:
        school_id: the school.
        actor: who acts; the administrator unless told.
        now: when, UTC.
        roles: the caller's roles; what the actor usually has unless told.
        deadline: when retries end (wall clock); unless told, as late as the test needs.
        request_id: names the request.
        mfa: whether they signed in with a second factor.
    """
    usual: tuple[Role, ...] = ("parent",) if actor.kind == "contact" else ("staff",)
    if actor == ADMIN:
        usual = ("school_admin",)
    if actor.kind not in {"contact", "staff"}:
        usual = ()
    return Context(
        school_id=school_id,
        actor=actor,
        now=now,
        deadline=deadline or now + timedelta(seconds=20),
        new_id=next_id,
        random=random.Random(1),  # noqa: S311 - chance that repeats is the point
        request_id=request_id,
        roles=frozenset(roles) or frozenset(usual),
        mfa=mfa,
        begun=time.monotonic() + (_AGES if deadline is None else (now - datetime.now(UTC)).total_seconds()),
    )
