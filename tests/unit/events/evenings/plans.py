"""Slot plans and evenings to test with, random ones among them."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from school_events.core.errors import Invalid
from school_events.events.evenings.model import Desk, SlotPlan, Span
from school_events.events.evenings.rules import Evening, check_plan, evening, numbered
from school_events.events.model import Outing

DAY = date(2026, 12, 3)
LONDON = "Europe/London"


def span(starts_at: str, ends_at: str) -> Span:
    """A stretch of the evening, such as ``span("17:00", "17:20")``."""
    return Span(starts_at=time.fromisoformat(starts_at), ends_at=time.fromisoformat(ends_at))


def desk(*staff_ids: str, **others: Any) -> Desk:
    """A desk, not yet numbered."""
    return Desk(number=0, staff_ids=staff_ids or ("staff-1",), **others)


def a_plan(*desks: Desk, minutes: int = 10, buffer: int = 0, **others: Any) -> SlotPlan:
    """A plan with these desks, numbered from 1."""
    given, crews = numbered(desks or (desk(),))
    return SlotPlan(appointment_minutes=minutes, buffer_minutes=buffer, desks=given, crews=crews, **others)


def an_evening(starts_at: str = "17:00", ends_at: str = "18:00", day: date = DAY) -> Evening:
    """An evening in London."""
    start, end = (datetime.combine(day, time.fromisoformat(one)) for one in (starts_at, ends_at))
    return evening(Outing(starts_at=start, ends_at=end), LONDON)


EVENING = an_evening("16:00", "19:00")
_MINUTES = st.integers(min_value=0, max_value=48).map(lambda number: 15 * 60 + 5 * number)


def _span(minutes: tuple[int, int]) -> Span:
    first, last = sorted(minutes)
    midnight = datetime.combine(DAY, time())
    start, end = (midnight + timedelta(minutes=one) for one in (first, last + 5))
    return Span(starts_at=start.time(), ends_at=end.time())


SPANS = st.tuples(_MINUTES, _MINUTES).map(_span)
_CREWS = st.lists(
    st.sets(st.sampled_from([f"staff-{number}" for number in range(5)]), min_size=1, max_size=3).map(
        lambda crew: tuple(sorted(crew))
    ),
    min_size=1,
    max_size=6,
    unique=True,
)


@st.composite
def plans(draw: st.DrawFn) -> SlotPlan:
    """Any plan of :data:`EVENING` that can be kept to."""
    few = st.lists(SPANS, max_size=2).map(tuple)
    desks = [
        desk(
            *crew,
            available=draw(few),
            unavailable=draw(few),
            room=draw(st.sampled_from([None, None, "Hall", "Library"])),
        )
        for crew in draw(_CREWS)
    ]
    minutes, buffer = draw(st.integers(3, 25)), draw(st.integers(0, 10))
    return _possible(a_plan(*desks, minutes=minutes, buffer=buffer, breaks=draw(few)))


def _possible(plan: SlotPlan) -> SlotPlan:
    """A plan without the desks that it is refused for."""
    try:
        check_plan(plan, EVENING)
    except Invalid as error:
        refused = int(error.fields[0].field.split(".")[1])
        others = plan.desks[:refused] + plan.desks[refused + 1 :]
        if not others:
            return a_plan()
        return _possible(plan.model_copy(update={"desks": others}))
    return plan
