"""What may be done to an event and when, and when it meets: decided from what is given, nothing is read.

What each action makes of each status (B2); ``-`` is refused::

               change      allocate  publish               close   cancel     complete   remove    duplicate
    draft      everything  yes       publishing→published  -       -          -          deleted   yes
    publishing -           -         published             -       cancelled  -          -         yes
    published  safe        yes       published             closed  cancelled  completed  -         yes
    closed     safe        yes       -                     closed  cancelled  completed  -         yes
    completed  -           -         -                     -       -          completed  archived  yes
    cancelled  -           -         -                     -       cancelled  -          archived  yes

``publishing`` is a draft nobody may change any more while its places are made; publishing again finishes it.
Doing again what is done changes nothing. *safe* is :data:`SAFE_CHANGES`; of these ``forms.material`` says which ask
families for their consent again. Only a published event can be invited to.
A draft is not cancelled, since nobody knows of it: it is deleted. Only what is over is completed, only what no family
waits for any more is archived.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.core.money import LARGEST_PRICE, SMALLEST_PRICE, Money
from school_events.events.model import EventDetails, EventStatus, Outing, Session, WeeklyMeeting

Action = Literal["change", "allocate", "publish", "close", "cancel", "complete", "remove", "duplicate"]

UNSEEN_CHANGES = frozenset({"for_staff", "offer_hours"})
"""What families never see or need not hear of, so that nobody is told when it changes."""

UNTOLD_CHANGES = UNSEEN_CHANGES | {"capacity"}
"""What no family is told of: it is nothing to them until there is a place."""

SAFE_CHANGES = frozenset({"title", "description", "location", "trip", "form"}) | UNTOLD_CHANGES
"""What may still be changed once families have seen the event: nothing they booked or paid by.

What they agreed to may change: every version of a form that somebody may have answered is kept, and they are asked
again.
"""

MOST_SESSIONS = 60
"""A club meets at most so often: a year of weeks, and its draft is still rewritten in one transaction."""

LONGEST_TRIP = timedelta(days=60)

MOST_BYTES = 380_000
"""An event, its form and its plan have at most so many bytes: they are one item (400 KB), written by several requests
that each are within their own bounds."""

_OUTCOMES: Mapping[tuple[EventStatus, Action], EventStatus] = {
    ("draft", "change"): "draft",
    ("draft", "allocate"): "draft",
    ("draft", "publish"): "publishing",
    ("publishing", "publish"): "published",
    ("published", "change"): "published",
    ("published", "allocate"): "published",
    ("published", "publish"): "published",
    ("published", "close"): "closed",
    ("closed", "change"): "closed",
    ("closed", "allocate"): "closed",
    ("closed", "close"): "closed",
    ("publishing", "cancel"): "cancelled",
    ("published", "cancel"): "cancelled",
    ("closed", "cancel"): "cancelled",
    ("cancelled", "cancel"): "cancelled",
    ("published", "complete"): "completed",
    ("closed", "complete"): "completed",
    ("completed", "complete"): "completed",
    ("draft", "remove"): "draft",
    ("completed", "remove"): "completed",
    ("cancelled", "remove"): "cancelled",
    **{(status, "duplicate"): status for status in get_args(EventStatus)},
}


def status_after(status: EventStatus, action: Action) -> EventStatus:
    """What an action makes of a status.

    Raises:
        WrongState: the table above refuses it.
    """
    outcome = _OUTCOMES.get((status, action))
    if outcome is None:
        raise WrongState(f"An event that is {status} does not allow this: {action}")
    return outcome


def statuses_before(action: Action, outcome: EventStatus) -> frozenset[EventStatus]:
    """The other statuses of which an action makes this one."""
    return frozenset(
        before
        for (before, done), after in _OUTCOMES.items()
        if done == action and after == outcome and before != outcome
    )


def check_over(last_end: datetime, now: datetime) -> None:
    """Whether an event may be completed: it is over.

    Args:
        last_end: when its last session ends, UTC.
        now: the present instant, UTC.

    Raises:
        WrongState: it is not over yet.
    """
    if now < last_end:
        raise WrongState("This event is not over yet")


def check_changes(status: EventStatus, changed: Iterable[str]) -> None:
    """Whether these fields may be changed in this status.

    Raises:
        WrongState: not in this status, or not these; names them.
    """
    status_after(status, "change")
    refused = [] if status == "draft" else sorted(set(changed) - SAFE_CHANGES)
    if refused:
        fields = [FieldError(field, f"cannot be changed once the event is {status}") for field in refused]
        raise WrongState(fields=fields)


def check_numbers(price: Money, capacity: int, minimum: int) -> None:
    """Whether price and numbers make sense.

    Raises:
        Invalid: a price Stripe cannot take or nobody means, or a minimum that can never be reached.
    """
    if price.amount < 0 or 0 < price.amount < SMALLEST_PRICE:
        raise Invalid.of("price.amount", f"must be 0 or at least {SMALLEST_PRICE} pence")
    if price.amount > LARGEST_PRICE:
        raise Invalid.of("price.amount", f"must be at most {LARGEST_PRICE} pence")
    if minimum > capacity:
        raise Invalid.of("minimum", "must not be more than the capacity")


def check_size(details: EventDetails) -> None:
    """Whether an event can be kept.

    Raises:
        Invalid: all that it says together is too long.
    """
    if len(details.model_dump_json().encode()) > MOST_BYTES:
        raise Invalid.of("body", f"makes the event longer than {MOST_BYTES} bytes altogether")


def check_window(opens_at: datetime, closes_at: datetime, last_end: datetime) -> None:
    """Whether a booking window makes sense.

    Args:
        opens_at: UTC.
        closes_at: UTC.
        last_end: when the event is over, UTC.

    Raises:
        Invalid: it ends before it begins, or after the event is over.
    """
    if closes_at <= opens_at:
        raise Invalid.of("booking_window.closes_at", "must be after opens_at")
    if closes_at > last_end:
        raise Invalid.of("booking_window.closes_at", "must not be after the event is over")


def check_publishable(closes_at: datetime, now: datetime) -> None:
    """Whether families could still book if it were published now.

    Raises:
        WrongState: booking would already be over.
    """
    if closes_at <= now:
        raise WrongState("Booking would already be over", fields=[FieldError("booking_window.closes_at", "is past")])


@dataclass(frozen=True)
class SchoolDays:
    """When a school is open to pupils.

    Args:
        terms: first and last day of each, both included.
        closures: days in terms on which it is closed: half-terms, INSET days, bank holidays.
    """

    terms: tuple[tuple[date, date], ...]
    closures: frozenset[date]

    def is_open(self, day: date) -> bool:
        """Whether pupils are in."""
        return day not in self.closures and any(first <= day <= last for first, last in self.terms)


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def check_meeting(meets: WeeklyMeeting) -> None:
    """Whether a club's times make sense.

    Raises:
        Invalid: the meeting ends before it starts, or the last day is before the first or over a year after it.
    """
    if meets.ends_at <= meets.starts_at:
        raise Invalid.of("meets.ends_at", "must be later than starts_at")
    if not timedelta() <= meets.last_day - meets.first_day <= timedelta(days=366):
        raise Invalid.of("meets.last_day", "must be from first_day to a year after it")


def club_sessions(meets: WeeklyMeeting, days: SchoolDays, zone: ZoneInfo) -> tuple[Session, ...]:
    """The meetings of a club: its weekday on every school day in its span, at the same wall-clock time (B4).

    Raises:
        Invalid: it would never meet, or the clocks skip its time on one of its days.
    """
    meeting_days = [
        day
        for day in days_between(meets.first_day, meets.last_day)
        if day.isoweekday() == meets.weekday and days.is_open(day)
    ]
    if not meeting_days:
        raise Invalid.of("meets", "no school day of the term calendar falls on this weekday in these dates")
    return tuple(
        Session(
            id=session_id(number),
            starts_at=instant(datetime.combine(day, meets.starts_at), zone, "meets.starts_at"),
            ends_at=instant(datetime.combine(day, meets.ends_at), zone, "meets.ends_at"),
        )
        for number, day in enumerate(meeting_days, start=1)
    )


def trip_session(outing: Outing, zone: ZoneInfo) -> Session:
    """The one session of a trip.

    Raises:
        Invalid: it ends before it starts, is too long, or names a time the clocks skip that day.
    """
    starts_at = instant(outing.starts_at, zone, "takes_place.starts_at")
    ends_at = instant(outing.ends_at, zone, "takes_place.ends_at")
    if not timedelta() < ends_at - starts_at <= LONGEST_TRIP:
        raise Invalid.of("takes_place.ends_at", f"must be after starts_at, by at most {LONGEST_TRIP.days} days")
    return Session(id=session_id(1), starts_at=starts_at, ends_at=ends_at)


def session_id(number: int) -> str:
    """The id of an event's session, counted from 1."""
    return f"session_{number:03d}"


def instant(wall_clock: datetime, zone: ZoneInfo, field: str) -> datetime:
    """What the clocks of a zone show, as an instant in UTC; of an hour that comes twice, the first.

    Args:
        wall_clock: without a zone.
        zone: whose clocks.
        field: what asked for it.

    Raises:
        Invalid: the clocks skip it that day; names the field.
    """
    moment = wall_clock.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != wall_clock.replace(fold=0):
        raise Invalid.of(field, f"does not exist on {wall_clock.date()}: the clocks go forward then")
    return moment
