"""A trip's plan over midnight, zones, changes of the clocks and years; and how many adults are enough (B1, B9)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.errors import Invalid
from school_events.events.model import Outing
from school_events.events.trips import rules
from school_events.events.trips.model import ItineraryEntry, Leg, LocalMoment, TripPlan

LONDON = "Europe/London"


def outing(starts_at: str, ends_at: str) -> Outing:
    """When a trip takes place, on London's clocks."""
    return Outing(starts_at=datetime.fromisoformat(starts_at), ends_at=datetime.fromisoformat(ends_at))


SKI = outing("2027-03-26T22:00", "2027-04-03T06:30")
"""Eight nights in which summer time begins, on 28 March."""


def leg(
    departs: str, arrives: str, zones: tuple[str, str] = (LONDON, LONDON), origin: str = "School", to: str = "Lodge"
) -> Leg:
    """A leg by coach, its ends as local times of their zones."""
    ends = (
        LocalMoment(at=datetime.fromisoformat(at), zone=zone)
        for at, zone in zip((departs, arrives), zones, strict=True)
    )
    first, last = ends
    return Leg(mode="coach", origin=origin, destination=to, departs=first, arrives=last)


def refused(plan: TripPlan, outing: Outing = SKI) -> str:
    """The field that is to blame."""
    with pytest.raises(Invalid) as caught:
        rules.check_plan(plan, outing, LONDON)
    return caught.value.fields[0].field


def of_legs(*legs: Leg) -> TripPlan:
    """A plan of legs alone."""
    return TripPlan(legs=legs)


def test_a_leg_over_midnight_into_another_zone_takes_the_time_it_takes() -> None:
    night = leg("2027-03-26T22:00", "2027-03-27T11:30", (LONDON, "Europe/Paris"))
    rules.check_plan(of_legs(night), SKI, LONDON)
    assert night.arrives.instant - night.departs.instant == timedelta(hours=12, minutes=30)


def test_a_leg_home_may_arrive_by_the_clock_before_it_departed() -> None:
    tokyo = outing("2027-05-01T08:00", "2027-05-09T20:00")
    home = leg("2027-05-09T15:00", "2027-05-09T14:30", ("Asia/Tokyo", LONDON))
    rules.check_plan(of_legs(home), tokyo, LONDON)
    assert home.arrives.instant - home.departs.instant == timedelta(hours=7, minutes=30)


def test_a_leg_over_the_change_of_the_clocks_is_an_hour_shorter_than_they_show() -> None:
    night = leg("2027-03-27T23:00", "2027-03-28T07:00")
    assert night.arrives.instant - night.departs.instant == timedelta(hours=7)
    rules.check_plan(of_legs(night), SKI, LONDON)


def test_of_an_hour_that_comes_twice_a_leg_means_the_first() -> None:
    assert LocalMoment(at=datetime.fromisoformat("2027-10-31T01:30"), zone=LONDON).instant == datetime(
        2027, 10, 31, 0, 30, tzinfo=UTC
    )


def test_a_trip_may_cross_an_academic_year() -> None:
    summer = outing("2027-08-30T09:00", "2027-09-02T16:00")
    plan = of_legs(leg("2027-08-30T09:00", "2027-08-30T12:00"), leg("2027-09-02T13:00", "2027-09-02T16:00"))
    rules.check_plan(plan, summer, LONDON)


@pytest.mark.parametrize(
    ("legs", "field"),
    [
        ([leg("2027-03-26T21:59", "2027-03-27T05:00")], "trip.legs.0.departs.at"),
        ([leg("2027-03-26T22:00", "2027-03-26T22:00")], "trip.legs.0.arrives.at"),
        ([leg("2027-03-26T22:00", "2027-03-27T05:00"), leg("2027-04-02T22:00", "2027-04-03T06:31")],
         "trip.legs.1.arrives.at"),
        ([leg("2027-03-28T01:30", "2027-03-28T05:00")], "trip.legs.0.departs.at"),
        ([leg("2027-03-27T01:30", "2027-03-28T02:30", (LONDON, "Europe/Paris"))], "trip.legs.0.arrives.at"),
        ([leg("2027-03-27T01:30", "2027-03-27T05:00", (LONDON, "Europe/Atlantis"))], "trip.legs.0.arrives.zone"),
        ([leg("2027-03-27T01:30", "2027-03-27T05:00", ("Europe", LONDON))], "trip.legs.0.departs.zone"),
        ([leg("2027-03-27T01:30", "2027-03-27T05:00", ("../etc/passwd", LONDON))], "trip.legs.0.departs.zone"),
    ],
    ids=["too early", "at once", "too late", "skipped", "skipped there", "no zone", "folder", "path"],
)  # fmt: skip
def test_a_leg_that_makes_no_sense_is_named(legs: list[Leg], field: str) -> None:
    assert refused(of_legs(*legs)) == field


@pytest.mark.parametrize("day", [date(2027, 3, 25), date(2027, 4, 4)])
def test_an_entry_of_another_day_is_named(day: date) -> None:
    entries = (ItineraryEntry(day=date(2027, 3, 27), text="Ski hire"), ItineraryEntry(day=day, text="Lost"))
    assert refused(TripPlan(itinerary=entries)) == "trip.itinerary.1.day"


def test_a_plan_is_kept_in_order_of_time() -> None:
    late, early = leg("2027-04-02T22:00", "2027-04-03T06:00"), leg("2027-03-26T22:00", "2027-03-27T05:00")
    told = [
        ItineraryEntry(day=date(2027, 3, 28), at=time(9), text="Lessons"),
        ItineraryEntry(day=date(2027, 3, 27), at=time(18), text="Supper"),
        ItineraryEntry(day=date(2027, 3, 27), text="Settling in"),
    ]
    plan = rules.in_order(TripPlan(legs=(late, early), itinerary=tuple(told)))
    assert plan.legs == (early, late)
    assert [entry.text for entry in plan.itinerary] == ["Settling in", "Supper", "Lessons"]


def test_legs_in_different_zones_are_ordered_by_what_comes_first_and_not_by_what_clocks_show() -> None:
    there = leg("2027-03-27T08:00", "2027-03-27T09:00", ("Europe/Paris", "Europe/Paris"))
    here = leg("2027-03-27T07:30", "2027-03-27T09:30")
    assert rules.in_order(of_legs(here, there)).legs == (there, here)


days = st.dates(date(2026, 1, 1), date(2030, 12, 31))


@given(after=days, hour=st.integers(0, 23), nights=st.integers(0, 10))
def test_a_plan_moves_with_its_trip_and_keeps_what_the_clocks_show(after: date, hour: int, nights: int) -> None:
    first = SKI.starts_at.date()
    plan = TripPlan(
        legs=(leg(f"2027-03-26T{hour:02}:15", f"2027-03-27T{hour:02}:45", (LONDON, "Europe/Paris")),),
        itinerary=(ItineraryEntry(day=first + timedelta(days=nights), at=time(hour), text="Walk"),),
    )
    moved = rules.moved_to(plan, first, after)
    assert rules.moved_to(moved, after, first) == plan
    (ends,) = moved.legs
    assert (ends.departs.at, ends.departs.zone) == (datetime.combine(after, time(hour, 15)), LONDON)
    assert moved.itinerary[0].day - after == timedelta(days=nights)
    assert moved.itinerary[0].at == time(hour)


@pytest.mark.parametrize(
    ("staff", "pupils", "enough"), [(0, 1, False), (3, 30, True), (3, 31, False), (4, 31, True), (0, 0, True)]
)
def test_enough_adults_are_those_that_the_target_asks_for(staff: int, pupils: int, enough: bool) -> None:
    assert rules.Ratio(target=10, staff=staff, pupils=pupils).enough is enough
