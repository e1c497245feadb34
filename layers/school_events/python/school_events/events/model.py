"""What a school runs: its clubs and trips, when they meet, what they ask families and which staff they have (B1–B6)."""

from datetime import datetime
from typing import Annotated, Literal, Self

from school_events.core.inventory import (
    Amount,
    Category,
    Count,
    Day,
    Flag,
    Instant,
    Kept,
    LocalTime,
    PersonId,
    Purpose,
    Record,
    Retention,
    Text,
    ThingId,
    WallClock,
)
from school_events.events.charging.model import CancellationStep, Charging, ChargingRule
from school_events.events.forms.model import Form
from school_events.events.trips.model import ForStaff, TripPlan

EventKind = Literal["club", "trip", "parents_evening"]
EventStatus = Literal["draft", "publishing", "published", "closed", "completed", "cancelled"]
"""``rules`` says which may follow which; ``publishing`` lasts only while places are made."""

PlacesFor = Literal["series", "session"]
"""What a place of an event is good for: all of its sessions, or one of a club's."""

StaffRole = Literal["lead", "helper", "first_aider", "host"]

RUNNING = Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)

Kind = Annotated[EventKind, RUNNING]
Status = Annotated[EventStatus, RUNNING]
AllocatedAs = Annotated[StaffRole, RUNNING]
Weekday = Annotated[int, RUNNING]


class BookingWindow(Record):
    """When families may book: from ``opens_at`` until just before ``closes_at`` (UTC)."""

    opens_at: Instant
    closes_at: Instant

    def is_open(self, at: datetime) -> bool:
        """Whether a booking may be made at an instant."""
        return self.opens_at <= at < self.closes_at


class WeeklyMeeting(Record):
    """When a club meets, on the school's wall clock: every ``weekday`` (Monday is 1) from the first to the last day."""

    weekday: Weekday
    starts_at: WallClock
    ends_at: WallClock
    first_day: Day
    last_day: Day


class Outing(Record):
    """When a trip leaves and is back, on the school's wall clock (no zone)."""

    starts_at: LocalTime
    ends_at: LocalTime


class EventDetails(Record):
    """What the school says of an event.

    ``starts_on`` and ``ends_on`` are the first and last day in ``time_zone``, the school's. ``capacity`` is how many
    places there are, in each session if ``places`` are for one. ``minimum`` is how many must book for it to run (0: it
    runs anyway). A club ``meets``, a trip ``takes_place``; it may have a plan (``trip``) and what families never see
    (``for_staff``). ``archived`` puts it out of the lists of its school. ``price`` is what a place costs in full,
    ``charging`` for whom it is less and when it is due, ``charging_rule`` what the law let the school charge for when
    the event was last planned, ``cancellation`` what who cancels gets back, earliest first. ``offer_hours`` is how
    long a place that became free is kept for a family of the waiting list.
    """

    id: ThingId
    kind: Kind
    title: Text
    description: Text
    location: Text
    starts_on: Day
    ends_on: Day
    time_zone: Text
    meets: WeeklyMeeting | None = None
    takes_place: Outing | None = None
    trip: TripPlan | None = None
    for_staff: ForStaff | None = None
    capacity: Count
    places: Annotated[PlacesFor, RUNNING] = "series"
    minimum: Count
    price: Amount
    charging: Charging | None = None
    charging_rule: ChargingRule | None = None
    cancellation: tuple[CancellationStep, ...] = ()
    window: BookingWindow
    offer_hours: Count = 24
    form: Form | None = None
    archived: Flag = False
    created_at: Instant


class SchoolEvent(EventDetails):
    """An event as it stands; ``version`` counts its changes and is its ``ETag``."""

    status: Status
    version: Count

    @classmethod
    def of(cls, details: EventDetails, status: EventStatus, version: int) -> Self:
        """Details with the status and version they are kept under."""
        return cls(**dict(details), status=status, version=version)

    @property
    def details(self) -> EventDetails:
        """What the school says of it, without where it stands."""
        return EventDetails(**{name: getattr(self, name) for name in EventDetails.model_fields})


class Session(Record):
    """One meeting of a club, or the whole of a trip (UTC; it may cross midnight and a change of the clocks).

    A club's session that was ``cancelled`` stays to be seen, with the time it would have been at.
    """

    id: ThingId
    starts_at: Instant
    ends_at: Instant
    cancelled: Flag = False


class StaffAllocation(Record):
    """A member of staff works at an event (B6).

    ``by_plan`` as long as the slot plan of a parents' evening has them, ``by_hand`` as long as the school lists them
    itself; who is neither does not work at it.
    """

    event_id: ThingId
    staff_id: PersonId
    role: AllocatedAs
    by_plan: Flag = False
    by_hand: Flag = True
