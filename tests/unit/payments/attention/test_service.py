"""What somebody has to look at stands where it was put first, until it is settled."""

from datetime import datetime, timedelta

import pytest

from school_events.core.dynamodb import Transaction
from school_events.payments.attention import service
from school_events.payments.attention.model import AttentionKind
from school_events.payments.attention.store import open_ones
from tests.support.contexts import NOW, SCHOOL, a_context

pytestmark = pytest.mark.usefixtures("tables")

_DAY = timedelta(days=1)


def _raise(now: datetime, refund_id: str = "refund_1") -> None:
    transaction = Transaction(ctx := a_context(now=now))
    service.raise_for(transaction, ctx, AttentionKind.REFUND_FAILED, "refund", refund_id)
    transaction.commit()


def _settle(now: datetime) -> None:
    transaction = Transaction(ctx := a_context(now=now))
    service.settle(transaction, ctx, AttentionKind.REFUND_FAILED, "refund_1")
    transaction.commit()


def _open() -> list[tuple[str, datetime]]:
    return [(one.thing_id, one.raised_at) for one, _ in open_ones(SCHOOL, limit=10)]


def test_what_is_raised_again_stands_where_it_stood() -> None:
    _raise(NOW)
    _raise(NOW + _DAY, "refund_2")
    _raise(NOW + 2 * _DAY)
    assert _open() == [("refund_1", NOW), ("refund_2", NOW + _DAY)]


def test_what_was_settled_and_is_raised_again_is_new() -> None:
    _raise(NOW)
    _settle(NOW + _DAY)
    assert _open() == []
    _raise(NOW + 2 * _DAY)
    assert _open() == [("refund_1", NOW + 2 * _DAY)]
