"""The outbox function, called as Lambda calls it, over what the product's own writes leave in its tables."""

import json
from typing import Any

import pytest

from functions.outbox.handler import lambda_handler
from school_events.core import aws
from school_events.core.consequences import Telling
from tests.support import booked_world as world
from tests.support.http_events import LambdaContext
from tests.support.streams import failure_report, row_record, stream_event
from tests.support.tables import STREAMED, messages, rows


def everything_written() -> dict[str, Any]:
    """A batch with a record of every row in the tables that have a stream."""
    return stream_event(*(row_record(row) for table in sorted(STREAMED) for row in rows(table)))


@pytest.fixture
def booked(tables: None) -> dict[str, Any]:
    """A trip that costs nothing, with two children of one mother booked."""
    world.a_school_with_families()
    world.book(world.an_event(price=0), "pupil-1", "pupil-2")
    return everything_written()


def actions() -> list[str]:
    return [line["action"]["S"] for line in rows("Audit")]


def test_every_change_of_every_table_has_one_audit_line(booked: dict[str, Any]) -> None:
    assert lambda_handler(booked, LambdaContext()) == {"batchItemFailures": []}
    assert {"pupil.created", "link.opened", "event.published", "invitation.sent", "booking.confirmed"} <= set(actions())
    assert actions().count("invitation.sent") == 4
    assert actions().count("booking.confirmed") == 2


def test_a_batch_that_comes_twice_leaves_the_audit_log_as_it_was(booked: dict[str, Any]) -> None:
    lambda_handler(booked, LambdaContext())
    before = rows("Audit")
    lambda_handler(booked, LambdaContext())
    assert rows("Audit") == before


def test_nobody_is_named_in_the_audit_log(booked: dict[str, Any]) -> None:
    lambda_handler(booked, LambdaContext())
    text = json.dumps(rows("Audit"))
    people = [*world.ALL_PUPILS, "contact-1", "contact-2", "contact-3", "staff-admin", "staff-1", "Name1", "Connor"]
    assert [name for name in people if f'"{name}"' in text or f"#{name}" in text] == []


def test_families_are_told_of_invitations_and_bookings(booked: dict[str, Any]) -> None:
    lambda_handler(booked, LambdaContext())
    told = [Telling.model_validate(body) for body in messages("notifications")]
    assert sorted(one.kind for one in told) == ["booked", "booked", *["invited"] * 4]
    assert {one.pupil_id for one in told if one.kind == "booked"} == {"pupil-1", "pupil-2"}


def test_what_is_sent_follows_the_published_schemas(booked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    bus = aws.client("events")

    def put_events(Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto's name
        sent.extend(Entries)
        return real(Entries=Entries)

    real = bus.put_events
    monkeypatch.setattr(bus, "put_events", put_events)
    lambda_handler(booked, LambdaContext())
    types = [entry["DetailType"] for entry in sent]
    assert sorted(set(types)) == ["BookingConfirmed.v2", "InvitationSent", "SchoolEventPublished"]
    assert types.count("BookingConfirmed.v2") == 2
    assert {entry["Source"] for entry in sent} == {"school_events"}


def test_the_stream_is_taken_up_at_the_first_record_that_failed(booked: dict[str, Any]) -> None:
    stamped = [one for one in booked["Records"] if "change" in one["dynamodb"]["NewImage"]]
    for broken in (stamped[5], stamped[9]):
        broken["dynamodb"]["NewImage"]["kind"] = {"S": "no such kind"}
    first = stamped[5]["dynamodb"]["SequenceNumber"]
    assert lambda_handler(booked, LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": first}]}
    assert len(rows("Audit")) == len(stamped) - 2


def test_what_lambda_gave_up_on_is_replayed_from_its_report(booked: dict[str, Any]) -> None:
    answer = lambda_handler(failure_report(booked), LambdaContext())
    assert answer == {"records": len(booked["Records"]), "failed": []}
    before = rows("Audit")
    assert len(before) > 20
    assert lambda_handler(failure_report(booked), LambdaContext())["failed"] == []
    assert rows("Audit") == before


def test_a_replay_says_what_failed_again(booked: dict[str, Any]) -> None:
    broken = next(one for one in booked["Records"] if "change" in one["dynamodb"]["NewImage"])
    broken["dynamodb"]["NewImage"]["record"] = {"S": "{"}
    answer = lambda_handler(failure_report(booked), LambdaContext())
    assert answer["failed"] == [broken["dynamodb"]["SequenceNumber"]]
