"""What a place costs a child, and when what of it is due: pure, to the penny.

A price is lowered in the family's favour: to whole pence downwards, and to nothing if less than Stripe takes is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, pairwise

from school_events.core.money import NOTHING, SMALLEST_PRICE, Money, pounds
from school_events.events.charging.model import CancellationStep, Charging, Cost, Instalment, Remission
from school_events.people.model import Characteristics

NO_CHARGING = Charging()
"""A plain price: the same for every child, all of it due at once."""


@dataclass(frozen=True)
class Schedule:
    """When a price is to be paid: so much with the booking, the rest in ``later`` parts by their days."""

    price: Money
    now: Money
    later: tuple[Instalment, ...]


def cost_per_pupil(costs: Sequence[Cost], shared_by: int | None) -> int:
    """What an event costs the school for each pupil, in pence, down to a whole one, so that no price is above it.

    Args:
        costs: each for one pupil, or shared.
        shared_by: by how many pupils shared costs are divided; given if there are any.
    """
    each = sum(cost.amount.amount for cost in costs if cost.share == "per_pupil")
    shared = sum(cost.amount.amount for cost in costs if cost.share == "shared")
    return each + shared // (shared_by or 1)


def reduced(price: Money, percent: int) -> Money:
    """A price less so many per cent."""
    left = price.amount * (100 - percent) // 100
    return pounds(left) if left >= SMALLEST_PRICE else NOTHING


def remitted(price: Money, remissions: Sequence[Remission], child: Characteristics, day: date) -> Money:
    """The price for one child: the best remission whose characteristic applies on a local day counts, alone."""
    applying = [one.percent for one in remissions if _applies(one, child, day)]
    return reduced(price, max(applying)) if applying else price


def _applies(remission: Remission, child: Characteristics, day: date) -> bool:
    known = getattr(child, remission.applies_to)
    return known is not None and known.applies_on(day)


def prices(
    price: Money, charging: Charging, children: Sequence[Characteristics], *, siblings_booked: bool, day: date
) -> tuple[Money, ...]:
    """What the places of one household's children cost, in their order.

    The dearest of them counts as the first child, so that the order in which they are named makes no difference. For
    every further one the better of remission and siblings' discount counts, not both.

    Args:
        price: the full price.
        charging: the rules.
        children: what is known of each.
        siblings_booked: whether a further child of the household has a place already, so that none of these is first.
        day: the local day of the booking.
    """
    own = [remitted(price, charging.remissions, child, day) for child in children]
    if not charging.sibling_discount:
        return tuple(own)
    further = reduced(price, charging.sibling_discount)
    dearest = None if siblings_booked else max(range(len(own)), key=lambda number: own[number].amount, default=None)
    return tuple(
        mine if number == dearest else min(mine, further, key=lambda one: one.amount) for number, mine in enumerate(own)
    )


def schedule(price: Money, full: Money, charging: Charging, day: date) -> Schedule:
    """When a child's price is due: deposit and instalments in the proportion they have in the full price.

    What is due by the day of the booking is due with it, and so are parts too small to be paid alone.

    Args:
        price: the child's.
        full: the event's, which deposit and instalments add up to.
        charging: the rules.
        day: the local day of the booking.
    """
    if charging.deposit is None or price == NOTHING:
        return Schedule(price, price, ())
    full_parts = [charging.deposit.amount, *(one.amount.amount for one in charging.instalments)]
    sums = [0, *(price.amount * paid // full.amount for paid in accumulate(full_parts))]
    now, *rest = (after - before for before, after in pairwise(sums))
    later: list[Instalment] = []
    for pence, instalment in zip(rest, charging.instalments, strict=True):
        if instalment.due_on <= day or pence < SMALLEST_PRICE or now < SMALLEST_PRICE:
            now += pence
        else:
            later.append(Instalment(amount=pounds(pence), due_on=instalment.due_on))
    return Schedule(price, pounds(now), tuple(later))


def policy_in_words(steps: Sequence[CancellationStep]) -> str:
    """A cancellation policy as families read it; empty if the school has set none."""
    if not steps:
        return ""
    parts = (f"up to and including {_day(one.until)} you get {_share(one.refund_percent)} back" for one in steps)
    return f"If you cancel, {'; '.join(parts)}; after that nothing."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _share(percent: int) -> str:
    return "everything" if percent == 100 else f"{percent}%"
