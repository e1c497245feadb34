"""A school with a past, its leavers, and the night in which they are forgotten."""

import copy
import itertools
import json
import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from functions.outbox.handler import lambda_handler as follow_streams
from school_events.bookings.service import Booked
from school_events.core import aws
from school_events.core.consequences import Telling
from school_events.core.context import Actor, Context
from school_events.core.due import DAILY, WatermarkItem
from school_events.events.model import SchoolEvent
from school_events.invitations import service as invitations
from school_events.notifications import store as inboxes
from school_events.notifications.model import Device
from school_events.notifications.service import deliver
from school_events.people.leavers import LAST_DAY, LEAVER, LINK_END
from school_events.people.rules import Thing
from school_events.privacy import service
from tests.support.booked_world import a_school_with_families, an_event, as_parent, book, keyed
from tests.support.contexts import NOW, SCHOOL, a_context, next_id
from tests.support.http_events import LambdaContext
from tests.support.memory import made_once
from tests.support.people import PortalMessage, contact_told, group_told, portal_message, pupil_told, tell
from tests.support.streams import row_record, stream_event
from tests.support.tables import INDEXES, STREAMED, messages, rows

LEFT_ON = "2026-10-23"
FORGOTTEN_AT = datetime(2029, 8, 31, 23, 0, tzinfo=UTC)
"""Midnight of 1 September 2029 in London: who left in 2026/27 is visible for two more academic years."""

QUESTIONS = (
    {"kind": "text", "prompt": "Anything we should know?", "required": False, "id": "note"},
    {"kind": "text", "prompt": "Any illness?", "required": False, "id": "ill", "sensitive": "medical"},
    {"kind": "consent", "prompt": "Photographs may be taken.", "required": False, "id": "photos"},
)
TOLD = {"ill": "hay fever", "photos": "yes"}
SECRETS = ("Xanthippe", "Featherstonehaugh", "Perpetua", "perpetua@canary.test", "allergic to zebras")
"""Names, an address and an answer of ``pupil-3`` and their mother, ``contact-3``."""

_IDS_USED = 1000
_made: dict[int, tuple[SchoolEvent, list[Booked]]] = {}
ACCOUNT, REGION = "123456789012", "eu-west-2"
_seeds = itertools.count(1)


def pupil_left(pupil_id: str, left_on: str = LEFT_ON, *, version: int = 2, school_id: str = SCHOOL) -> PortalMessage:
    """``PupilLeft``."""
    return portal_message("PupilLeft", {"pupil_id": pupil_id, "left_on": left_on}, version=version, school_id=school_id)


def pupil_removed(pupil_id: str, *, version: int = 2, occurred_at: str = "2026-12-01T08:00:00Z") -> PortalMessage:
    """``PupilRemoved``."""
    return portal_message("PupilRemoved", {"pupil_id": pupil_id}, version=version, occurred_at=occurred_at)


def contact_removed(contact_id: str, *, merged_into: str | None = None, version: int = 2) -> PortalMessage:
    """``ContactRemoved``, on 1 December 2026."""
    content = {"contact_id": contact_id, "merged_into": merged_into}
    return portal_message("ContactRemoved", content, version=version, occurred_at="2026-12-01T08:00:00Z")


def night(now: datetime = FORGOTTEN_AT, school_id: str = SCHOOL) -> Context:
    """A moment of the function that forgets; no two have the same chance."""
    ctx = a_context(school_id, Actor("system", "anonymise"), now)
    return replace(ctx, random=random.Random(next(_seeds)))  # noqa: S311 - chance that repeats is the point


def look_at(kind: str, *ids: str, now: datetime = FORGOTTEN_AT) -> None:
    """Take up a message of the queue."""
    thing = Thing(kind, ids)  # type: ignore[arg-type]
    service.look_at(night(now), thing)


def a_past(*, price: int = 0) -> tuple[SchoolEvent, list[Booked]]:
    """Everybody was invited, most booked by one parent; inboxes, feeds and devices are full, the audit log is written.

    ``contact-1`` booked for both children, ``contact-3`` for theirs, ``contact-4`` declined. ``pupil-3`` and their
    mother have names of their own. All children are in teaching groups.
    """
    made_once(_free_past if price == 0 else _priced_past, *INDEXES)
    for _ in range(_IDS_USED):
        next_id("used")
    return _made[price]


def _free_past() -> None:
    _make_past(0)


def _priced_past() -> None:
    _make_past(1250)


def _make_past(price: int) -> None:
    a_school_with_families()
    tell(
        pupil_told("pupil-3", SECRETS[0], SECRETS[1], version=2),
        contact_told("contact-3", SECRETS[2], SECRETS[1], email=SECRETS[3], version=2),
        group_told("group-1", ("pupil-1", "pupil-2", "pupil-3")),
        group_told("group-2", ("pupil-3", "pupil-4"), name="8y/En2"),
    )
    event = an_event(price=price, capacity=5, questions=QUESTIONS)
    booked = [
        book(event, "pupil-1", "pupil-2", answers={"note": "none"} | TOLD, asked=keyed("key-1")),
        book(event, "pupil-3", parent=3, answers={"note": SECRETS[4]} | TOLD, asked=keyed("key-3")),
    ]
    invitations.decline(as_parent(4), f"{event.id}~pupil-4")
    tell_families()
    for number in (1, 3):
        device = Device(id="phone", platform="ios", seen_at=NOW)
        inboxes.keep_device(SCHOOL, Actor("contact", f"contact-{number}"), device)
    _made[price] = event, booked


def tell_families() -> None:
    """Let everything follow that follows from what was written: audit lines, inbox entries."""
    follow_streams(
        stream_event(*(row_record(row) for table in sorted(STREAMED) for row in rows(table))), LambdaContext()
    )
    for body in messages("notifications"):
        deliver(a_context(actor=Actor("system", "notifications"), now=NOW), Telling.model_validate(body))


def nights_have_run_until(now: datetime) -> None:
    """As if every night before this instant had been run: nothing older is looked for."""
    for kind in (LAST_DAY, LEAVER, LINK_END):
        WatermarkItem(f"DUE#{kind}", "WATERMARK", hour=DAILY.first(now)).save()


def let_expire(now: datetime, *tables: str) -> None:
    """What DynamoDB does by itself: rows whose time is over vanish."""
    for table in tables:
        for row in rows(table):
            if "expires_at" in row and int(row["expires_at"]["N"]) < now.timestamp():
                key = {"pk": row["pk"], "sk": row["sk"]}
                aws.client("dynamodb").delete_item(TableName=table, Key=key)


def naming(tables: dict[str, list[dict[str, Any]]], words: Iterable[str]) -> list[tuple[str, str, str]]:
    """Rows with any of these words in them, as (table, pk, sk)."""
    words = tuple(words)
    return [
        (table, row["pk"]["S"], row["sk"]["S"])
        for table, found in tables.items()
        for row in found
        if any(word in json.dumps(row, ensure_ascii=False) for word in words)
    ]


def remembered() -> Callable[[], None]:
    """Remembers the tables as they are; calling the answer goes back there."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    tables = copy.deepcopy(backend.tables)

    def rewind() -> None:
        backend.tables = copy.deepcopy(tables)

    return rewind


def days(number: int) -> timedelta:
    """So many days."""
    return timedelta(days=number)
