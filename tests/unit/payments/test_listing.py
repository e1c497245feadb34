"""A school's list of payments: narrowed down, page by page, without gap or repetition, at a price that is bounded."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from pynamodb.connection.base import Connection

from school_events.core.change import stamp
from school_events.core.errors import Invalid
from school_events.core.money import pounds
from school_events.payments import listing
from school_events.payments.listing import Wanted
from school_events.payments.model import Payment, PaymentLine, PaymentPurpose, PaymentState
from school_events.payments.service import ask_for
from school_events.payments.store import payment_item
from tests.support.contexts import NOW, a_context
from tests.support.crashes import Calls, watched

pytestmark = pytest.mark.usefixtures("tables")

NOTED = frozenset({"BatchGetItem", "PutItem"})
"""The calls by which it is noted that a page was read."""


def a_payment(number: int = 1, event_id: str = "event_1", payer: str = "contact-1", **others: Any) -> Payment:
    """A payment, kept."""
    ctx = a_context(now=others.pop("asked_for_at", NOW))
    line = PaymentLine(reference=f"booking_{number}", event_id=event_id, amount=pounds(100))
    payment = ask_for(ctx, payer, (line,)).model_copy(update=others)
    payment_item(ctx, payment, stamp(ctx, "payment.created")).save()
    return payment


def listed(wanted: Wanted = Wanted()) -> Iterator[list[str]]:  # noqa: B008 - frozen
    """The pages of a list, as the ids on them."""
    page = listing.page(a_context(), wanted, None)
    yield [one.id for one in page.items]
    while page.next_cursor:
        page = listing.page(a_context(), wanted, page.next_cursor)
        yield [one.id for one in page.items]


def all_of(wanted: Wanted) -> list[str]:
    """Everything on a list."""
    return [one for page in listed(wanted) for one in page]


def test_a_long_list_is_read_page_by_page_newest_first_without_gap_or_repetition() -> None:
    made = [a_payment(number).id for number in range(120)]
    pages = list(listed())
    assert [one for page in pages for one in page] == made[::-1]
    assert [len(page) for page in pages] == [50, 50, 20]


def test_what_is_not_wanted_is_left_out() -> None:
    plain = a_payment(1)
    paid = a_payment(2, state=PaymentState.PAID)
    other = a_payment(3, event_id="event_2", payer="contact-2")
    part = a_payment(4, purpose=PaymentPurpose.INSTALMENT, due_on=date(2026, 11, 22))
    due_today = a_payment(5, purpose=PaymentPurpose.INSTALMENT, due_on=date(2026, 11, 23))
    assert all_of(Wanted(state=PaymentState.PAID)) == [paid.id]
    assert all_of(Wanted(event_id="event_2")) == all_of(Wanted(payer_id="contact-2")) == [other.id]
    assert all_of(Wanted(purpose=PaymentPurpose.INSTALMENT)) == [due_today.id, part.id]
    assert all_of(Wanted(state="overdue")) == [part.id]
    assert all_of(Wanted(event_id="event_1", purpose=PaymentPurpose.PLACE)) == [paid.id, plain.id]


def test_days_are_the_schools_both_included() -> None:
    # In July London's clocks are an hour ahead of UTC: the first is of the day before, the second of the day itself.
    moments = [datetime(2026, 7, 9, 22, 59, tzinfo=UTC), datetime(2026, 7, 9, 23, tzinfo=UTC)]
    moments += [datetime(2026, 7, 10, 22, 59, 59, tzinfo=UTC), datetime(2026, 7, 10, 23, tzinfo=UTC)]
    before, first, last, after = (a_payment(number, asked_for_at=at).id for number, at in enumerate(moments))
    day = date(2026, 7, 10)
    assert all_of(Wanted(since=day, until=day)) == [last, first]
    assert all_of(Wanted(until=day)) == [last, first, before]
    assert all_of(Wanted(since=day)) == [after, last, first]


def test_days_the_wrong_way_round_are_refused_by_name() -> None:
    with pytest.raises(Invalid) as refused:
        listing.page(a_context(), Wanted(since=date(2026, 7, 11), until=date(2026, 7, 10)), None)
    assert [one.field for one in refused.value.fields] == ["to"]


@pytest.mark.parametrize(
    "other", [lambda: (a_context("school-2"), Wanted()), lambda: (a_context(), Wanted(event_id="event_1"))]
)
def test_a_cursor_is_good_for_its_own_list_only(other: Callable[[], tuple[Any, Wanted]]) -> None:
    for number in range(51):
        a_payment(number)
    cursor = listing.page(a_context(), Wanted(), None).next_cursor
    with pytest.raises(Invalid):
        listing.page(*other(), cursor)


def test_what_is_rare_is_found_without_looking_at_all_in_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MOST_LOOKED_AT", 60)
    rare = a_payment(0, event_id="event_2").id
    for number in range(1, 100):
        a_payment(number)
    with watched(Calls()) as calls:
        pages = list(listed(Wanted(event_id="event_2")))
    assert pages == [[], [rare]]
    assert [name for name in calls.names if name not in NOTED] == ["Query"] * 3


def test_a_page_reads_what_it_shows_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(120):
        a_payment(number)
    dispatch, asked = Connection.dispatch, list[int]()

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        if operation == "Query":
            asked.append(request["Limit"])
        return dispatch(connection, operation, request)

    monkeypatch.setattr(Connection, "dispatch", dispatched)
    assert len(listing.page(a_context(), Wanted(), None).items) == 50
    assert asked == [51]
