"""What a place costs each invited child of the caller's, if it is booked today (B8)."""

from collections.abc import Iterable, Mapping

from school_events.bookings import pricing
from school_events.bookings.model import Booking
from school_events.bookings.store import live_bookings_of_pupils
from school_events.core.context import Context
from school_events.events.charging.api import ChildCost, InstalmentView
from school_events.events.charging.rules import NO_CHARGING
from school_events.events.model import SchoolEvent
from school_events.invitations.model import Invitation
from school_events.people.model import Characteristics, Pupil
from school_events.people.store import find_pupils

type Name = tuple[str, str]
"""An event and a pupil."""


def costs(
    ctx: Context,
    invitations: Iterable[Invitation],
    events: Mapping[str, SchoolEvent],
    live: Iterable[Booking],
    household: frozenset[str],
) -> dict[Name, ChildCost]:
    """What each invitation's place costs, as a booking of it would (``bookings.pricing``).

    Children and bookings are read for it only where an event's price depends on them.

    Args:
        ctx: the moment.
        invitations: of the caller's children.
        events: those of the invitations that exist, by id.
        live: the live bookings of the invited children.
        household: all of the caller's children.
    """
    invitations = [one for one in invitations if one.event_id in events]
    charged = [events[one.event_id].charging or NO_CHARGING for one in invitations]
    for_whom = {one.pupil_id for one, rules in zip(invitations, charged, strict=True) if rules.remissions}
    pupils: Mapping[str, Pupil] = find_pupils(ctx.school_id, sorted(for_whom)) if for_whom else {}
    siblings = household - {one.pupil_id for one in invitations}
    if siblings and any(rules.sibling_discount for rules in charged):
        live = [*live, *live_bookings_of_pupils(ctx.school_id, sorted(siblings))]
    booked = {(booking.event_id, booking.pupil_id) for booking in live}
    return {
        (one.event_id, one.pupil_id): _cost(
            ctx,
            events[one.event_id],
            pupils[one.pupil_id].characteristics if one.pupil_id in pupils else Characteristics(),
            # At single sessions it depends on which: ``as_further_child`` says what it is where a sibling comes too.
            sibling_booked=events[one.event_id].places == "series"
            and any((one.event_id, other) in booked for other in household - {one.pupil_id}),
        )
        for one in invitations
    }


def _cost(ctx: Context, event: SchoolEvent, child: Characteristics, *, sibling_booked: bool) -> ChildCost:
    [due] = pricing.schedules(ctx, event, [child], siblings_booked=sibling_booked)
    [further] = pricing.schedules(ctx, event, [child], siblings_booked=True)
    return ChildCost(
        price=due.price,
        due_now=due.now,
        due_later=[InstalmentView.model_validate(part) for part in due.later],
        as_further_child=further.price,
        voluntary_contribution=(event.charging or NO_CHARGING).voluntary_contribution,
    )
