"""Slots of a parents' evening while others book, plan and close, and when arranging them is killed anywhere (B7)."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine

from school_events.bookings import chores, places, slot_places
from school_events.bookings.places import PlaceItem, PlaceWrite
from school_events.core.context import Context
from school_events.core.errors import NotFound, TryAgain
from school_events.events import lifecycle, store
from school_events.events.evenings import service
from school_events.events.evenings.api import SlotPlanBody
from school_events.events.evenings.model import Slot
from school_events.events.evenings.store import find_plan
from school_events.events.model import StaffAllocation
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.rewind import bookmark_tables
from tests.support.tables import rows
from tests.unit.functions.event_slots.asking import EVENING, HALL, ONLINE, a_plan, a_school_with_classes, planned, take
from tests.unit.functions.events.asking import EVENT, call, made

TEN_MINUTES = a_plan(HALL, ONLINE | {"available": [{"starts_at": "17:00", "ends_at": "17:20"}]})
LATER = NOW + timedelta(minutes=2)
ANEW = SlotPlanBody.model_validate(a_plan(HALL | {"room": "Library"}, minutes=15))

LONG = SlotPlanBody.model_validate(a_plan(HALL | {"room": "Library"}, minutes=25, buffer_minutes=2))


@pytest.fixture(autouse=True)
def _school(tables: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A school of which a few slots are many transactions already."""
    monkeypatch.setattr(places, "WRITTEN_AT_ONCE", 3)
    a_school_with_classes()
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def event_id() -> str:
    """A published evening of ten minutes each, one of which a family has."""
    event_id = made(EVENING)
    planned(event_id, TEN_MINUTES)
    assert call(f"POST {EVENT}/publish", event_id)["statusCode"] == 200
    take(event_id, "17:20")
    return event_id


def there(event_id: str) -> list[PlaceItem]:
    """Every slot that is not retired."""
    return list(slot_places.slots_of(a_context(), event_id))


def what(event_id: str) -> dict[str, tuple[str, bool]]:
    """How the slots stand, by who and when."""
    return {
        f"{'+'.join(item.slot.staff_ids)} {item.slot.starts_at:%H:%M} {item.slot.room}": (
            item.state,
            bool(item.bookable),
        )
        for item in there(event_id)
    }


def plan_anew(event_id: str, plan: SlotPlanBody = ANEW) -> None:
    """Another plan, for the event as it is."""
    version = store.find_event(SCHOOL, event_id).version
    service.set_plan(a_context(), event_id, version, plan, slot_places.arrange)


def nothing_overlaps(event_id: str) -> bool:
    """Whether no teacher has two appointments at once."""
    slots: list[Slot] = [item.slot for item in there(event_id)]
    pairs = [(one, other) for one in slots for other in slots if one.number < other.number]
    return not any(
        set(one.staff_ids) & set(other.staff_ids) and one.starts_at < other.ends_at and other.starts_at < one.ends_at
        for one, other in pairs
    )


def _after_the_look(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> list[int]:
    """Let something happen right after the slots were first looked at; says how often they were looked at."""
    looks: list[int] = []
    look = slot_places._seen

    def seen(ctx: Context, event_id: str) -> dict[int, tuple[Slot, PlaceItem]]:
        found = look(ctx, event_id)
        looks.append(len(found))
        if len(looks) == 1:
            happens()
        return found

    monkeypatch.setattr(slot_places, "_seen", seen)
    return looks


def test_a_slot_that_is_taken_while_the_plan_changes_stays(event_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = _after_the_look(monkeypatch, lambda: take(event_id, "17:40", pupil_id="pupil-2"))
    plan_anew(event_id)
    assert len(looks) == 2
    assert {when: state for when, (state, _) in what(event_id).items() if state == "taken"} == {
        "staff-1 17:20 Hall": "taken",
        "staff-1 17:40 Hall": "taken",
    }
    assert nothing_overlaps(event_id)


def test_of_two_who_arrange_at_once_the_first_is_stopped(event_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the first would make slots around what it saw, beside those that the second made around what it saw."""
    writes = slot_places._to_keep
    with monkeypatch.context() as killed:
        # Whoever planned came no further than to what was there already.
        killed.setattr(slot_places, "_to_keep", lambda *given: (one for one in writes(*given) if one[2] is not None))
        plan_anew(event_id, LONG)
    assert list(what(event_id)) == ["staff-1 17:20 Hall"]

    def given_back_and_arranged_by_somebody_else() -> None:
        (taken,) = there(event_id)
        taken.update(actions=[PlaceItem.state.set("free"), PlaceItem.booking_id.remove()])
        slot_places.arrange(a_context(), event_id)

    looks = _after_the_look(monkeypatch, given_back_and_arranged_by_somebody_else)
    slot_places.arrange(a_context(), event_id)
    assert len(looks) == 3
    assert list(what(event_id)) == ["staff-1 17:00 Library", "staff-1 17:27 Library"]


def _before_staff_follow(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, right before the staff of an evening follow its plan."""
    look, looks = store.allocations_of, list[str]()

    def found(school_id: str, event_id: str) -> tuple[StaffAllocation, ...]:
        looks.append(event_id)
        if len(looks) == 1:
            happens()
        return look(school_id, event_id)

    monkeypatch.setattr(store, "allocations_of", found)


def test_staff_follow_the_plan_there_is_and_not_an_older_one(event_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _before_staff_follow(monkeypatch, lambda: plan_anew(event_id, SlotPlanBody.model_validate(a_plan(HALL))))
    service.follow_up(a_context(), event_id, slot_places.arrange)
    assert [one.staff_id for one in store.allocations_of(SCHOOL, event_id)] == ["staff-1"]


def test_nothing_stays_of_a_draft_that_is_deleted_while_it_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    event_id = made(EVENING)
    _before_staff_follow(monkeypatch, lambda: lifecycle.remove(a_context(), event_id, 2))
    with pytest.raises(NotFound):
        plan_anew(event_id)
    assert not [row for row in rows("Events") if event_id in row["pk"]["S"]]


def test_slots_made_while_booking_closes_cannot_be_booked(event_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _after_the_look(monkeypatch, lambda: lifecycle.close(a_context(), event_id, places.close_places))
    plan_anew(event_id)
    assert {is_open for _, is_open in what(event_id).values()} == {False}


def test_slots_of_an_evening_that_was_cancelled_meanwhile_stay_shut(
    event_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(what(event_id))
    _after_the_look(monkeypatch, lambda: lifecycle.cancel(a_context(), event_id, places.close_places))
    plan_anew(event_id)
    assert set(what(event_id)) == before
    assert {is_open for _, is_open in what(event_id).values()} == {False}


def test_who_never_gets_to_the_end_is_told_to_try_again(event_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_places, "_to_retire", lambda *_: _always_refused(event_id))
    with pytest.raises(TryAgain):
        slot_places.arrange(a_context(deadline=NOW + timedelta(milliseconds=1)), event_id)


def _always_refused(event_id: str) -> Iterator[PlaceWrite]:
    item = there(event_id)[0]
    yield item, [PlaceItem.bookable.set(False)], PlaceItem.state == "nowhere"


def test_killed_anywhere_the_plan_is_followed_all_the_same(event_id: str) -> None:
    go_back = bookmark_tables()
    with watched(Calls()) as calls:
        plan_anew(event_id)
    wanted = what(event_id)
    staff = [one.staff_id for one in store.allocations_of(SCHOOL, event_id)]
    assert wanted["staff-1 17:20 Hall"] == ("taken", False)
    for point in calls.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(point)):
            plan_anew(event_id)
        planned_so_far = find_plan(SCHOOL, event_id)
        assert planned_so_far is not None
        assert nothing_overlaps(event_id)
        chores.arrange_due_slots(LATER, lambda _school: a_context(now=LATER), lambda: True)
        if planned_so_far.appointment_minutes == ANEW.appointment_minutes:
            assert what(event_id) == wanted, point
            assert [one.staff_id for one in store.allocations_of(SCHOOL, event_id)] == staff
        assert not [row for row in rows("Events") if row["sk"]["S"] == "SLOT_PLAN" and "due_pk" in row]


def test_publishing_that_is_killed_anywhere_is_finished_by_publishing_again() -> None:
    event_id = made(EVENING)
    planned(event_id, TEN_MINUTES)
    go_back = bookmark_tables()
    with watched(Calls()) as calls:
        lifecycle.publish(a_context(), event_id, slot_places.make_places_or_slots)
    wanted = what(event_id)
    for point in calls.points():
        go_back()
        with pytest.raises(Killed), watched(Calls(point)):
            lifecycle.publish(a_context(), event_id, slot_places.make_places_or_slots)
        lifecycle.publish(a_context(), event_id, slot_places.make_places_or_slots)
        assert what(event_id) == wanted
    assert len(wanted) == store.find_event(SCHOOL, event_id).capacity == 8
