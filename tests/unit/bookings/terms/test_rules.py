"""What comes back and until when: to the penny, to the day, whatever the policy (D6)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.bookings.model import Place
from school_events.bookings.terms import rules
from school_events.bookings.terms.rules import Decided, Step, Terms
from school_events.core.money import Money, pounds
from school_events.events.charging.model import CancellationStep
from school_events.events.evenings.model import Slot
from school_events.events.model import EventStatus, Session
from tests.unit.events.things import a_trip

MONDAY = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
WEEK = timedelta(days=7)

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see zones
POLICIES = st.lists(st.tuples(INSTANTS, st.integers(0, 100)), max_size=4).map(
    lambda some: tuple(
        Step(before, percent)
        for (before, _), percent in zip(sorted(some), sorted((one for _, one in some), reverse=True), strict=True)
    )
)
PAID = st.integers(0, 1_000_000).map(pounds)


@given(PAID, POLICIES, INSTANTS, INSTANTS)
def test_what_comes_back_is_never_more_than_was_paid_and_never_rises_with_time(
    paid: Money, steps: tuple[Step, ...], one: datetime, other: datetime
) -> None:
    terms = Terms(paid, steps, None)
    earlier, later = (terms.refund("policy", at).amount for at in sorted((one, other)))
    assert 0 <= later <= earlier <= paid.amount
    assert terms.refund("none", one).amount == 0
    assert terms.refund("full", one) == paid


@given(PAID, st.integers(0, 100))
def test_a_share_is_exact_but_for_less_than_a_penny_which_is_the_familys(paid: Money, percent: int) -> None:
    exact = paid.amount * percent
    assert 0 <= rules.share(paid, percent).amount * 100 - exact < 100


@given(PAID, st.integers(0, 100))
def test_both_shares_of_one_sum_together_are_all_of_it_or_a_penny_more(paid: Money, percent: int) -> None:
    both = rules.share(paid, percent) + rules.share(paid, 100 - percent)
    assert both.amount - paid.amount in {0, 1}


@pytest.mark.parametrize(
    ("last_day", "ends"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 23, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, tzinfo=UTC)),
    ],
)
def test_a_step_holds_to_the_end_of_its_day_where_the_school_is_also_when_the_clocks_change(
    last_day: date, ends: datetime
) -> None:
    event = a_trip(cancellation=(CancellationStep(until=last_day, refund_percent=40),))
    terms = Terms(pounds(1000), rules.policy(event), None)
    assert terms.percent(ends - timedelta(microseconds=1)) == 40
    assert terms.percent(ends) == 0


def _session(number: int, *, cancelled: bool = False) -> Session:
    starts_at = MONDAY + number * WEEK
    return Session(
        id=f"session_{number:03}", starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), cancelled=cancelled
    )


def _place(pool: str, number: int = 1) -> Place:
    return Place(event_id="event_1", pool=pool, number=number)


CLUB = (_session(0), _session(1), _session(2, cancelled=True))


@pytest.mark.parametrize(
    ("place", "begins_at"),
    [
        (_place("term"), MONDAY + WEEK),
        (_place("extra-term"), MONDAY + WEEK),
        (_place("session-session_000"), MONDAY),
        (_place("extra-session-session_001"), MONDAY + WEEK),
        (_place("session-session_002"), None),
    ],
)
def test_a_family_can_leave_until_its_session_begins_and_a_club_until_its_last(
    place: Place, begins_at: datetime | None
) -> None:
    assert rules.begins_at(place, CLUB, None) == begins_at
    terms = Terms(pounds(0), (), begins_at)
    if begins_at is None:
        assert not terms.is_too_late(MONDAY + 10 * WEEK)
    else:
        assert not terms.is_too_late(begins_at - timedelta(microseconds=1))
        assert terms.is_too_late(begins_at)


def test_an_appointment_can_be_given_up_until_it_begins() -> None:
    slot = Slot(number=10_001, staff_ids=("staff-1",), starts_at=MONDAY, ends_at=MONDAY + timedelta(minutes=10))
    assert rules.begins_at(_place("slots", 10_001), (_session(5),), slot) == MONDAY


@pytest.mark.parametrize(
    ("status", "pool", "is_off"),
    [
        ("published", "term", False),
        ("cancelled", "term", True),
        ("published", "session-session_001", False),
        ("published", "session-session_002", True),
        ("published", "extra-session-session_002", True),
    ],
)
def test_what_does_not_take_place_is_the_schools_to_end(status: EventStatus, pool: str, is_off: bool) -> None:
    event = a_trip(status)
    assert rules.is_called_off(event, _place(pool), CLUB) is is_off


@pytest.mark.parametrize("decided", ["policy", "full", "none"])
def test_each_decision_has_a_name_of_its_own_in_the_audit_log(decided: Decided) -> None:
    assert rules.ACTIONS[decided].startswith("booking.cancelled")
    assert len(set(rules.ACTIONS.values())) == 3
