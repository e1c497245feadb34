"""Audiences of a large school: previewing 2,000 pupils, inviting 1,000 families, telling 2,000 who have booked.

The functions run in this process against the embedded AWS (ministack, one Python process on the same machine): what
DynamoDB and SQS would do in parallel and without our processor is in the seconds. Half way, after a random call
to DynamoDB, the worker is killed and what it was asked is delivered again: how often a family is queued is counted.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import batched
from statistics import median
from typing import Any

import pytest

from school_events.bookings import chores, news
from school_events.bookings import store as bookings
from school_events.bookings.model import Booking, BookingState, Place
from school_events.bookings.reading import booked_pupils
from school_events.core import aws
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Item
from school_events.core.money import NOTHING
from school_events.core.requests import Request
from school_events.events import store as events
from school_events.events.news.store import due_news, news_item
from school_events.invitations import consequences, service
from school_events.invitations.audience import Audience
from school_events.invitations.rounds import service as rounds
from school_events.invitations.rounds import store as round_store
from school_events.invitations.store import InvitationItem
from school_events.people import sync
from tests.support.contexts import a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.embedded_aws import embedded_aws
from tests.support.people import PORTAL, pupil_told, received, school_told
from tests.support.tables import messages, rows
from tests.unit.events.things import a_trip

SCHOOL = "bench-school"
EVENT = "event_bench"
PUPILS = 2_000
FAMILIES = 1_000
_REPETITIONS = 5
_MOST_WRITES = 25
_YEAR_10, _YEAR_11 = "Year 10", "Year 11"
_AUDIENCE = Audience.model_validate_json(
    '{"any": [{"all": [{"year_groups": ["10", "11"]}, {"not": {"sen": ["E"]}}]}, {"free_school_meals": true}]}'
)
_INVITED = Audience.model_validate_json('{"year_groups": ["10"]}')
_UNASKED = Request(None, "")


def run() -> dict[str, float | int]:
    """What previewing, inviting and telling take, and how often families are told; the harness calls this."""
    with embedded_aws() as there, there.used(), pytest.MonkeyPatch.context() as patch:
        queue = aws.client("sqs").create_queue(QueueName="notifications")
        patch.setenv("NOTIFICATIONS_QUEUE_URL", queue["QueueUrl"])
        _a_large_school()
        events.event_item(SCHOOL, a_trip("published", EVENT), stamp(_moment(), "event.published")).save()
        return _preview() | _fan_out() | _tell()


def _moment() -> Context:
    now = datetime.now(UTC)
    return a_context(SCHOOL, now=now, deadline=now + timedelta(minutes=10))


def _a_large_school() -> None:
    """Half of it in Year 10, half in Year 11; copies of two pupils whom the Portal has told of."""
    for message in (
        school_told(),
        pupil_told("pupil-0000", year_group=_YEAR_10),
        pupil_told("pupil-1000", year_group=_YEAR_11),
    ):
        kind, detail = message
        assert not sync.apply(_moment_of_portal(), [received((kind, detail | {"school_id": SCHOOL}))])
    for row in [row for row in rows("People") if row["kind"]["S"] == "pupil"]:
        first = int(row["pk"]["S"].rpartition("-")[2])
        own = f"pupil-{first:04d}"
        _write(
            "People", [json.loads(json.dumps(row).replace(own, f"pupil-{first + n:04d}")) for n in range(1, FAMILIES)]
        )


def _moment_of_portal() -> Context:
    return a_context(SCHOOL, PORTAL)


def _write(table: str, items: list[dict[str, Any]]) -> None:
    for some in batched(items, _MOST_WRITES, strict=False):
        requests = [{"PutRequest": {"Item": one}} for one in some]
        aws.client("dynamodb").batch_write_item(RequestItems={table: requests})


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _preview() -> dict[str, float | int]:
    shown = service.preview(_moment(), EVENT, _AUDIENCE)
    times = [_timed(lambda: service.preview(_moment(), EVENT, _AUDIENCE)) for _ in range(_REPETITIONS)]
    return {
        "audience: pupils asked": PUPILS,
        "audience: pupils shown": shown.count,
        "audience: preview, median ms": median(times) * 1000,
        "audience: preview, spread ms": (max(times) - min(times)) * 1000,
        "audience: preview, KiB of answer": len(shown.model_dump_json()) // 1024,
    }


def _fan_out() -> dict[str, float | int]:
    """Ask for a round, have its worker killed at a random write, and deliver the message again."""
    asked = service.invite(_moment(), _UNASKED, EVENT, _INVITED)
    (waiting,) = round_store.latest_rounds(SCHOOL, EVENT)

    def work() -> None:
        rounds.work(_moment(), EVENT, waiting.id, booked_pupils)

    killed_before = _somewhere()
    began = time.perf_counter()
    try:
        with watched(Calls(killed_before)):
            work()
    except Killed:
        at_first = len(_of_kind("invitation"))
        work()
    seconds = time.perf_counter() - began
    invitations = [InvitationItem.from_raw_data(row) for row in _of_kind("invitation")]
    followed = [consequences.of(item) for item in invitations]
    told = Counter(telling.pupil_id for one in followed if one is not None for telling in one.tellings)
    return {
        "invitations: families asked for": asked.waiting,
        "invitations: killed before call": killed_before,
        "invitations: made before it was killed": at_first,
        "invitations: seconds, the kill included": seconds,
        "invitations: families told": len(told),
        "invitations: tellings of one family at the most": max(told.values()),
    }


def _somewhere() -> int:
    """A call to DynamoDB on the way: both stories make more."""
    return random.SystemRandom().randrange(8, 20)


def _of_kind(kind: str) -> list[dict[str, Any]]:
    return [row for row in rows("Events") if row["kind"]["S"] == kind]


def _tell() -> dict[str, float | int]:
    """Tell everybody of a change when all pupils have booked, with a run that is killed half way."""
    _all_book()
    change = stamp(a_context(SCHOOL, now=datetime.now(UTC) - timedelta(minutes=1)), "event.changed")
    news_item(SCHOOL, EVENT, change).save()
    found = next(due_news(datetime.now(UTC)))
    began = time.perf_counter()
    try:
        with watched(Calls(_somewhere())):
            news.tell(found, lambda: True)
    except Killed:
        at_first = messages("notifications")
        chores.tell_news(datetime.now(UTC), lambda: True)
    seconds = time.perf_counter() - began
    queued = Counter(one["pupil_id"] for one in (*at_first, *messages("notifications")))
    return {
        "telling: families": len(queued),
        "telling: seconds, the kill included": seconds,
        "telling: on the queue before it was killed": len(at_first),
        "telling: tellings of one family at the most": max(queued.values()),
    }


def _all_book() -> None:
    booking = Booking(
        id="booking_0000",
        event_id=EVENT,
        pupil_id="pupil-0000",
        booked_by="contact-1",
        state=BookingState.CONFIRMED,
        price=NOTHING,
        place=Place(event_id=EVENT, pool="term", number=1),
        created_at=datetime.now(UTC),
    )
    row = _row(bookings.booking_item(SCHOOL, booking, stamp(_moment(), "booking.confirmed")))
    _write("Bookings", [_copy(row, number) for number in range(PUPILS)])


def _row(item: Item) -> dict[str, Any]:
    return dict(json.loads(json.dumps(item.serialize())))


def _copy(row: dict[str, Any], number: int) -> dict[str, Any]:
    text = json.dumps(row).replace("pupil-0000", f"pupil-{number:04d}")
    copied: dict[str, Any] = json.loads(text.replace("booking_0000", f"booking_{number:04d}"))
    return copied
