"""A crash anywhere in the handling of a batch, and the queue's next delivery: the same end as without (A5)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from functions.portal_sync.handler import lambda_handler
from school_events.core import aws
from tests.support.crashes import Calls, Killed, watched
from tests.support.http_events import LambdaContext, sqs_event
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    tell,
)
from tests.support.portal_queue import on_the_bus
from tests.support.queues import dead_letters
from tests.support.tables import empty, messages, rows

pytestmark = pytest.mark.usefixtures("tables")

_HISTORY_OF_HOW = {"revision", "change", "alias", "alias_pk", "due_pk", "due_sk", "expires_at"}
"""Attributes that say how and when a state came to be, not what it is."""

STORIES: dict[str, tuple[list[PortalMessage], list[PortalMessage]]] = {
    "a household": ([school_told()], [pupil_told(), contact_told(), link_told()]),
    "one pupil": ([school_told()], [pupil_told()]),
    "a cut link and a removed pupil": (
        [school_told(), pupil_told(), link_told()],
        [link_removed(), portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2)],
    ),
    "a household before its school": ([], [pupil_told(), link_told(), contact_told()]),
    "a school whose messages wait": ([pupil_told(), link_told(), contact_told()], [school_told()]),
    "a withdrawal": ([school_told()], [school_told(categories=["pupil_name"], version=2), pupil_told()]),
    "a poisoned batch": ([school_told()], [pupil_told(year_group="Year 77"), pupil_told("pupil-2")]),
}


def _deliver(told: list[PortalMessage]) -> list[str]:
    answer = lambda_handler(sqs_event(*map(on_the_bus, told), queue="portal"), LambdaContext())
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]


@contextmanager
def _watching(calls: Calls) -> Iterator[None]:
    """Calls to SQS are watched as those to DynamoDB are."""
    client = aws.client

    class Watched:
        def __init__(self, service: str) -> None:
            self._client = client(service)

        def __getattr__(self, name: str) -> Callable[..., Any]:
            call = getattr(self._client, name)
            return lambda **arguments: calls.make(name, lambda: call(**arguments))

    with pytest.MonkeyPatch.context() as patch, watched(calls):
        patch.setattr(aws, "client", Watched)
        yield


def _begun(before: list[PortalMessage]) -> None:
    empty("People", "Inbox")
    messages("reconciliation")
    messages("portal-dlq")
    if before:
        tell(*before)


def _end() -> tuple[list[dict[str, Any]], set[str], set[str]]:
    """Everything kept of people, what was asked for, and what was put aside; how often does not matter."""
    kept = [{name: value for name, value in row.items() if name not in _HISTORY_OF_HOW} for row in rows("People")]
    return kept, {str(one) for one in messages("reconciliation")}, {reason for reason, _ in dead_letters("portal-dlq")}


@pytest.mark.parametrize(("before", "told"), STORIES.values(), ids=STORIES)
def test_a_crash_at_any_point_and_another_delivery_end_as_if_there_had_been_none(
    before: list[PortalMessage], told: list[PortalMessage]
) -> None:
    _begun(before)
    whole = Calls()
    with _watching(whole):
        assert _deliver(told) == []
    expected = _end()
    assert len(whole.points()) > 1
    for point in whole.points():
        _begun(before)
        with _watching(Calls(stop_before=point)), pytest.raises(Killed):
            _deliver(told)
        assert _deliver(told) == []
        assert _end() == expected, point
