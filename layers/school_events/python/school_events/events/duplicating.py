"""A new draft like an event there is, at other dates (B2)."""

from datetime import timedelta

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events import rules, store
from school_events.events.api import Duplicate, EventRef, NewEvent, event_ref
from school_events.events.charging.duplicating import moved_money
from school_events.events.evenings import planning as evenings
from school_events.events.evenings.store import plan_item
from school_events.events.forms.rules import copied_form
from school_events.events.model import SchoolEvent
from school_events.events.planning import plan
from school_events.events.trips import rules as trips
from school_events.events.trips.model import TripPlan
from school_events.people.store import find_school, find_staff

_OF_ITS_OWN = frozenset({"meets", "takes_place", "trip", "booking_window"})
"""What the new event does not take over: when it is, and when it can be booked."""
_UNLESS_GIVEN = ("title", "cancellation")
"""What it takes over unless it is given."""


def duplicate(ctx: Context, request: Request, event_id: str, asked: Duplicate) -> EventRef:
    """Make a draft that says what an event says, its form included, at the dates asked for.

    Nobody is invited to it and nothing booked. Staff come along if asked; those the Portal has removed do not. A club
    meets as its weekly plan says: what became of single sessions was for reasons of those days. The slot plan of a
    parents' evening comes along with its teachers, by the same clocks.

    Args:
        ctx: the moment.
        request: what is asked, for answering the same request alike.
        event_id: the event to be like, in whatever status.
        asked: the new dates.

    Raises:
        NotFound: there is no such event.
        Invalid: the dates make no sense, or belong to another kind of event; names the field.
    """
    earlier = requests.find_earlier_answer(ctx, request, EventRef)
    if earlier is not None:
        return earlier
    model = store.find_event(ctx.school_id, event_id)
    rules.status_after(model.status, "duplicate")
    created = stamp(ctx, "event.created")
    slot_plan, slots = evenings.plan_at(ctx.school_id, model, asked.takes_place)
    planned = plan(
        find_school(ctx.school_id),
        _asked(model, asked),
        event_id=ctx.new_id("event"),
        created_at=created.at,
        form=copied_form(model.form),
        slots=slots,
    )
    event = SchoolEvent.of(planned.details, "draft", 1)
    transaction = Transaction(ctx).create(store.event_item(ctx.school_id, event, created))
    for session in planned.sessions:
        transaction.create(store.session_item(ctx.school_id, event.id, session))
    if slot_plan is not None:
        # Its teachers follow it, as they do when it is set.
        transaction.create(plan_item(ctx.school_id, event.id, slot_plan, ctx.now))
    if asked.with_staff:
        _take_staff_along(transaction, ctx, model, event)
    answer = event_ref(event)
    requests.remember(ctx, transaction, request, answer)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return duplicate(ctx, request, event_id, asked)
    return answer


def _asked(model: SchoolEvent, asked: Duplicate) -> NewEvent:
    taken_over = {name: getattr(model, name) for name in NewEvent.model_fields.keys() - _OF_ITS_OWN}
    taken_over["capacity"] = evenings.capacity_asked(model)
    own = {name: getattr(asked, name) for name in _OF_ITS_OWN}
    if asked.trip is None:
        own["trip"] = _moved_plan(model, asked)
    taken_over |= moved_money(model, _days_later(model, asked))
    given = {name: value for name in _UNLESS_GIVEN if (value := getattr(asked, name)) is not None}
    return NewEvent.model_validate(taken_over | own | given)


def _days_later(model: SchoolEvent, asked: Duplicate) -> timedelta:
    """How much later the new event begins; not at all if it is asked for as another kind, which is refused."""
    if model.meets is not None and asked.meets is not None:
        return asked.meets.first_day - model.meets.first_day
    if model.takes_place is not None and asked.takes_place is not None:
        return asked.takes_place.starts_at.date() - model.takes_place.starts_at.date()
    return timedelta()


def _moved_plan(model: SchoolEvent, asked: Duplicate) -> TripPlan | None:
    """A trip's legs and itinerary at the new dates, by the same clocks."""
    before, after = model.takes_place, asked.takes_place
    if model.trip is None or before is None or after is None:
        return None
    return trips.moved_to(model.trip, before.starts_at.date(), after.starts_at.date())


def _take_staff_along(transaction: Transaction, ctx: Context, model: SchoolEvent, event: SchoolEvent) -> None:
    allocations = store.allocations_of(ctx.school_id, model.id)
    known = find_staff(ctx.school_id, [one.staff_id for one in allocations])
    for one in allocations:
        if one.staff_id in known and one.by_hand:
            taken = one.model_copy(update={"event_id": event.id, "by_plan": False})
            transaction.create(store.allocation_item(ctx.school_id, event.starts_on, taken))
