"""The grid of a parents' evening: what its slots promise, for plans by hand and for random ones (B7)."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from school_events.core.errors import Invalid, WrongState
from school_events.events.evenings import rules
from school_events.events.evenings.model import Desk, Slot, SlotPlan
from school_events.events.model import Outing
from tests.unit.events.evenings.plans import EVENING, a_plan, an_evening, desk, plans, span

MANY = settings(max_examples=100, deadline=None)


def times(slots: Iterable[Slot]) -> list[str]:
    """When slots begin, UTC, by number."""
    return [f"{slot.starts_at:%H:%M}" for slot in slots]


def gap_kept(earlier: Slot, later: Slot, minutes: int) -> bool:
    """Whether there are at least so many minutes between two slots."""
    return earlier.ends_at + timedelta(minutes=minutes) <= later.starts_at


def nothing_overlaps(slots: Iterable[Slot], buffer: int) -> bool:
    """Whether no teacher is at two slots without the buffer between them, and no room holds two at once."""
    ordered = sorted(slots, key=lambda slot: slot.starts_at)
    used = {(name, buffer) for slot in ordered for name in slot.staff_ids} | {(slot.room, 0) for slot in ordered}
    for name, minutes in used - {(None, 0)}:
        mine = [slot for slot in ordered if name in {*slot.staff_ids, slot.room}]
        if not all(gap_kept(one, other, minutes) for one, other in pairwise(mine)):
            return False
    return True


def test_slots_follow_each_other_with_the_buffer_and_begin_anew_after_a_break() -> None:
    plan = a_plan(minutes=10, buffer=2, breaks=(span("17:30", "17:35"),))
    assert times(rules.grid(plan, an_evening())) == ["17:00", "17:12", "17:35", "17:47"]


def test_a_teacher_is_there_when_available_and_not_when_unavailable() -> None:
    plan = a_plan(
        desk(available=(span("16:30", "17:20"), span("17:10", "17:40")), unavailable=(span("17:10", "17:20"),))
    )
    assert times(rules.grid(plan, an_evening())) == ["17:00", "17:20", "17:30"]


def test_teachers_who_sit_together_have_slots_with_both_and_alone_are_planned_around_them() -> None:
    plan = a_plan(desk("a"), desk("b"), desk("a", "b", available=(span("17:20", "17:40"),)), buffer=5)
    slots = rules.grid(plan, an_evening())
    both = [slot for slot in slots if slot.staff_ids == ("a", "b")]
    assert times(both) == ["17:20"]
    assert times(slot for slot in slots if slot.staff_ids == ("a",)) == ["17:00", "17:35", "17:50"]


def test_an_evening_in_summer_is_at_the_same_time_by_the_clock() -> None:
    assert times(rules.grid(a_plan(), an_evening(day=date(2027, 6, 3))))[0] == "16:00"


@pytest.mark.parametrize("night", [date(2027, 3, 28), date(2026, 10, 25)], ids=["forward", "back"])
def test_slots_over_a_change_of_the_clocks_follow_each_other_all_the_same(night: date) -> None:
    slots = rules.grid(a_plan(minutes=15), an_evening("00:15", "03:30", night))
    hours = 2.25 if night.month == 3 else 4.25
    assert len(slots) == len({slot.number for slot in slots}) == int(hours * 4)
    assert all(later.starts_at == earlier.ends_at for earlier, later in pairwise(slots))


def test_a_time_that_the_clocks_skip_is_named() -> None:
    plan = a_plan(desk(available=(span("01:30", "03:00"),)))
    with pytest.raises(Invalid) as caught:
        rules.check_plan(plan, an_evening("00:15", "03:30", date(2027, 3, 28)))
    assert [field.field for field in caught.value.fields] == ["desks.0.available.0.starts_at"]


@pytest.mark.parametrize(
    ("desks", "field"),
    [
        ([desk("a"), desk("b", available=(span("12:00", "13:00"),))], "desks.1"),
        ([desk("a"), desk("b", unavailable=(span("16:00", "17:55"),))], "desks.1"),
        ([desk("a", "b"), desk("b", "c")], "desks.1"),
        ([desk("a", room="Hall"), desk("b"), desk("c", room="Hall")], "desks.2.room"),
    ],
    ids=["not there", "hardly there", "always elsewhere", "room used twice"],
)
def test_a_plan_that_cannot_be_kept_names_the_desk(desks: list[Desk], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_plan(a_plan(*desks), an_evening())
    assert [one.field for one in caught.value.fields] == [field]


def test_one_room_is_used_by_one_after_the_other() -> None:
    plan = a_plan(
        desk("a", room="Hall", available=(span("17:00", "17:30"),)),
        desk("b", room="Hall", available=(span("17:30", "18:00"),)),
    )
    rules.check_plan(plan, an_evening())
    assert len(rules.grid(plan, an_evening())) == 6


def test_more_slots_than_an_evening_can_have_are_refused() -> None:
    desks = [desk(f"staff-{number}") for number in range(51)]
    with pytest.raises(Invalid) as caught:
        rules.check_plan(a_plan(*desks, minutes=3), EVENING)
    assert caught.value.fields[0].field == "desks"


def test_an_evening_is_over_on_the_day_it_begins() -> None:
    night = Outing.model_validate({"starts_at": "2026-12-03T17:00", "ends_at": "2026-12-04T01:00"})
    with pytest.raises(Invalid) as caught:
        rules.check_outing(night)
    assert caught.value.fields[0].field == "takes_place.ends_at"


def test_a_break_that_is_shorter_than_the_buffer_does_not_shorten_it() -> None:
    plan = a_plan(minutes=10, buffer=8, breaks=(span("17:28", "17:33"),))
    assert times(rules.grid(plan, an_evening())) == ["17:00", "17:18", "17:36"]


def test_crews_keep_their_numbers_and_nobody_gets_that_of_another() -> None:
    first, crews = rules.numbered([desk("a"), desk("b")])
    second, after = rules.numbered([desk("c"), desk("b")], crews)
    assert [one.number for one in first] == [1, 2]
    assert [one.number for one in second] == [3, 2]
    assert after == (("a",), ("b",), ("c",))
    with pytest.raises(WrongState):
        rules.numbered([desk(f"staff-{number}") for number in range(1000)])


@MANY
@given(plans())
def test_no_teacher_and_no_room_is_used_twice_and_buffers_are_kept(plan: SlotPlan) -> None:
    slots = rules.grid(plan, EVENING)
    assert nothing_overlaps(slots, plan.buffer_minutes)
    assert len({slot.number for slot in slots}) == len(slots)
    assert {rules.desk_of(slot.number): slot.staff_ids for slot in slots} == {
        one.number: one.staff_ids for one in plan.desks
    }


@MANY
@given(plans())
def test_every_slot_is_in_the_evening_outside_breaks_and_when_its_teachers_are_there(plan: SlotPlan) -> None:
    desks = {one.number: one for one in plan.desks}
    for slot in rules.grid(plan, EVENING):
        its = desks[rules.desk_of(slot.number)]
        minutes = [slot.starts_at + timedelta(minutes=one) for one in range(plan.appointment_minutes)]
        assert slot.ends_at == minutes[-1] + timedelta(minutes=1)
        assert EVENING.starts_at <= slot.starts_at
        assert slot.ends_at <= EVENING.ends_at
        for minute in (one.time() for one in minutes):  # the clocks of London show UTC in December
            assert not any(one.starts_at <= minute < one.ends_at for one in (*plan.breaks, *its.unavailable))
            assert not its.available or any(one.starts_at <= minute < one.ends_at for one in its.available)


@MANY
@given(plans())
def test_no_appointment_is_wasted(plan: SlotPlan) -> None:
    """Where a desk's teachers and room are free for an appointment with its buffers, there is one."""
    slots = rules.grid(plan, EVENING)
    for one in plan.desks:
        hours = rules._hours(one, plan, EVENING)
        mine = [slot for slot in slots if slot.room == one.room or set(slot.staff_ids) & set(one.staff_ids)]
        for minute in range(0, 180, 15):
            start = EVENING.starts_at + timedelta(minutes=minute)
            more = Slot(
                number=0,
                staff_ids=one.staff_ids,
                starts_at=start,
                ends_at=start + timedelta(minutes=plan.appointment_minutes),
                room=one.room,
            )
            inside = any(a <= more.starts_at and more.ends_at <= b for a, b in hours)
            assert not inside or not nothing_overlaps((*mine, more), plan.buffer_minutes)


@MANY
@given(plans(), st.data())
def test_planning_again_moves_nothing_whatever_is_booked_meanwhile(plan: SlotPlan, data: st.DataObject) -> None:
    slots = rules.grid(plan, EVENING)
    taken = data.draw(st.lists(st.sampled_from(slots), unique=True))
    again = rules.arrange(plan, EVENING, taken)
    assert tuple(again.slots.values()) == slots
    assert again.kept == ()


@MANY
@given(plans(), plans(), st.data())
def test_with_another_plan_what_is_booked_stays_and_all_promises_hold(
    before: SlotPlan, after: SlotPlan, data: st.DataObject
) -> None:
    desks, crews = rules.numbered(after.desks, before.crews)
    after = after.model_copy(update={"desks": desks, "crews": crews})
    taken = data.draw(st.lists(st.sampled_from(rules.grid(before, EVENING)), unique=True))
    there = rules.arrange(after, EVENING, taken)
    assert all(there.slots[slot.number] == slot for slot in taken)
    listed = {one.slot.number for one in there.kept}
    planned = set(rules.grid(after, EVENING))
    assert listed == {slot.number for slot in taken if slot not in planned}
    new = [slot for slot in there.slots.values() if slot not in taken]
    assert all(nothing_overlaps((*new, one), after.buffer_minutes) for one in taken)
    assert nothing_overlaps(there.slots.values(), 0)
    bookable = [slot for number, slot in there.slots.items() if number not in there.closed]
    assert nothing_overlaps(bookable, after.buffer_minutes)
    # Doing it again, also with more of it booked, changes nothing.
    more = data.draw(st.lists(st.sampled_from(sorted(there.slots)), unique=True)) if there.slots else []
    booked = [slot for slot in there.slots.values() if slot in taken or slot.number in more]
    assert rules.arrange(after, EVENING, booked).slots == there.slots


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (a_plan(desk("b")), "teachers_not_planned"),
        (a_plan(desk("a", room="Hall"), minutes=15), "other_length"),
        (a_plan(desk("a", room="Hall"), breaks=(span("17:25", "17:40"),)), "outside_times"),
        (a_plan(desk("a", room="Library")), "other_room"),
        (a_plan(desk("a", room="Hall", available=(span("17:05", "18:00"),))), "between_others"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_why_an_appointment_is_not_where_the_plan_would_put_it(plan: SlotPlan, reason: str) -> None:
    before = a_plan(desk("a", room="Hall"))
    (slot,) = [one for one in rules.grid(before, an_evening()) if f"{one.starts_at:%H:%M}" == "17:30"]
    desks, crews = rules.numbered(plan.desks, before.crews)
    plan = plan.model_copy(update={"desks": desks, "crews": crews})
    (kept,) = rules.arrange(plan, an_evening(), [slot]).kept
    assert (kept.slot, kept.reason) == (slot, reason)
    assert kept.open_again == (reason == "between_others")


def test_of_appointments_too_close_for_a_new_buffer_the_later_is_not_booked_again() -> None:
    first, second = rules.grid(a_plan(), an_evening())[:2]
    kept = rules.arrange(a_plan(buffer=5), an_evening(), [first, second]).kept
    assert [one.reason for one in kept] == ["too_close"]
    assert rules.arrange(a_plan(buffer=5), an_evening(), [first, second]).closed == {second.number}


def test_when_teachers_are_busy_is_without_the_pauses_between_appointments() -> None:
    plan = a_plan(
        desk("a"), desk("b", "c", available=(span("17:20", "17:40"),)), buffer=2, breaks=(span("17:30", "17:45"),)
    )
    busy = rules.busy(plan, an_evening())
    seen = {staff_id: [f"{start:%H:%M}-{end:%H:%M}" for start, end in of] for staff_id, of in busy.items()}
    assert seen == {"a": ["17:00-17:22", "17:45-17:55"], "b": ["17:20-17:30"], "c": ["17:20-17:30"]}
