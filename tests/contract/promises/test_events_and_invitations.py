"""Events change only as they were read, a pupil is invited once, and lists are in order and go on where one left."""

from datetime import date

from school_events.core.dynamodb import Refused
from school_events.core.errors import StaleVersion, WrongState
from school_events.events import store as events
from school_events.events.model import EventStatus, StaffAllocation
from school_events.invitations import store as invitations
from school_events.invitations.store import AlreadyInvited
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import EVENT, a_change, written
from tests.support.contexts import SCHOOL, a_context
from tests.support.tables import everything
from tests.unit.events.things import a_trip


def _keep(status: EventStatus = "published", event_id: str = EVENT, starts_on: date = date(2026, 12, 4)) -> None:
    event = a_trip(status, event_id, starts_on=starts_on, ends_on=starts_on)
    events.event_item(SCHOOL, event, a_change()).save()


def _invite(pupil_id: str = "pupil-1", event_id: str = EVENT) -> type[Exception] | None:
    return written(lambda transaction: invitations.add(transaction, a_context(), event_id, pupil_id))


@broken_by(faults.checks_nothing)
def test_of_two_who_change_an_event_they_read_the_second_is_told(engine: Engine) -> None:
    _keep()
    read = events.find_event(SCHOOL, EVENT)
    for title, expected in (("The first", None), ("The second", StaleVersion)):
        changed = read.model_copy(update={"title": title, "version": read.version + 1})
        refusal = written(lambda transaction: events.update(transaction, SCHOOL, changed, a_change()))  # noqa: B023 - called at once
        assert refusal is expected
    assert events.find_event(SCHOOL, EVENT).title == "The first"


@broken_by(faults.checks_nothing)
def test_an_event_moves_on_once(engine: Engine) -> None:
    _keep("draft")
    events.move(a_context(), EVENT, {"draft"}, "publishing")
    events.move(a_context(), EVENT, {"publishing"}, "published")
    before = everything()
    events.move(a_context(), EVENT, {"draft"}, "publishing")
    events.move(a_context(), EVENT, {"publishing"}, "published")
    assert everything() == before
    assert (events.find_event(SCHOOL, EVENT).status, events.find_event(SCHOOL, EVENT).version) == ("published", 3)


@broken_by(faults.checks_nothing)
def test_a_pupil_is_invited_once_to_an_event(engine: Engine) -> None:
    assert _invite() is None
    before = everything()
    assert _invite() is AlreadyInvited
    assert everything() == before
    assert _invite("pupil-2") is None
    assert _invite(event_id="event_2") is None


@broken_by(faults.checks_nothing)
def test_an_invitation_is_declined_once(engine: Engine) -> None:
    _invite()
    invitation = invitations.find_invitation(SCHOOL, EVENT, "pupil-1")
    for expected in (None, Refused):
        refusal = written(lambda transaction: invitations.decline(transaction, a_context(), invitation, a_change()))
        assert refusal is expected
    found = invitations.find_invitation(SCHOOL, EVENT, "pupil-1")
    assert (found.state, found.version) == ("declined", 2)


@broken_by(faults.checks_nothing)
def test_only_a_published_event_is_invited_to(engine: Engine) -> None:
    expected: dict[EventStatus, type[Exception] | None] = {"draft": WrongState, "closed": WrongState, "published": None}
    for status, refusal in expected.items():
        _keep(status)
        assert written(lambda one: invitations.require_published(one, SCHOOL, EVENT)) is refusal, status
    assert written(lambda one: invitations.require_published(one, SCHOOL, "event_2")) is WrongState


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_events_are_listed_by_their_first_day_and_after_the_last_one_seen(engine: Engine) -> None:
    for event_id, day in (("event_1", 9), ("event_2", 4), ("event_4", 4), ("event_3", 4)):
        _keep(event_id=event_id, starts_on=date(2026, 12, day))
    found = list(events.events_after(SCHOOL, ""))
    assert [one.id for one in found] == ["event_2", "event_3", "event_4", "event_1"]
    for number, last_seen in enumerate(found, start=1):
        assert list(events.events_after(SCHOOL, events.position(last_seen))) == found[number:]


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_a_timetable_is_listed_by_first_day_between_two_positions(engine: Engine) -> None:
    for event_id, day in (("event_1", 9), ("event_2", 4), ("event_3", 7)):
        allocation = StaffAllocation(event_id=event_id, staff_id="staff-1", role="lead")
        events.allocation_item(SCHOOL, date(2026, 12, day), allocation).save()
    assert [one.event_id for one in events.allocations_after(SCHOOL, "staff-1", "")] == [
        "event_2",
        "event_3",
        "event_1",
    ]
    between = events.allocations_after(SCHOOL, "staff-1", "2026-12-04#event_2", "2026-12-08")
    assert [one.event_id for one in between] == ["event_3"]


@broken_by(faults.lists_backwards, faults.ignores_where_to_start)
def test_invitations_are_listed_by_pupil_and_after_the_last_one_seen(engine: Engine) -> None:
    for number in (3, 1, 2):
        _invite(f"pupil-{number}")
    assert [one.pupil_id for one in invitations.invitations_of_event(SCHOOL, EVENT)] == [
        "pupil-1",
        "pupil-2",
        "pupil-3",
    ]
    assert [one.pupil_id for one in invitations.invitations_of_event(SCHOOL, EVENT, "pupil-1")] == [
        "pupil-2",
        "pupil-3",
    ]


@broken_by(faults.finds_nothing)
def test_what_decides_is_read_as_it_is_now(engine: Engine) -> None:
    _keep()
    _invite()
    allocation = StaffAllocation(event_id=EVENT, staff_id="staff-1", role="lead")
    events.allocation_item(SCHOOL, date(2026, 12, 4), allocation).save()
    with database_with(faults.weak_reads_are_behind):
        assert list(events.events_after(SCHOOL, "")) == [], "this one is an index"
        assert list(events.find_events(SCHOOL, [EVENT])) == [EVENT]
        assert events.is_allocated(SCHOOL, EVENT, "staff-1")
        assert list(invitations.find_invitations(SCHOOL, EVENT, ["pupil-1"])) == ["pupil-1"]
        assert len(invitations.invitations_of_pupils(SCHOOL, ["pupil-1"])) == 1
