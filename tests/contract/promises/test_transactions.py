"""A transaction happens as a whole or not at all, once, and says whose condition did not hold."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from pynamodb.connection import Connection

from school_events.core.dynamodb import MOST_ACTIONS, Refused, Transaction, create_all
from school_events.core.errors import AlreadyBooked, Conflict, NoFreePlace, WrongState
from school_events.core.feed import FeedRow
from school_events.core.requests import RequestItem
from school_events.payments.events.store import StripeEventItem
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import a_row, outcome, row_key, written
from tests.support.contexts import a_context, next_id
from tests.support.tables import everything, rows

THERE, NOT_THERE = FeedRow.pk.exists(), FeedRow.pk.does_not_exist()


@broken_by(faults.loses_the_last_write)
def test_writes_of_every_sort_to_several_tables_happen_together(engine: Engine) -> None:
    a_row("old").save()
    a_row("gone").save()
    transaction = Transaction(a_context()).create(a_row("new")).delete(row_key("gone"))
    transaction.put(RequestItem("SCH#school-1#REQUEST", "REQUEST", fingerprint="f", answer="{}"))
    transaction.put(StripeEventItem("SCH#school-1#STRIPE_EVENT#e", "STRIPE_EVENT"))
    transaction.update(row_key("old"), [FeedRow.what.set("changed")]).check(row_key("elsewhere"), NOT_THERE)
    transaction.commit()
    found = [(row["sk"]["S"], row["what"]["S"]) for row in rows("Inbox")]
    assert found == [("new", "created"), ("old", "changed")]
    assert len(rows("Idempotency")) == len(rows("Payments")) == 1


@broken_by(faults.loses_the_last_write)
def test_a_hundred_writes_happen_together(engine: Engine) -> None:
    transaction = Transaction(a_context())
    for number in range(MOST_ACTIONS):
        transaction.create(a_row(f"{number:03}"))
    transaction.commit()
    assert len(rows("Inbox")) == MOST_ACTIONS


@broken_by(faults.tells_reasons_backwards, faults.checks_nothing)
def test_of_several_conditions_the_first_given_says_why(engine: Engine) -> None:
    a_row("taken").save()
    transaction = Transaction(a_context()).create(a_row("fine"), refusal=Conflict())
    transaction.update(row_key("taken"), [FeedRow.what.set("x")], NOT_THERE, refusal=NoFreePlace())
    transaction.check(row_key("none"), THERE, refusal=AlreadyBooked())
    transaction.delete(row_key("nor this"), THERE, refusal=WrongState())
    assert outcome(transaction.commit) is NoFreePlace


@broken_by(faults.checks_nothing)
def test_the_condition_of_each_sort_of_write_is_kept_and_told_apart(engine: Engine) -> None:
    a_row("taken").save()
    before = everything()
    broken = FeedRow.what == "something else"
    sorts: dict[str, Callable[[Transaction], object]] = {
        "put": lambda t: t.put(a_row("taken"), broken, refusal=WrongState()),
        "create": lambda t: t.create(a_row("taken"), refusal=WrongState()),
        "update": lambda t: t.update(row_key("taken"), [FeedRow.what.set("x")], broken, refusal=WrongState()),
        "delete": lambda t: t.delete(row_key("taken"), broken, refusal=WrongState()),
        "check": lambda t: t.check(row_key("taken"), broken, refusal=WrongState()),
    }
    for sort, add in sorts.items():
        transaction = Transaction(a_context()).put(a_row("fine"), refusal=Conflict())
        transaction.check(row_key("none"), NOT_THERE, refusal=Conflict())
        add(transaction)
        assert outcome(transaction.commit) is WrongState, sort
        assert everything() == before, sort


@broken_by(faults.checks_nothing)
def test_a_condition_without_a_refusal_of_its_own_is_simply_refused(engine: Engine) -> None:
    a_row("taken").save()
    assert written(lambda transaction: transaction.create(a_row("taken"))) is Refused


@broken_by(faults.writes_what_it_may)
def test_a_cancelled_transaction_writes_nothing(engine: Engine) -> None:
    for sk in ("taken", "old", "to stay"):
        a_row(sk).save()
    before = everything()
    transaction = Transaction(a_context()).put(a_row("new")).delete(row_key("to stay"))
    transaction.update(row_key("old"), [FeedRow.what.set("changed")])
    transaction.put(RequestItem("SCH#school-1#REQUEST", "REQUEST", fingerprint="f", answer="{}"))
    transaction.create(a_row("taken"), refusal=AlreadyBooked())
    assert outcome(transaction.commit) is AlreadyBooked
    assert everything() == before


@broken_by(faults.forgets_tokens)
def test_a_transaction_sent_again_with_its_token_is_written_once_by_an_engine_that_remembers(engine: Engine) -> None:
    a_row("counter").save()
    token = next_id("token")
    ctx = replace(a_context(), new_id=lambda _: token)
    for _ in range(2):
        Transaction(ctx).update(row_key("counter"), [FeedRow.expires_at.set(FeedRow.expires_at + 1)]).commit()
    (counter,) = rows("Inbox")
    assert int(counter["expires_at"]["N"]) - 1 == (1 if engine.remembers_tokens else 2)


@broken_by(faults.forgets_tokens)
def test_a_lost_answer_is_asked_for_again_and_is_no_refusal_by_an_engine_that_remembers(engine: Engine) -> None:
    transaction = Transaction(a_context()).create(a_row("new"), refusal=AlreadyBooked())
    with _first_answer_lost():
        found = outcome(transaction.commit)
    assert found is (None if engine.remembers_tokens else AlreadyBooked)
    assert len(rows("Inbox")) == 1


@contextmanager
def _first_answer_lost() -> Iterator[None]:
    dispatch = Connection.dispatch
    lost: list[str] = []

    def losing(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        answer = dispatch(connection, operation, request)
        if not lost:
            lost.append(operation)
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", losing)
        patch.setattr(time, "sleep", lambda _: None)
        yield


@broken_by(faults.checks_nothing, faults.creates_what_is_new)
def test_of_many_to_be_created_all_are_or_none(engine: Engine) -> None:
    many = [a_row(f"{number:03}") for number in range(MOST_ACTIONS)]
    assert create_all(many)
    before = everything()
    assert not create_all([a_row("another"), a_row("050", "changed")])
    assert everything() == before
