"""A person is told once, a request is answered once, an occurrence is audited once."""

from dataclasses import replace
from datetime import timedelta

from pydantic import BaseModel

from school_events.core import audit, requests
from school_events.core.audit import AuditLine
from school_events.core.context import Context
from school_events.core.errors import TryAgain
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.notifications import store
from school_events.notifications.model import Device, InboxEntry
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import outcome, written
from tests.support.contexts import NOW, PARENT, SCHOOL, a_context
from tests.support.tables import everything, rows


class Answer(BaseModel):
    """The answer to a request."""

    id: str


def _an_entry(entry_id: str = "entry_1") -> InboxEntry:
    return InboxEntry(id=entry_id, kind="booked", event_id="event_1", thing="booking", thing_id="b", created_at=NOW)


def _answer(ctx: Context, answer: str) -> type[Exception] | None:
    asked = Request("key-1", "a booking")
    return written(lambda one: requests.remember(ctx, one, asked, Answer(id=answer)))


@broken_by(faults.checks_nothing, faults.creates_what_is_new)
def test_a_person_is_told_once_and_their_feed_says_so_once(engine: Engine) -> None:
    assert store.add_entry(a_context(), PARENT, _an_entry())
    before = everything()
    assert not store.add_entry(a_context(), PARENT, _an_entry())
    assert everything() == before
    assert sorted(row["kind"]["S"] for row in rows("Inbox")) == ["feed_row", "inbox_entry"]


@broken_by(faults.checks_nothing)
def test_only_what_is_there_is_read_and_then_all_of_it_or_nothing(engine: Engine) -> None:
    store.add_entry(a_context(), PARENT, _an_entry())
    ctx = a_context(actor=PARENT)
    before = everything()
    asked = Request("key-1", "reading")
    assert outcome(lambda: store.mark_read(ctx, ["entry_1", "entry_2"], asked, Answer(id="a"))) is TryAgain
    assert everything() == before
    assert outcome(lambda: store.mark_read(ctx, ["entry_1"], asked, Answer(id="a"))) is None
    (entry,) = store.entries(SCHOOL, PARENT)
    assert entry.read_at == NOW


@broken_by(faults.checks_nothing)
def test_what_was_done_together_is_named_once_each_in_an_entry_that_is_there(engine: Engine) -> None:
    store.add_entry(a_context(), PARENT, _an_entry())
    for booking_id in ("c", "d"):
        store.name_too(a_context(), PARENT, "entry_1", booking_id)
    before = everything()
    store.name_too(a_context(), PARENT, "entry_1", "c")
    store.name_too(a_context(), PARENT, "entry_2", "c")
    assert everything() == before
    (entry,) = store.entries(SCHOOL, PARENT)
    assert (entry.thing_id, entry.others) == ("b", ("c", "d"))


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_an_inbox_is_listed_newest_first_before_and_up_to_an_entry(engine: Engine) -> None:
    for number in (2, 1, 3):
        store.add_entry(a_context(), PARENT, _an_entry(f"entry_{number}"))
    assert [one.id for one in store.entries(SCHOOL, PARENT)] == ["entry_3", "entry_2", "entry_1"]
    assert [one.id for one in store.entries(SCHOOL, PARENT, before="entry_3")] == ["entry_2", "entry_1"]
    assert [one.id for one in store.entries(SCHOOL, PARENT, up_to="entry_2")] == ["entry_2", "entry_1"]


@broken_by(faults.checks_nothing)
def test_a_device_that_registered_anew_is_not_forgotten(engine: Engine) -> None:
    old = Device(id="d", platform="ios", endpoint="arn:old", seen_at=NOW)
    new = old.model_copy(update={"endpoint": "arn:new"})
    store.keep_device(SCHOOL, PARENT, old)
    store.keep_device(SCHOOL, PARENT, new)
    store.forget_device(SCHOOL, PARENT, old)
    assert store.devices(SCHOOL, PARENT) == [new]
    store.forget_device(SCHOOL, PARENT, new)
    assert store.devices(SCHOOL, PARENT) == []


@broken_by(faults.checks_nothing)
def test_a_request_is_answered_once_in_a_day_and_by_everybody_for_themselves(engine: Engine) -> None:
    assert _answer(a_context(), "first") is None
    before = everything()
    assert _answer(a_context(), "second") is AnsweredMeanwhile
    assert everything() == before
    assert _answer(a_context(actor=PARENT), "somebody else's") is None
    tomorrow = replace(a_context(), now=NOW + requests.LIFE + timedelta(seconds=1))
    assert _answer(tomorrow, "a day later") is None


@broken_by(faults.checks_nothing)
def test_an_occurrence_is_audited_once_and_never_changed(engine: Engine) -> None:
    lines = [_a_line(f"change_{number}") for number in range(3)]
    audit.append_all(lines[:2])
    before = rows("Audit")
    for again in ([_a_line("change_1", action="other")], [_a_line("change_0", action="other"), lines[2]]):
        audit.append_all(again)
    assert [row for row in rows("Audit") if row in before] == before
    assert len(rows("Audit")) == 3


def _a_line(change_id: str, action: str = "booking.confirmed") -> AuditLine:
    return AuditLine(
        school_id=SCHOOL,
        change_id=change_id,
        action=action,
        at=NOW,
        actor_kind="contact",
        actor="alias_1",
        subject_kind="booking",
        subject="booking_1",
        request_id="request-1",
        origin="system",
    )
