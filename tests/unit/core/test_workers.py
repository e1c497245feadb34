"""In a batch, one bad record never blocks the others."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.context import Actor
from school_events.core.workers import context_of, each_record
from tests.support.contexts import NOW
from tests.support.http_events import LambdaContext, sqs_event
from tests.unit.core.conftest import LogLines

CANARY = "zofia.canary@nosey.test"


@given(st.lists(st.booleans(), max_size=10))
def test_what_fails_is_delivered_again_and_the_rest_is_done(outcomes: list[bool]) -> None:
    done: list[str] = []

    def work(record: dict[str, Any]) -> None:
        if record["body"] == "false":
            raise ValueError(CANARY)
        done.append(record["messageId"])

    answer = each_record(sqs_event(*outcomes), work)
    failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    assert failed == [f"message-{number}" for number, fine in enumerate(outcomes, 1) if not fine]
    assert done == [f"message-{number}" for number, fine in enumerate(outcomes, 1) if fine]


def test_a_failure_is_logged_by_kind_and_message_without_what_it_was_about(log_lines: LogLines) -> None:
    def work(record: dict[str, Any]) -> None:
        raise ValueError(record["body"])

    each_record(sqs_event({"email": CANARY}), work)
    (line,) = log_lines()
    assert (line["level"], line["error"], line["message_id"]) == ("ERROR", "ValueError", "message-1")
    assert CANARY not in str(line)


def test_a_worker_knows_its_school_its_name_and_how_long_it_has() -> None:
    ctx = context_of("school-1", "system", "housekeeping", LambdaContext(remaining_ms=10_000), NOW)
    assert (ctx.school_id, ctx.actor, ctx.now) == ("school-1", Actor("system", "housekeeping"), NOW)
    assert (ctx.origin, ctx.request_id, ctx.roles) == ("housekeeping", "invocation-1", frozenset())
    assert ctx.deadline == NOW + timedelta(seconds=8)
    assert ctx.new_id("x") != ctx.new_id("x")


@pytest.mark.parametrize("left", [0, 500, 1_999])
def test_a_worker_out_of_time_tries_nothing_again(left: int) -> None:
    ctx = context_of("school-1", "system", "housekeeping", LambdaContext(remaining_ms=left), NOW)
    assert ctx.deadline == NOW
