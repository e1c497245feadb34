"""What the routes of events take and give about money."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from school_events.core.http import LocalDate, WholeNumber
from school_events.core.money import NOTHING, Money
from school_events.events.bodies import Body, WallClockTime
from school_events.events.charging.model import Chargeable, CostKind, CostShare, Ground, RemittedFor, SchoolHours

Percent = Annotated[WholeNumber, Field(ge=1, le=100)]
Name = Annotated[str, Field(min_length=1, max_length=200)]

_HOURS = SchoolHours()


class CostBody(Body):
    """A part of what the event costs the school."""

    name: Name
    kind: CostKind
    share: CostShare = Field(description="Whether it comes once for each pupil, or once and shared by all")
    amount: Money


class RemissionBody(Body):
    """Who pays less, on the day of booking; of several that apply to a child the best counts."""

    applies_to: RemittedFor
    percent: Percent = Field(description="How much less")


class InstalmentBody(Body):
    """A part of the price that is due later."""

    amount: Money
    due_on: LocalDate


class UnpaidInstalmentBody(Body):
    """What becomes of a place whose instalment stays unpaid; its family is told at least 7 days before it ends."""

    then: Literal["keep", "cancel"] = "keep"
    after_days: WholeNumber = Field(
        default=14, ge=8, le=90, description="If it is cancelled: so many days after the instalment's day"
    )


class NotBoundBody(Body):
    """Why the law on charging for school activities does not bind this event."""

    ground: Ground
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class SchoolHoursBody(Body):
    """When the two sessions of a school day are, by the school's clocks."""

    morning_starts_at: WallClockTime = _HOURS.morning_starts_at
    morning_ends_at: WallClockTime = _HOURS.morning_ends_at
    afternoon_starts_at: WallClockTime = _HOURS.afternoon_starts_at
    afternoon_ends_at: WallClockTime = _HOURS.afternoon_ends_at


class ChargingBody(Body):
    """How an event is charged, besides its price; families see only what their own child costs."""

    voluntary_contribution: Money = Field(
        default=NOTHING, description="What families are asked to give; not giving it never costs the place"
    )
    costs: Annotated[list[CostBody], Field(max_length=50)] = Field(
        default_factory=list, description="If given, no price may be above them"
    )
    shared_by: WholeNumber | None = Field(default=None, ge=1, description="How many pupils divide shared costs")
    remissions: Annotated[list[RemissionBody], Field(max_length=10)] = Field(default_factory=list)
    sibling_discount: WholeNumber = Field(
        default=0, ge=0, le=100, description="How many per cent less a second and further child of a household costs"
    )
    deposit: Money | None = Field(default=None, description="Due with the booking; goes together with instalments")
    instalments: Annotated[list[InstalmentBody], Field(max_length=12)] = Field(
        default_factory=list, description="The rest of the price, by day"
    )
    unpaid_instalment: UnpaidInstalmentBody = UnpaidInstalmentBody()
    not_bound: NotBoundBody | None = Field(default=None, description="Lifts what the rule says may not be charged")
    school_hours: SchoolHoursBody = SchoolHoursBody()


class ChargingRuleView(Body):
    """What the law lets the school charge for, and why."""

    may_charge: Chargeable
    explanation: str


class CancellationStepBody(Body):
    """What a family gets back that cancels up to and including a day."""

    until: LocalDate
    refund_percent: Percent


class InstalmentView(Body):
    """A part of a price that is due later."""

    amount: Money
    due_on: date


class ChildCost(Body):
    """What a place costs one child, whatever it costs others."""

    price: Money
    due_now: Money = Field(description="Due with the booking")
    due_later: list[InstalmentView]
    as_further_child: Money = Field(description="The price if another child of the family has, or gets, a place")
    voluntary_contribution: Money = Field(description="Asked for, not owed")
