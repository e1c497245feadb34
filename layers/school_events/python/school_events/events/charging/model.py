"""What an event costs, as its school says it: the price's rules, the costs behind it, when what is due (B8).

The full price of a place is the event's own field; what is here says for whom it is less, what it is made of, and
when it is to be paid. Families are never shown any of it: they see the price of their own child.
"""

from datetime import time
from typing import Annotated, Literal

from school_events.core.inventory import Amount, Category, Count, Day, Kept, Purpose, Record, Retention, Text
from school_events.core.money import NOTHING

CostKind = Literal["board_and_lodging", "travel", "activities", "other"]
CostShare = Literal["per_pupil", "shared"]
"""Whether a cost comes once for each pupil, or once for all of them together."""

RemittedFor = Literal["free_school_meals", "fsm_ever6", "pupil_premium"]
"""The characteristics that may lower a price: fields of :class:`~school_events.people.model.Characteristics`."""

Ground = Literal["independent_school", "music_tuition"]
"""Why the law on charging does not bind an event: it binds maintained schools, and excepts tuition in music
(Education Act 1996, s. 451)."""

Chargeable = Literal["everything", "board_and_lodging", "nothing"]
"""What a school may charge for; for the rest it may ask for voluntary contributions."""

_CHARGING = Kept(Category.SCHOOL, Purpose.PAYING, Retention.CONTRACT)

WallClock = Annotated[time, _CHARGING]
Percent = Annotated[int, _CHARGING]


class Cost(Record):
    """A part of what an event costs the school: once for each pupil, or once and shared by all."""

    name: Text
    kind: Annotated[CostKind, _CHARGING]
    share: Annotated[CostShare, _CHARGING]
    amount: Amount


class Remission(Record):
    """By how much the price is lowered for a child to whom a characteristic applies on the day of booking."""

    applies_to: Annotated[RemittedFor, _CHARGING]
    percent: Percent


class Instalment(Record):
    """A part of a price, and the local day by which it is to be paid."""

    amount: Amount
    due_on: Day


class UnpaidInstalment(Record):
    """What becomes of a place whose instalment stays unpaid: it is kept, or ends so many days after the day.

    Its family is told in time before it ends (decision 0040).
    """

    then: Annotated[Literal["keep", "cancel"], _CHARGING] = "keep"
    after_days: Count = 14


class NotBound(Record):
    """The law on charging does not bind this event; ``reason`` is the school's own, kept for who asks later."""

    ground: Annotated[Ground, _CHARGING]
    reason: Text


class SchoolHours(Record):
    """When the two sessions of a school day are, on the school's wall clock; the midday break is no school time."""

    morning_starts_at: WallClock = time(9)
    morning_ends_at: WallClock = time(12)
    afternoon_starts_at: WallClock = time(13)
    afternoon_ends_at: WallClock = time(15, 30)


class Charging(Record):
    """How an event is charged.

    Args:
        voluntary_contribution: what families are asked to give of their own will, on top of the price; 0: nothing.
        costs: what it costs the school.
        shared_by: by how many pupils shared costs are divided.
        remissions: for whom the price is less.
        sibling_discount: how many per cent less a second or further child of a household costs; 0: as much.
        deposit: the part of the price due with the booking; none: all of it.
        instalments: the rest.
        unpaid_instalment: what becomes of the place if one of them stays unpaid.
        not_bound: why the law on charging does not apply, if it does not.
        school_hours: by which school time is told.
    """

    voluntary_contribution: Amount = NOTHING
    costs: tuple[Cost, ...] = ()
    shared_by: Count | None = None
    remissions: tuple[Remission, ...] = ()
    sibling_discount: Percent = 0
    deposit: Amount | None = None
    instalments: tuple[Instalment, ...] = ()
    unpaid_instalment: UnpaidInstalment = UnpaidInstalment()
    not_bound: NotBound | None = None
    school_hours: SchoolHours = SchoolHours()


class ChargingRule(Record):
    """What the law lets a school charge for an event, as it stood when the event was planned.

    Args:
        may_charge: for what.
        explanation: why, in words.
    """

    may_charge: Annotated[Chargeable, _CHARGING]
    explanation: Text


class CancellationStep(Record):
    """A family that cancels up to and including a local day gets so many per cent back; after the last step, none."""

    until: Day
    refund_percent: Percent
