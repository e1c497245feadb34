"""Whether what a school asks for an event makes sense and is lawful; each refusal names the field to blame."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from school_events.core.errors import Invalid
from school_events.core.money import LARGEST_PRICE, SMALLEST_PRICE, Money
from school_events.events.charging import rules
from school_events.events.charging.model import CancellationStep, Charging, ChargingRule, SchoolHours

_REMISSION_BY_LAW = "free_school_meals"
"""The characteristic that stands for the benefits of s. 457(4): the same benefits give a right to free school meals."""

_MOST_COSTS = 100_000_000
"""More than any school spends, and still an amount of money here: a million pounds."""


def check_charging(charging: Charging, price: Money, *, capacity: int, minimum: int, starts_on: date) -> None:
    """Whether price and charging fit together.

    Args:
        charging: the rules.
        price: the full price.
        capacity: how many places there are.
        minimum: how many must book.
        starts_on: the event's first local day.

    Raises:
        Invalid: they do not.
    """
    _check_hours(charging.school_hours)
    _check_size(charging.voluntary_contribution, "charging.voluntary_contribution.amount")
    _check_costs(charging, capacity, minimum)
    _check_below_cost(charging, price)
    _check_reductions(charging, price)
    _check_instalments(charging, price, starts_on)


def check_lawful(charging: Charging, price: Money, rule: ChargingRule) -> None:
    """Whether a school that the law on charging binds may ask this price (``law``).

    Raises:
        Invalid: it may not, or does not remit what it must.
    """
    if charging.not_bound is not None or rule.may_charge == "everything" or price.amount == 0:
        return
    if rule.may_charge == "nothing":
        raise Invalid.of("price.amount", f"must be 0. {rule.explanation}")
    board = [cost for cost in charging.costs if cost.kind == "board_and_lodging"]
    most = rules.cost_per_pupil(board, charging.shared_by)
    if price.amount > most:
        raise Invalid.of("price.amount", f"must be at most {most}, the cost of board and lodging. {rule.explanation}")
    if not any(one.applies_to == _REMISSION_BY_LAW and one.percent == 100 for one in charging.remissions):
        raise Invalid.of(
            "charging.remissions", f"must remit board and lodging in full ({_REMISSION_BY_LAW}, 100 per cent)"
        )


def check_policy(steps: Sequence[CancellationStep], ends_on: date) -> None:
    """Whether a cancellation policy makes sense: later days, smaller shares, not beyond the event's last local day.

    Raises:
        Invalid: it does not.
    """
    for number, step in enumerate(steps):
        where = f"cancellation.{number}"
        if step.until > ends_on:
            raise Invalid.of(f"{where}.until", "must not be after the event is over")
        if number and step.until <= steps[number - 1].until:
            raise Invalid.of(f"{where}.until", "must be later than the step before")
        if number and step.refund_percent >= steps[number - 1].refund_percent:
            raise Invalid.of(f"{where}.refund_percent", "must be less than in the step before")


def _check_hours(hours: SchoolHours) -> None:
    clocks = list(dict(hours).items())
    for (_, earlier), (name, later) in pairwise(clocks):
        if later < earlier or (later == earlier and name.endswith("_ends_at")):
            raise Invalid.of(f"charging.school_hours.{name}", "must be later than what comes before it that day")


def _check_size(amount: Money, where: str, *, or_nothing: bool = True) -> None:
    if amount.amount < SMALLEST_PRICE and not (or_nothing and amount.amount == 0):
        raise Invalid.of(where, f"must be {'0 or ' if or_nothing else ''}at least {SMALLEST_PRICE} pence")
    if amount.amount > LARGEST_PRICE:
        raise Invalid.of(where, f"must be at most {LARGEST_PRICE} pence")


def _check_costs(charging: Charging, capacity: int, minimum: int) -> None:
    for number, cost in enumerate(charging.costs):
        if cost.amount.amount <= 0:
            raise Invalid.of(f"charging.costs.{number}.amount.amount", "must be more than 0")
    if sum(cost.amount.amount for cost in charging.costs) > _MOST_COSTS:
        raise Invalid.of("charging.costs", f"must be at most {_MOST_COSTS} pence together")
    if charging.shared_by is None:
        if any(cost.share == "shared" for cost in charging.costs):
            raise Invalid.of("charging.shared_by", "is required where a cost is shared")
    elif not max(minimum, 1) <= charging.shared_by <= capacity:
        raise Invalid.of("charging.shared_by", "must be from the minimum to the capacity")


def _check_below_cost(charging: Charging, price: Money) -> None:
    if not charging.costs:
        return
    cost = rules.cost_per_pupil(charging.costs, charging.shared_by)
    if price.amount > cost:
        raise Invalid.of("price.amount", f"must not be more than the actual cost for each pupil, {cost}")
    if price.amount + charging.voluntary_contribution.amount > cost:
        left = cost - price.amount
        raise Invalid.of("charging.voluntary_contribution.amount", f"must not be more than the price leaves, {left}")


def _check_reductions(charging: Charging, price: Money) -> None:
    seen: set[str] = set()
    for number, one in enumerate(charging.remissions):
        if one.applies_to in seen:
            raise Invalid.of(f"charging.remissions.{number}.applies_to", "is named twice")
        seen.add(one.applies_to)
    if price.amount > 0:
        return
    if charging.remissions:
        raise Invalid.of("charging.remissions", "belong to a price; there is none")
    if charging.sibling_discount:
        raise Invalid.of("charging.sibling_discount", "belongs to a price; there is none")


def _check_instalments(charging: Charging, price: Money, starts_on: date) -> None:
    if (charging.deposit is None) != (not charging.instalments):
        raise Invalid.of("charging.deposit", "goes together with instalments")
    if charging.deposit is None:
        if charging.unpaid_instalment.then != "keep":
            raise Invalid.of("charging.unpaid_instalment.then", "belongs to instalments; there are none")
        return
    _check_size(charging.deposit, "charging.deposit.amount", or_nothing=False)
    for number, one in enumerate(charging.instalments):
        where = f"charging.instalments.{number}"
        _check_size(one.amount, f"{where}.amount.amount", or_nothing=False)
        if number and one.due_on <= charging.instalments[number - 1].due_on:
            raise Invalid.of(f"{where}.due_on", "must be later than the instalment before")
        if one.due_on >= starts_on:
            raise Invalid.of(f"{where}.due_on", "must be before the event")
    asked = charging.deposit.amount + sum(one.amount.amount for one in charging.instalments)
    if asked != price.amount:
        raise Invalid.of("charging.instalments", f"must add up to the price with the deposit: {price.amount}")
