"""Races through HTTP: a deployed stage with its roles enforced, parents with tokens of their own, no faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

from local import http_client
from local.demo_school import CAST, build
from local.deployed import local_stage_settings
from local.http_client import Answer
from local.journey.traveller import Journey, booking_window, if_match
from local.sign_in.people import Person
from local.stage import LocalStage
from tests.races import checker
from tests.races.checker import Row

AT_ONCE = 8
"""Requests under way at the same time: each has an execution environment of its own, and a small machine few cores."""

_TRY_AGAIN = frozenset({429, 503})
_MOST_TRIES = 20
_SECONDS_TO_START = 120


@dataclass(frozen=True)
class Contender:
    """A parent and what they ask, with a key."""

    contact_id: str
    body: dict[str, Any]
    key: str
    path: str = "/bookings"


@dataclass(frozen=True)
class Ran:
    """A race that was run: how often each status was answered, and what is wrong."""

    name: str
    statuses: Counter[int]
    faults: Sequence[str]


def run(stage: LocalStage) -> Iterator[Ran]:
    """Run the races, one after the other, and look at the tables after each."""
    families = _families()
    _warm_up(stage)
    yield _race(stage, "fifty for the last place", 1, lambda event: _each(event, families[:50]))
    yield _race(stage, "three hundred for thirty places", 30, lambda event: _each(event, families[:300]))
    yield _race(stage, "ten requests, five times each", 12, lambda event: _each(event, families[:10]) * 5)
    yield _race(stage, "siblings and others for three places", 3, lambda event: _siblings_and_others(event, families))


def _warm_up(stage: LocalStage) -> None:
    """Have the function start its execution environments, a few more each time: a small machine cannot start many."""
    url = f"{stage.api_url}/v1/schools/{CAST.school_id}/bookings/none"
    token = stage.token("admin")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for many in range(1, AT_ONCE + 1):
            list(pool.map(lambda _: http_client.call("GET", url, token=token), range(many)))


def _families() -> list[tuple[str, str]]:
    """Everybody who may book for a child in Year 8: first one parent of each child, then the others."""
    school = build()
    year_8 = {one.id for one in school.pupils if one.year == 8}
    found: dict[str, str] = {}
    for link in school.links:
        if link.pupil_id in year_8 and not link.restricted and link.ends_on is None:
            found.setdefault(link.contact_id, link.pupil_id)
    first_of = {pupil_id: contact_id for contact_id, pupil_id in reversed(found.items())}
    return sorted(found.items(), key=lambda one: (first_of[one[1]] != one[0], one))


def _each(event_id: str, families: Sequence[tuple[str, str]]) -> list[Contender]:
    return [_books(event_id, contact_id, pupil_id) for contact_id, pupil_id in families]


def _siblings_and_others(event_id: str, families: Sequence[tuple[str, str]]) -> list[Contender]:
    """Both parents want places for two children together, while others want one."""
    parents = (CAST.parent_of_two, CAST.other_parent_of_two)
    others = [one for one in families if one[0] not in parents][:8]
    return [*(_books(event_id, one, *CAST.two_children) for one in parents), *_each(event_id, others)]


def _books(event_id: str, contact_id: str, *pupils: str) -> Contender:
    items = [{"pupil_id": one} for one in pupils]
    return Contender(contact_id, {"event_id": event_id, "items": items}, f"race-{uuid4()}")


def _race(stage: LocalStage, name: str, capacity: int, contenders_for: Any) -> Ran:
    event_id = _published(stage, name, capacity)
    contenders: list[Contender] = contenders_for(event_id)
    answers = _all_at_once(stage, contenders)
    faults = list(_faults(stage, event_id, capacity, contenders, answers))
    return Ran(name, Counter(one.status for one in answers), faults)


def _published(stage: LocalStage, title: str, capacity: int) -> str:
    """A trip that costs nothing, to which all of Year 8 is invited."""
    journey = Journey(stage, f"race-{uuid4()}")
    day = (datetime.now(UTC) + timedelta(days=60)).date()
    trip = {
        "kind": "trip",
        "title": title,
        "takes_place": {"starts_at": f"{day}T08:30", "ends_at": f"{day}T17:00"},
        "capacity": capacity,
        "price": {"amount": 0, "currency": "gbp"},
        "booking_window": booking_window(),
    }
    made = journey.post("admin", "/events", trip, expect=201, key="trip")
    event_id = str(made["id"])
    staff = {"staff": [{"staff_id": CAST.teacher, "role": "lead"}]}
    journey.ask("admin", "PUT", f"/events/{event_id}/staff", staff, headers=if_match(made))
    journey.post("admin", f"/events/{event_id}/publish")
    path, audience = f"/events/{event_id}/invitations", {"audience": {"year_groups": ["8"]}}
    journey.await_("the invitations", lambda: journey.post("admin", path, audience)["invited"] == 0 or None)
    return event_id


def _all_at_once(stage: LocalStage, contenders: Sequence[Contender]) -> list[Answer]:
    start = Barrier(min(AT_ONCE, len(contenders)))

    def ask(number: int, one: Contender) -> Answer:
        who = Person(one.contact_id, "", "", "", (f"{CAST.school_id}:{one.contact_id}:parent",))
        url = f"{stage.api_url}/v1/schools/{CAST.school_id}{one.path}"
        send = partial(
            http_client.call, "POST", url, token=stage.token(who), body=one.body, headers={"idempotency-key": one.key}
        )
        if number < start.parties:
            start.wait(_SECONDS_TO_START)
        for _ in range(_MOST_TRIES):
            answer = send()
            if answer.status not in _TRY_AGAIN:
                break
        return answer

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, range(len(contenders)), contenders))


def _faults(
    stage: LocalStage, event_id: str, capacity: int, contenders: Sequence[Contender], answers: Sequence[Answer]
) -> Iterator[str]:
    def read(table: str) -> list[Row]:
        name = local_stage_settings().physical(table.lower())
        pages = stage.client("dynamodb").get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
        return [row for page in pages for row in page["Items"]]

    tables = checker.read_tables(read)
    yield from checker.faults_of_tables(tables.of_event(event_id), datetime.now(UTC))
    yield from (f"was answered {one.status} {one.body[:200]!r}" for one in answers if one.status not in {201, 409})
    told: dict[str, set[bytes]] = {}
    for asked, answer in zip(contenders, answers, strict=True):
        told.setdefault(asked.key, set()).add(answer.body if answer.status == 201 else b"")
    yield from ("the same request was answered in two ways" for bodies in told.values() if len(bodies) > 1)
    live = tables.events[event_id].live
    wanted = sum(len(one.body["items"]) for one in {one.key: one for one in contenders}.values())
    if len(live) < min(capacity, wanted) - 1:
        yield f"{len(live)} of {capacity} places were sold to {wanted} who want one"
