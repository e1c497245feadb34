"""Scenes: what is there when a race begins, made once through the product's own doors and then copied, under other ids.

Every id that tests give out has a number (``event_000012``); a copy adds which copy it is (``event_000012c7``), to
families too, so that the races of a world know nothing of each other. The school itself is there once.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from pydantic import BaseModel, ConfigDict

from school_events.bookings import service
from school_events.bookings.ways import Wish
from school_events.core import aws
from school_events.core.context import Actor
from school_events.core.requests import request
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from tests.races.wire import Wire
from tests.support import booked_world
from tests.support.contexts import NOW, a_context, next_id
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    pupil_told,
    school_told,
    staff_told,
    tell,
)
from tests.support.sweeping import housekept_until
from tests.support.tables import INDEXES, QUEUES, everything, make_tables

_ID = re.compile(r"(?<![A-Za-z0-9])([a-z]+_\d{6})(?!\d)")
_MOST_WRITES = 25
"""A batch has at most this many writes (DynamoDB)."""

_INVITED_AT_ONCE = 50
"""More are invited in the background."""


class Family(BaseModel):
    """One or two parents and their children, by id."""

    model_config = ConfigDict(frozen=True)

    parents: tuple[str, ...]
    children: tuple[str, ...]

    @property
    def parent(self) -> str:
        """The first parent."""
        return self.parents[0]


class Stage(BaseModel):
    """What those who race have to know.

    Args:
        event_id: what they race for.
        families: who.
        booking_ids: what some of them have already, in the order of the families.
        waiting_ids: the turns of those who wait for places, in their order.
        most: the highest capacity that the event has at any time; none for an evening.
        others: whatever else a kind of race needs, by name.
    """

    model_config = ConfigDict(frozen=True)

    event_id: str
    families: tuple[Family, ...]
    booking_ids: tuple[str, ...] = ()
    waiting_ids: tuple[str, ...] = ()
    most: int | None = None
    others: dict[str, str] = {}


@dataclass(frozen=True)
class Scene:
    """A stage and everything in the tables because of it, as text: requests that write it."""

    stage: str
    requests: tuple[str, ...]

    def set_up(self, wire: Wire, number: int) -> Stage:
        """Write a copy, and say which."""
        for text in self.requests:
            wire.ask("BatchWriteItem", _renamed(text, number))
        return Stage.model_validate_json(_renamed(self.stage, number))


def _renamed(text: str, number: int) -> str:
    return _ID.sub(rf"\1c{number}", text)


def scene(make: Callable[[], Stage]) -> Scene:
    """Make a scene through the product, and see what came into the tables by it."""
    before = {(table, _text(row)) for table, found in everything().items() for row in found}
    stage = make()
    came = [(table, row) for table, found in everything().items() for row in found if (table, _text(row)) not in before]
    return Scene(stage.model_dump_json(), _requests(came))


def _text(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True)


def _requests(found: Sequence[tuple[str, dict[str, Any]]]) -> tuple[str, ...]:
    requests = []
    for some in batched(found, _MOST_WRITES, strict=False):
        by_table: dict[str, list[dict[str, Any]]] = {}
        for table, row in some:
            by_table.setdefault(table, []).append({"PutRequest": {"Item": row}})
        requests.append(json.dumps({"RequestItems": by_table}))
    return tuple(requests)


def a_school() -> tuple[str, ...]:
    """A school without families, whose housekeeping has run all the time, as requests that write it again."""
    tell(school_told(), staff_told("staff-admin", ("school_admin",)), staff_told("staff-1"))
    housekept_until(NOW)
    return _requests([(table, row) for table, found in everything().items() for row in found])


def begin_anew(wire: Wire, school: Sequence[str]) -> None:
    """Leave nothing in the tables but the school."""
    for table in INDEXES:
        aws.client("dynamodb").delete_table(TableName=table)
    make_tables()
    for text in school:
        wire.ask("BatchWriteItem", text)


def make_queues() -> dict[str, str]:
    """The queues of the product, as the variables that name them to functions."""
    sqs = aws.client("sqs")
    return {
        f"{name.upper().replace('-', '_')}_QUEUE_URL": sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES
    }


def a_family(*, parents: int = 1, children: int = 1) -> Family:
    """A family as the Portal tells of it: each parent is linked with every child."""
    family = Family(
        parents=tuple(next_id("parent") for _ in range(parents)),
        children=tuple(next_id("child") for _ in range(children)),
    )
    told: list[PortalMessage] = [contact_told(one) for one in family.parents]
    told += [pupil_told(one) for one in family.children]
    tell(*told, *(link_told(parent, child) for parent in family.parents for child in family.children))
    return family


def an_event(
    families: int,
    capacity: int,
    *,
    parents: int = 1,
    children: int = 1,
    price: int = 0,
    booked: int = 0,
    most: int | None = None,
) -> Stage:
    """An event all families are invited to, of which the first have places already.

    Args:
        families: how many.
        capacity: of the event.
        parents: of each family.
        children: of each family.
        price: in pence.
        booked: how many families have places for all their children.
        waiting_ids: the turns of those who wait for places, in their order.
        most: the highest capacity it will have; its capacity unless told.
    """
    there = tuple(a_family(parents=parents, children=children) for _ in range(families))
    invited = [child for family in there for child in family.children]
    event = booked_world.an_event(price=price, capacity=capacity, invited=invited[:_INVITED_AT_ONCE])
    for some in batched(invited[_INVITED_AT_ONCE:], _INVITED_AT_ONCE, strict=False):
        audience = Audience.model_validate({"pupils": some})
        invitations.invite(a_context(), booked_world.UNASKED, event.id, audience)
    answers = [_booked(event.id, family) for family in there[:booked]]
    return Stage(
        event_id=event.id,
        families=there,
        booking_ids=tuple(one.booking_ids[0] for one in answers),
        most=most or capacity,
    )


def _booked(event_id: str, family: Family) -> service.Booked:
    ctx = a_context(actor=Actor("contact", family.parent))
    wishes = [Wish(child) for child in family.children]
    return service.book(ctx, family.parent, event_id, wishes, request(next_id("key"), "the first booking"))
