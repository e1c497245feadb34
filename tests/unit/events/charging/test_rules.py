"""Prices to the penny: never above the full price, parts add up, and the order of children makes no difference."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.money import LARGEST_PRICE, NOTHING, SMALLEST_PRICE, pounds
from school_events.events.charging import rules
from school_events.events.charging.model import CancellationStep, Charging, Cost, Instalment, Remission, RemittedFor
from school_events.people.model import Characteristics, Eligibility

TODAY = date(2026, 11, 23)
FSM = Characteristics(free_school_meals=Eligibility(eligible=True))
PREMIUM = Characteristics(pupil_premium=Eligibility(eligible=True))
PLAIN = Characteristics()
FREE_FOR_FSM = Charging(remissions=(Remission(applies_to="free_school_meals", percent=100),))
THIRD_OFF_FOR_SIBLINGS = Charging(sibling_discount=33)


def pence(price: int, charging: Charging, *children: Characteristics, booked: bool = False) -> list[int]:
    """What children cost, in pence."""
    found = rules.prices(pounds(price), charging, children, siblings_booked=booked, day=TODAY)
    return [one.amount for one in found]


def in_parts(*parts: int, first_due: date = TODAY + timedelta(days=10)) -> Charging:
    """A deposit and instalments ten days apart."""
    deposit, *rest = parts
    return Charging(
        deposit=pounds(deposit),
        instalments=tuple(
            Instalment(amount=pounds(one), due_on=first_due + timedelta(days=10 * number))
            for number, one in enumerate(rest)
        ),
    )


def test_a_plain_price_is_everybodys() -> None:
    assert pence(1250, rules.NO_CHARGING, PLAIN, FSM) == [1250, 1250]


def test_a_remission_lowers_the_price_of_whom_it_is_for() -> None:
    assert pence(1250, FREE_FOR_FSM, FSM, PLAIN, PREMIUM) == [0, 1250, 1250]


def test_of_several_remissions_the_best_counts_alone() -> None:
    both = FSM.model_copy(update={"pupil_premium": Eligibility(eligible=True)})
    halves = Charging(
        remissions=(
            Remission(applies_to="free_school_meals", percent=50),
            Remission(applies_to="pupil_premium", percent=70),
        )
    )
    assert pence(1000, halves, both) == [300]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (None, 1250),
        (Eligibility(eligible=False), 1250),
        (Eligibility(eligible=True, starts_on=TODAY), 0),
        (Eligibility(eligible=True, starts_on=TODAY + timedelta(days=1)), 1250),
        (Eligibility(eligible=True, ends_on=TODAY), 0),
        (Eligibility(eligible=True, ends_on=TODAY - timedelta(days=1)), 1250),
    ],
)
def test_a_characteristic_counts_on_its_days(known: Eligibility | None, expected: int) -> None:
    assert pence(1250, FREE_FOR_FSM, Characteristics(free_school_meals=known)) == [expected]


def test_the_first_child_pays_and_further_ones_have_the_discount() -> None:
    assert pence(1000, THIRD_OFF_FOR_SIBLINGS, PLAIN, PLAIN, PLAIN) == [1000, 670, 670]
    assert pence(1000, THIRD_OFF_FOR_SIBLINGS, PLAIN, PLAIN, booked=True) == [670, 670]


def test_the_dearest_child_counts_as_the_first_and_reductions_do_not_add_up() -> None:
    both = Charging(remissions=FREE_FOR_FSM.remissions, sibling_discount=50)
    assert pence(1000, both, FSM, PLAIN, PLAIN) == [0, 1000, 500]
    assert pence(1000, both, FSM, booked=True) == [0]


def test_what_stripe_would_not_take_is_nothing() -> None:
    assert rules.reduced(pounds(100), 70) == pounds(30)
    assert rules.reduced(pounds(100), 71) == NOTHING


def test_a_price_in_parts_is_due_part_by_part() -> None:
    due = rules.schedule(pounds(10000), pounds(10000), in_parts(2000, 5000, 3000), TODAY)
    assert (due.now, [one.amount.amount for one in due.later]) == (pounds(2000), [5000, 3000])


def test_a_lowered_price_keeps_the_proportions() -> None:
    due = rules.schedule(pounds(5000), pounds(10000), in_parts(2000, 5000, 3000), TODAY)
    assert (due.now, [one.amount.amount for one in due.later]) == (pounds(1000), [2500, 1500])


def test_who_books_late_pays_at_once_what_is_due_by_then() -> None:
    parts = in_parts(2000, 5000, 3000, first_due=TODAY)
    due = rules.schedule(pounds(10000), pounds(10000), parts, TODAY)
    assert (due.now, [one.amount.amount for one in due.later]) == (pounds(7000), [3000])


def test_a_cost_is_shared_down_to_a_whole_penny() -> None:
    coach = Cost(name="Coach", kind="travel", share="shared", amount=pounds(1000))
    ticket = Cost(name="Ticket", kind="activities", share="per_pupil", amount=pounds(500))
    assert rules.cost_per_pupil([coach, ticket], 3) == 833
    assert rules.cost_per_pupil([ticket], None) == 500


def test_a_policy_is_said_in_words() -> None:
    steps = [
        CancellationStep(until=date(2027, 5, 3), refund_percent=100),
        CancellationStep(until=date(2027, 5, 20), refund_percent=50),
    ]
    assert rules.policy_in_words(steps) == (
        "If you cancel, up to and including 3 May 2027 you get everything back; "
        "up to and including 20 May 2027 you get 50% back; after that nothing."
    )
    assert rules.policy_in_words([]) == ""


prices = st.integers(SMALLEST_PRICE, LARGEST_PRICE) | st.just(0)
days = st.dates(TODAY - timedelta(days=3), TODAY + timedelta(days=3)) | st.none()
eligibilities = st.builds(Eligibility, eligible=st.booleans(), starts_on=days, ends_on=days) | st.none()
children_of_all_kinds = st.builds(
    Characteristics,
    free_school_meals=eligibilities,
    fsm_ever6=eligibilities,
    pupil_premium=eligibilities,
)
remissions = st.dictionaries(
    st.sampled_from(("free_school_meals", "fsm_ever6", "pupil_premium")), st.integers(1, 100)
).map(lambda found: tuple(Remission(applies_to=name, percent=percent) for name, percent in found.items()))
chargings = st.builds(Charging, remissions=remissions, sibling_discount=st.integers(0, 100))


def reference(
    price: int, charging: Charging, children: Sequence[Characteristics], booked: bool, day: date
) -> list[int]:
    """The rules as a school office would work them out, child by child."""

    def less(percent: int) -> int:
        left = (price * 100 - price * percent) // 100
        return 0 if left < 30 else left

    def own(child: Characteristics) -> int:
        found = [price]
        for one in charging.remissions:
            known: Eligibility | None = getattr(child, one.applies_to)
            in_time = (
                known is not None
                and (known.starts_on is None or day >= known.starts_on)
                and (known.ends_on is None or day <= known.ends_on)
            )
            if known is not None and known.eligible and in_time:
                found.append(less(one.percent))
        return min(found)

    result = [own(child) for child in children]
    if charging.sibling_discount == 0:
        return result
    first = -1 if booked else result.index(max(result))
    return [one if number == first else min(one, less(charging.sibling_discount)) for number, one in enumerate(result)]


@given(prices, chargings, st.lists(children_of_all_kinds, min_size=1, max_size=6), st.booleans())
def test_prices_are_what_the_office_would_work_out(
    price: int, charging: Charging, children: list[Characteristics], booked: bool
) -> None:
    assert pence(price, charging, *children, booked=booked) == reference(price, charging, children, booked, TODAY)


@given(prices, chargings, st.lists(children_of_all_kinds, min_size=1, max_size=6), st.booleans())
def test_nobody_pays_more_than_the_price_and_the_order_makes_no_difference(
    price: int, charging: Charging, children: list[Characteristics], booked: bool
) -> None:
    found = pence(price, charging, *children, booked=booked)
    assert all(one == 0 or SMALLEST_PRICE <= one <= price for one in found)
    mixed = sorted(children, key=lambda child: child.model_dump_json(), reverse=True)
    assert sorted(pence(price, charging, *mixed, booked=booked)) == sorted(found)
    assert sum(pence(price, charging, *children, booked=True)) <= sum(found)


@given(
    st.lists(st.integers(SMALLEST_PRICE, 60_000), min_size=2, max_size=13),
    st.integers(0, 100),
    st.integers(-3, 160),
)
def test_parts_add_up_to_the_penny_and_each_can_be_paid(parts: list[int], percent: int, after: int) -> None:
    full, charging = sum(parts), in_parts(*parts)
    price = rules.reduced(pounds(full), percent)
    day = TODAY + timedelta(days=after)
    due = rules.schedule(price, pounds(full), charging, day)
    assert due.now.amount + sum(one.amount.amount for one in due.later) == price.amount
    assert due.now == NOTHING if price == NOTHING else due.now.amount >= SMALLEST_PRICE
    assert all(one.amount.amount >= SMALLEST_PRICE and one.due_on > day for one in due.later)
    assert all(before.due_on < after.due_on for before, after in pairwise(due.later))
    assert due.later == () or price != NOTHING


def test_every_remission_names_a_characteristic_a_pupil_can_have() -> None:
    assert set(get_args(RemittedFor)) <= Characteristics.model_fields.keys()
