"""A request sent twice is done once and answered alike."""

from datetime import timedelta

import pytest
from pydantic import BaseModel

from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import KeyReused
from school_events.core.requests import (
    LIFE,
    AnsweredMeanwhile,
    Request,
    RequestItem,
    earlier_answer,
    find_earlier_answer,
    remember,
    request,
)
from tests.support.contexts import ADMIN, NOW, PARENT, TEACHER, a_context
from tests.support.tables import rows


class Body(BaseModel):
    """What is asked."""

    answers: dict[str, str]


class Answer(BaseModel):
    """What is answered."""

    id: str


BODY = Body(answers={"one": "1", "two": "2"})
OPERATION = "POST /v1/schools/school-1/bookings"


def asked(key: str | None = "key-1", operation: str = OPERATION, body: BaseModel | None = BODY) -> Request:
    return request(key, operation, body)


def answer(ctx: Context, what: Request, answered: str) -> None:
    transaction = Transaction(ctx)
    remember(ctx, transaction, what, Answer(id=answered))
    transaction.commit()


def test_the_same_key_and_body_get_the_same_answer(tables: None) -> None:
    answer(a_context(), asked(), "first")
    assert find_earlier_answer(a_context(), asked(), Answer) == Answer(id="first")


def test_the_order_in_which_a_body_names_its_fields_makes_no_other_request(tables: None) -> None:
    answer(a_context(), asked(), "first")
    turned = Body(answers={"two": "2", "one": "1"})
    assert find_earlier_answer(a_context(), asked(body=turned), Answer) == Answer(id="first")


@pytest.mark.parametrize(
    "other",
    [asked(body=Body(answers={})), asked(body=None), asked(operation="POST /v1/schools/school-1/events")],
    ids=["another body", "no body", "another route"],
)
def test_a_key_used_again_for_something_else_is_refused(tables: None, other: Request) -> None:
    answer(a_context(), asked(), "first")
    with pytest.raises(KeyReused):
        find_earlier_answer(a_context(), other, Answer)


def test_what_is_kept_of_a_request_lets_nobody_guess_what_its_body_said(tables: None) -> None:
    answer(a_context(), asked("key-1"), "first")
    answer(a_context(), asked("key-2"), "first")
    first, second = rows("Idempotency")
    assert first["fingerprint"] != second["fingerprint"]
    assert not any(key in str(row) for row in (first, second) for key in ("key-1", "key-2"))


def test_a_key_never_seen_has_no_answer(tables: None) -> None:
    assert find_earlier_answer(a_context(), asked(), Answer) is None


def test_a_request_without_a_key_is_never_remembered(tables: None) -> None:
    transaction = Transaction(a_context())
    remember(a_context(), transaction, asked(None), Answer(id="first"))
    assert len(transaction) == 0
    assert asked(None).item_key(a_context()) is None
    assert find_earlier_answer(a_context(), asked(None), Answer) is None


@pytest.mark.parametrize(
    "other",
    [a_context(actor=TEACHER), a_context(actor=PARENT), a_context("school-2")],
    ids=["another member of staff", "a parent", "another school"],
)
def test_nobody_gets_somebody_elses_answer(tables: None, other: Context) -> None:
    answer(a_context(actor=ADMIN), asked(), "first")
    assert find_earlier_answer(other, asked(), Answer) is None
    assert find_earlier_answer(other, asked(body=None), Answer) is None


def test_an_answer_is_forgotten_after_a_day_even_if_dynamodb_still_has_it(tables: None) -> None:
    answer(a_context(), asked(), "first")
    at_last = a_context(now=NOW + LIFE)
    after = a_context(now=NOW + LIFE + timedelta(seconds=1))
    assert find_earlier_answer(at_last, asked(), Answer) == Answer(id="first")
    assert find_earlier_answer(after, asked(), Answer) is None
    assert find_earlier_answer(after, asked(body=None), Answer) is None
    answer(after, asked(body=None), "second")
    assert find_earlier_answer(after, asked(body=None), Answer) == Answer(id="second")


def test_of_two_at_once_one_is_done_and_the_other_learns_of_it(tables: None) -> None:
    answer(a_context(), asked(), "first")
    with pytest.raises(AnsweredMeanwhile):
        answer(a_context(), asked(), "second")
    assert find_earlier_answer(a_context(), asked(), Answer) == Answer(id="first")
    assert len(rows("Idempotency")) == 1


def test_what_is_kept_vanishes_by_itself(tables: None) -> None:
    answer(a_context(), asked(), "first")
    (row,) = rows("Idempotency")
    assert int(row["expires_at"]["N"]) == int((NOW + LIFE).timestamp())
    assert "one" not in str(row), "the body itself is not kept"


def test_an_item_read_with_others_is_understood_too() -> None:
    kept = RequestItem("pk", "sk", fingerprint=asked().fingerprint, answer='{"id": "first"}')
    assert earlier_answer(a_context(), asked(), kept, Answer) == Answer(id="first")
    assert earlier_answer(a_context(), asked(), None, Answer) is None
