"""What each child's place costs, decided from what the database says: never from the request (B8).

A household's children are those the contact who books has open links to. Whether one of them has a place already is
read with the rest and repeated as a condition of the booking: of two siblings booked in the same moment the second to
be written has the discount.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from school_events.bookings import store
from school_events.bookings.errors import LookAgain
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction, get_many
from school_events.events.charging import rules
from school_events.events.charging.rules import NO_CHARGING, Schedule
from school_events.events.model import SchoolEvent
from school_events.people import access
from school_events.people.model import Characteristics
from school_events.people.rules import today

_MOST_SIBLINGS = 20
"""So many other children of a household are looked at, so that a booking still fits into one transaction."""


class HouseholdChanged(LookAgain):
    """A sibling was booked, or lost their place, just now; it is looked at again."""

    slug = "household-changed"
    title = "The household's bookings changed just now"


@dataclass(frozen=True)
class Household:
    """The other children of a household, and whether each has a live booking of an event."""

    booked: Mapping[str, bool]

    @property
    def has_a_place(self) -> bool:
        """Whether any of them has."""
        return any(self.booked.values())


def household(ctx: Context, contact_id: str, event: SchoolEvent, pupil_ids: Sequence[str]) -> Household:
    """The other children of a contact, as far as they matter for an event's price (strongly consistent).

    Args:
        ctx: the moment.
        contact_id: on whose account is booked.
        event: what is booked.
        pupil_ids: the children being booked, who are left out.
    """
    if event.charging is None or not event.charging.sibling_discount:
        return Household({})
    links = access.open_links(ctx, contact_id)
    others = sorted({link.pupil_id for link in links}.difference(pupil_ids))[:_MOST_SIBLINGS]
    keys = {one: store.guard_key(ctx.school_id, one, event.id) for one in others}
    found = get_many(keys.values())
    return Household({one: found.get(key) is not None for one, key in keys.items()})


def require_unchanged(transaction: Transaction, ctx: Context, event_id: str, seen: Household) -> None:
    """Only go ahead, in a transaction, while each sibling still has, or has not, a place; else HouseholdChanged."""
    for pupil_id, is_booked in seen.booked.items():
        key = store.guard_key(ctx.school_id, pupil_id, event_id)
        transaction.check(key, store.is_guarded(booked=is_booked), refusal=HouseholdChanged())


def schedules(
    ctx: Context, event: SchoolEvent, children: Sequence[Characteristics], *, siblings_booked: bool
) -> list[Schedule]:
    """What the places of one household's children cost today, in their order."""
    charging, day = event.charging or NO_CHARGING, today(ctx.now)
    prices = rules.prices(event.price, charging, children, siblings_booked=siblings_booked, day=day)
    return [rules.schedule(price, event.price, charging, day) for price in prices]
