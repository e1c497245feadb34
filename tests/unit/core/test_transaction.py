"""A transaction writes all or nothing, once, and says whose condition did not hold."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from pynamodb.connection import Connection
from pynamodb.exceptions import CancellationReason, TransactWriteError, VerboseClientError

from school_events.core.context import Context
from school_events.core.dynamodb import MOST_ACTIONS, Key, Refused, Transaction
from school_events.core.errors import AlreadyBooked, Conflict, NoFreePlace, TryAgain, WrongState
from school_events.core.feed import FeedRow
from school_events.core.workers import context_of
from tests.support.contexts import a_context
from tests.support.http_events import LambdaContext
from tests.support.tables import rows

type Sent = tuple[list[dict[str, Any]], list[Any]]


def a_row(sk: str, what: str = "created") -> FeedRow:
    return FeedRow(
        "SCH#school-1#FEED", sk, thing="booking", thing_id="b", what=what, at=datetime(2026, 1, 1, tzinfo=UTC)
    )


def key(sk: str) -> Key[FeedRow]:
    return Key(FeedRow, "SCH#school-1#FEED", sk)


def patient(seconds: float = 30) -> Context:
    """A moment with time left on the wall clock."""
    now = datetime.now(UTC)
    return a_context(now=now, deadline=now + timedelta(seconds=seconds))


def cancelled(*codes: str | None, code: str = "TransactionCanceledException") -> VerboseClientError:
    reasons = [None if one is None else CancellationReason(code=one, message=None) for one in codes]
    return VerboseClientError({"Error": {"Code": code}}, "TransactWriteItems", cancellation_reasons=reasons)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the code under test would have slept."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Sent:
    """What reached the connection, and what happens to it: an exception is raised, ``lost`` is written and lost.

    moto ignores tokens. As in DynamoDB, a token it has seen is answered as before, and no condition is checked anew.
    """
    requests: list[dict[str, Any]] = []
    fates: list[Any] = []
    answers: dict[str, Any] = {}
    dispatch = Connection.dispatch

    def fake(self: Connection, operation: str, arguments: dict[str, Any]) -> Any:
        requests.append(arguments)
        fate = fates.pop(0) if fates else None
        if isinstance(fate, Exception):
            raise fate
        token = arguments["ClientRequestToken"]
        if token not in answers:
            answers[token] = dispatch(self, operation, arguments)
        if fate == "lost":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return answers[token]

    monkeypatch.setattr(Connection, "dispatch", fake)
    return requests, fates


def test_everything_is_written_together(tables: None) -> None:
    a_row("old").save()
    a_row("gone").save()
    transaction = Transaction(a_context()).create(a_row("new")).delete(key("gone"))
    transaction.update(key("old"), [FeedRow.what.set("changed")]).check(key("elsewhere"), FeedRow.pk.does_not_exist())
    assert len(transaction) == 4
    transaction.commit()
    assert [(row["sk"]["S"], row["what"]["S"]) for row in rows("Inbox")] == [("new", "created"), ("old", "changed")]


def test_of_several_conditions_the_first_given_says_why(tables: None) -> None:
    a_row("taken").save()
    before = rows("Inbox")
    there, not_there = FeedRow.pk.exists(), FeedRow.pk.does_not_exist()
    transaction = Transaction(a_context()).create(a_row("fine"), refusal=Conflict())
    transaction.update(key("taken"), [FeedRow.what.set("x")], not_there, refusal=NoFreePlace())
    transaction.check(key("none"), there, refusal=AlreadyBooked())
    transaction.delete(key("nor this"), there, refusal=WrongState())
    with pytest.raises(NoFreePlace):
        transaction.commit()
    assert rows("Inbox") == before


@pytest.mark.parametrize("operation", ["put", "create", "update", "delete", "check"])
def test_the_refusal_of_each_sort_of_write_is_told_apart(tables: None, operation: str) -> None:
    a_row("taken").save()
    transaction = Transaction(a_context())
    for number in range(3):
        transaction.put(a_row(f"fine {number}"), refusal=Conflict())
    broken = FeedRow.what == "something else"
    if operation == "put":
        transaction.put(a_row("taken"), broken, refusal=WrongState())
    elif operation == "create":
        transaction.create(a_row("taken"), refusal=WrongState())
    elif operation == "update":
        transaction.update(key("taken"), [FeedRow.what.set("x")], broken, refusal=WrongState())
    elif operation == "delete":
        transaction.delete(a_row("taken"), broken, refusal=WrongState())
    else:
        transaction.check(key("taken"), broken, refusal=WrongState())
    transaction.check(key("none"), FeedRow.pk.does_not_exist(), refusal=Conflict())
    with pytest.raises(WrongState):
        transaction.commit()
    assert len(rows("Inbox")) == 1


def test_a_condition_without_a_refusal_of_its_own_is_simply_refused(tables: None) -> None:
    a_row("taken").save()
    with pytest.raises(Refused):
        Transaction(a_context()).create(a_row("taken")).commit()


def test_a_hundred_actions_fit_and_one_more_is_a_bug(tables: None) -> None:
    transaction = Transaction(a_context())
    for number in range(MOST_ACTIONS):
        transaction.create(a_row(f"{number:03}"))
    with pytest.raises(ValueError, match="at most 100"):
        transaction.create(a_row("one more"))
    transaction.commit()
    assert len(rows("Inbox")) == MOST_ACTIONS


@pytest.mark.parametrize(
    "busy",
    [
        cancelled(None, "TransactionConflict"),
        cancelled("ThrottlingError", None),
        cancelled("ProvisionedThroughputExceeded", None),
        cancelled(code="ThrottlingException"),
        cancelled(code="TransactionInProgressException"),
        cancelled(code="InternalServerError"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
    ids=lambda error: str(error)[:60],
)
def test_a_busy_table_is_tried_again_as_the_same_transaction(
    tables: None, sent: Sent, waits: list[float], busy: Exception
) -> None:
    requests, fates = sent
    fates += [busy, busy]
    Transaction(patient()).create(a_row("a")).create(a_row("b")).commit()
    tokens = {request["ClientRequestToken"] for request in requests}
    assert len(requests) == 3
    assert len(tokens) == 1
    assert 1 <= len(tokens.pop()) <= 36
    assert len(waits) == 2
    assert all(0 < wait <= 1 for wait in waits)


def test_an_answer_lost_after_the_write_never_writes_twice(tables: None, sent: Sent) -> None:
    requests, fates = sent
    fates += ["lost", None]
    Transaction(patient()).create(a_row("a"), refusal=AlreadyBooked()).commit()
    assert len(requests) == 2
    assert requests[0]["ClientRequestToken"] == requests[1]["ClientRequestToken"]
    assert requests[0]["TransactItems"] == requests[1]["TransactItems"]
    assert len(rows("Inbox")) == 1


def test_busy_until_the_deadline_asks_the_caller_to_come_back(tables: None, sent: Sent, waits: list[float]) -> None:
    requests, fates = sent
    fates += [cancelled("TransactionConflict")] * 1000
    late = datetime.now(UTC) - timedelta(seconds=1)
    with pytest.raises(TryAgain):
        Transaction(a_context(deadline=late)).create(a_row("a")).commit()
    assert len(requests) == 1
    assert waits == []
    assert rows("Inbox") == []


def test_what_a_long_run_does_late_is_tried_again_in_the_time_that_is_left(
    tables: None, sent: Sent, waits: list[float]
) -> None:
    requests, fates = sent
    fates += [cancelled("TransactionConflict")]
    began = datetime.now(UTC) - timedelta(seconds=40)
    late_in_it = context_of("school-1", "system", "housekeeping", LambdaContext(remaining_ms=15_000), began)
    Transaction(late_in_it).create(a_row("a")).commit()
    assert len(requests) == 2
    assert len(rows("Inbox")) == 1


def test_a_refusal_among_conflicts_is_a_refusal(tables: None, sent: Sent) -> None:
    requests, fates = sent
    fates += [cancelled("TransactionConflict", "ConditionalCheckFailed")]
    with pytest.raises(NoFreePlace):
        Transaction(patient()).create(a_row("a")).create(a_row("b"), refusal=NoFreePlace()).commit()
    assert len(requests) == 1


def test_what_would_fail_again_is_not_tried_again(tables: None, sent: Sent, waits: list[float]) -> None:
    requests, fates = sent
    fates += [cancelled(code="ValidationException")]
    with pytest.raises(TransactWriteError):
        Transaction(patient()).create(a_row("a")).commit()
    assert len(requests) == 1
    assert waits == []
