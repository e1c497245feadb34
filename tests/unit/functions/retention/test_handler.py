"""The nightly run: finds what is due at any hour, twice, late or after breaking off, and costs what is due."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pynamodb.connection.base import Connection

from functions.retention.handler import lambda_handler
from school_events.bookings.health import erasing
from school_events.core import aws, due
from school_events.people.leavers import LAST_DAY, LEAVER, LINK_END, midnight
from school_events.privacy import gateway
from tests.support.http_events import LambdaContext
from tests.support.people import contact_told, link_told, pupil_told, school_told, tell
from tests.support.tables import everything, messages
from tests.unit.privacy.leaving import look_at, nights_have_run_until, pupil_left

GONE_ON = date(2029, 9, 1)
DUE = midnight(GONE_ON)
RUN = datetime(2029, 9, 1, 1, 0, tzinfo=UTC)
"""Two in the morning in London, in summer."""


@pytest.fixture
def leavers(tables: None) -> list[str]:
    """Twelve leavers of one summer, and twelve who stay."""
    names = [f"pupil-{number:02}" for number in range(1, 25)]
    tell(school_told(), *(pupil_told(one) for one in names))
    tell(*(pupil_left(one, "2027-07-19") for one in names[:12]), now=datetime(2027, 7, 20, tzinfo=UTC))
    nights_have_run_until(DUE - timedelta(days=3))
    return names[:12]


def run(now: datetime, *, remaining_ms: int = 300_000) -> int:
    """A run at this instant; says how much it handed on."""
    with time_machine.travel(now, tick=False):
        return lambda_handler({}, LambdaContext(remaining_ms=remaining_ms))["handed_on"]


def asked() -> list[str]:
    """Who the messages in the queue are about."""
    return sorted(body["ids"][0] for body in messages("anonymise"))


def do_what_was_asked(now: datetime) -> None:
    """What the function behind the queue does."""
    for body in messages("anonymise"):
        look_at(body["kind"], *body["ids"], now=now)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The calls to DynamoDB inside the block."""
    calls: Counter[str] = Counter()
    dispatch = Connection.dispatch

    def dispatched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        calls[operation] += 1
        return dispatch(connection, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "dispatch", dispatched)
        yield calls


def test_who_is_due_is_handed_on_and_nobody_else(leavers: list[str]) -> None:
    assert run(RUN - timedelta(days=1)) == 0
    assert run(RUN) == 12
    assert asked() == leavers


def test_it_changes_nothing_but_how_far_it_has_come(leavers: list[str]) -> None:
    run(RUN - timedelta(days=1))
    before = everything()
    run(RUN)
    after = everything()
    assert {table for table in before if before[table] != after[table]} <= {"Bookings"}
    assert {row["kind"]["S"] for row in after["Bookings"]} == {"watermark"}


def test_a_late_run_finds_everything(leavers: list[str]) -> None:
    assert run(RUN + timedelta(days=40)) == 12


def test_at_any_hour_and_however_often_who_is_due_is_found(leavers: list[str]) -> None:
    run(DUE - timedelta(hours=30))
    assert {run(DUE + timedelta(hours=hour)) for hour in (*range(26), 50, 24 * 9)} == {12}


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_when_the_clocks_change_nobody_goes_sooner_or_is_left_out(tables: None, day: date) -> None:
    tell(school_told(academic_year_start=f"{day:%m-%d}"), pupil_told())
    tell(pupil_left("pupil-1", f"{day.year - 3}-{day:%m-%d}"))
    at = midnight(day)
    assert run(at - timedelta(seconds=1)) == 0
    assert run(at) == 1
    assert run(at + timedelta(hours=2)) == 1


def test_twice_hands_on_twice_and_forgets_once(leavers: list[str]) -> None:
    assert (run(RUN), run(RUN)) == (12, 12)
    do_what_was_asked(RUN)
    once = everything()["People"]
    run(RUN + timedelta(minutes=1))
    do_what_was_asked(RUN)
    assert everything()["People"] == once
    assert run(RUN + timedelta(days=1)) == 0


def test_what_was_not_dealt_with_is_handed_on_night_after_night(leavers: list[str]) -> None:
    run(RUN)
    messages("anonymise")
    for night in range(1, 4):
        assert run(RUN + timedelta(days=night)) == 12


def test_a_run_that_breaks_off_is_made_good_by_the_next(leavers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    send = gateway.send
    sent: list[int] = []

    def send_once(some: Any) -> int:
        if sent:
            raise ConnectionError
        sent.append(send(some))
        return sent[0]

    with monkeypatch.context() as patch:
        patch.setattr(gateway, "send", send_once)
        with pytest.raises(ConnectionError):
            run(RUN)
    do_what_was_asked(RUN)
    assert run(RUN + timedelta(hours=1)) == 2


def test_people_who_cannot_be_handed_on_keep_no_answers_about_health_from_being_erased(
    leavers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_some: Any) -> int:
        raise ConnectionError

    erased: list[datetime] = []

    def erase(now: datetime, _may_go_on: object) -> int:
        erased.append(now)
        return 1

    monkeypatch.setattr(gateway, "send", fail)
    monkeypatch.setattr(erasing, "erase_due", erase)
    with pytest.raises(ConnectionError):
        run(RUN)
    assert erased == [RUN]


def test_without_time_it_stops_and_the_rest_is_found_next_time(leavers: list[str]) -> None:
    assert run(RUN, remaining_ms=10_000) == 0
    assert run(RUN + timedelta(days=1)) == 12


def test_what_the_queue_refuses_is_found_next_time(leavers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        sqs = aws.client("sqs")
        answer = {"Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}
        patch.setattr(sqs, "send_message_batch", lambda **_: answer)
        assert run(RUN) == 10
    assert run(RUN + timedelta(days=1)) == 12


def test_a_night_costs_what_is_due_and_not_who_is_there(leavers: list[str]) -> None:
    run(RUN - timedelta(days=1))
    with counted() as quiet:
        run(RUN - timedelta(days=1) + timedelta(minutes=1))
    assert sum(quiet.values()) <= 3 * (1 + 3 * due.SHARDS)
    for kind in (LAST_DAY, LEAVER, LINK_END):
        due.WatermarkItem(f"DUE#{kind}", "WATERMARK", hour=DUE).save()
    with counted() as busy:
        assert run(RUN) == 12
    assert busy["Query"] <= 3 * 3 * due.SHARDS
    assert busy["PutItem"] <= 3


def test_a_link_whose_last_day_is_over_is_handed_on(tables: None) -> None:
    tell(school_told(), pupil_told(), contact_told(), link_told(ends_on=date(2027, 3, 27)))
    assert run(datetime(2027, 3, 27, 23, 59, tzinfo=UTC)) == 0
    assert run(datetime(2027, 3, 28, 1, 0, tzinfo=UTC)) == 1
    (body,) = messages("anonymise")
    assert (body["kind"], body["ids"]) == ("link", ["contact-1", "pupil-1"])
