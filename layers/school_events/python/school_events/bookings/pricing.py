"""What each child's place costs, decided from what the database says: never from the request (B8).

A household's children are those the contact who books has open links to. Whether one of them has a place already is
read with the rest and repeated as a condition of the booking: of two siblings booked in the same moment the second to
be written has the discount.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from school_events.bookings import store
from school_events.bookings.errors import LookAgain
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction, get_many
from school_events.core.errors import Invalid
from school_events.events.charging import rules
from school_events.events.charging.rules import NO_CHARGING, Schedule
from school_events.events.model import SchoolEvent
from school_events.people import access
from school_events.people.model import Characteristics
from school_events.people.rules import today

_MOST_SIBLINGS = 20
"""So many other children of a household are looked at, so that a booking still fits into one transaction."""


type Wished = tuple[str, str]
"""A child, and the part of an event they are booked for (``rules.part_of``)."""


class HouseholdChanged(LookAgain):
    """A sibling was booked, or lost their place, just now; it is looked at again."""

    slug = "household-changed"
    title = "The household's bookings changed just now"


@dataclass(frozen=True)
class Household:
    """The other children of a household, and whether each has a live booking of a part of an event, by child and part.

    If any of them has, that one is enough: the others are left out.
    """

    booked: Mapping[Wished, bool]

    def has_a_place(self, part: str = "") -> bool:
        """Whether any of them has."""
        return any(is_booked for (_, booked_part), is_booked in self.booked.items() if booked_part == part)


def household(ctx: Context, contact_id: str, event: SchoolEvent, wished: Collection[Wished]) -> Household:
    """The other children of a contact, as far as they matter for an event's price (strongly consistent).

    Args:
        ctx: the moment.
        contact_id: on whose account is booked.
        event: what is booked.
        wished: the children being booked, who are left out, each with the part of the event.

    Raises:
        Invalid: it cannot all be decided in one transaction, since the household is large; names the field.
    """
    if event.charging is None or not event.charging.sibling_discount:
        return Household({})
    pupils = sorted({link.pupil_id for link in access.open_links(ctx, contact_id)})
    parts = sorted({part for _, part in wished})
    others = [(one, part) for part in parts for one in pupils if (one, part) not in wished]
    if len(parts) > 1 and len(others) > _MOST_SIBLINGS:
        raise Invalid.of("items", "are too many sessions at once for a household of this size; book some, then others")
    keys = {one: store.guard_key(ctx.school_id, one[0], event.id, one[1]) for one in others[:_MOST_SIBLINGS]}
    found = get_many(keys.values())
    return Household(_what_matters({one: found.get(key) is not None for one, key in keys.items()}))


def _what_matters(booked: Mapping[Wished, bool]) -> Mapping[Wished, bool]:
    """Of each part one child who has a place; or, if none has, all of them."""
    has_one = {part: (pupil_id, part) for (pupil_id, part), is_booked in booked.items() if is_booked}
    return {one: is_booked for one, is_booked in booked.items() if has_one.get(one[1], one) == one}


def require_unchanged(transaction: Transaction, ctx: Context, event_id: str, seen: Household) -> None:
    """Only go ahead, in a transaction, while each sibling still has, or has not, a place; else HouseholdChanged."""
    for (pupil_id, part), is_booked in seen.booked.items():
        key = store.guard_key(ctx.school_id, pupil_id, event_id, part)
        transaction.check(key, store.is_guarded(booked=is_booked), refusal=HouseholdChanged())


def schedules(
    ctx: Context, event: SchoolEvent, children: Sequence[Characteristics], *, siblings_booked: bool
) -> list[Schedule]:
    """What the places of one household's children cost today, in their order."""
    charging, day = event.charging or NO_CHARGING, today(ctx.now)
    prices = rules.prices(event.price, charging, children, siblings_booked=siblings_booked, day=day)
    return [rules.schedule(price, event.price, charging, day) for price in prices]


def schedules_by_part(
    ctx: Context, event: SchoolEvent, children: Sequence[tuple[Characteristics, str]], household: Household
) -> list[Schedule]:
    """As :func:`schedules`, for children with the part of the event each is booked for: siblings count where they meet.

    Args:
        ctx: the moment.
        event: what is booked.
        children: what is known of each, and the part.
        household: their siblings.
    """
    found: dict[int, Schedule] = {}
    for part in dict.fromkeys(part for _, part in children):
        positions = [position for position, (_, at) in enumerate(children) if at == part]
        known = [children[position][0] for position in positions]
        booked = schedules(ctx, event, known, siblings_booked=household.has_a_place(part))
        found |= dict(zip(positions, booked, strict=True))
    return [found[position] for position in range(len(children))]
