"""What who gives a place up gets back, and until when a family may: pure (D6, decision 0031)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from school_events.bookings.model import Place
from school_events.bookings.rules import is_at, session_of
from school_events.core.errors import Conflict, FieldError, WrongState
from school_events.core.money import NOTHING, Money, pounds
from school_events.events.charging.rules import policy_in_words
from school_events.events.evenings.model import Slot
from school_events.events.model import SchoolEvent, Session
from school_events.payments.model import PaymentState

Decided = Literal["policy", "full", "none"]
"""What comes back of what was paid: what the event's policy says, everything, or nothing."""

ACTIONS: Mapping[str, str] = {
    "policy": "booking.cancelled",
    "full": "booking.cancelled_in_full",
    "none": "booking.cancelled_without_refund",
}
"""What the audit log says of a cancellation, by what was decided about its money (``Cancellation.decided``)."""


WHY_KEPT: Mapping[PaymentState, str] = {
    PaymentState.QUARANTINED: "The school has to look at what was paid for this first",
    PaymentState.PROCESSING: "The bank is paying this; it can be cancelled once it has",
}
"""Why nobody gives a hold up whose payment is so."""

CALLED_OFF = "This does not take place: its bookings end by themselves, and what was paid goes back"
"""Why nobody cancels what is ended by the school."""


class TooLateToCancel(Conflict):
    """What the place is for has begun; from then on only the school can cancel it."""

    slug = "too-late-to-cancel"
    title = "This has begun: ask the school"


class RefundIsLess(Conflict):
    """Less would come back than the family was shown, because a day of the policy has passed; nothing was cancelled."""

    slug = "refund-is-less"
    title = "Less would come back by now than you were shown"


@dataclass(frozen=True)
class Step:
    """So many per cent come back before an instant (UTC)."""

    before: datetime
    percent: int


@dataclass(frozen=True)
class Terms:
    """What cancelling one booking brings.

    Args:
        paid: what was paid for it and has not gone back.
        steps: the event's policy, earliest first.
        begins_at: when what it is for begins, or begins for the last time, UTC; None if it never does.
        is_called_off: whether it does not take place.
    """

    paid: Money
    steps: tuple[Step, ...]
    begins_at: datetime | None
    is_called_off: bool = False

    def percent(self, now: datetime) -> int:
        """What comes back at an instant (UTC) by the policy; nothing after its last step, or where there is none."""
        return next((step.percent for step in self.steps if now < step.before), 0)

    def refund(self, decided: Decided, now: datetime) -> Money:
        """What comes back; a fraction of a penny is the family's.

        Args:
            decided: by what.
            now: the present instant, UTC.
        """
        percent = {"policy": self.percent(now), "full": 100, "none": 0}[decided]
        return share(self.paid, percent)

    def is_too_late(self, now: datetime) -> bool:
        """Whether a family cannot cancel any more at an instant (UTC)."""
        return self.begins_at is not None and now >= self.begins_at


class NotAsSeen(WrongState):
    """The booking stands otherwise than its family was shown: paid meanwhile, or owed again. Nothing was cancelled."""

    slug = "not-as-seen"
    title = "This booking is not as you were shown it"

    @classmethod
    def now(cls, state: str, *, is_named: bool) -> "NotAsSeen":
        """It stands so now; the field is to blame if it is named in what the family asks."""
        blamed = [FieldError("expected_state", f"It is {state} now")] if is_named else []
        detail = f"This booking is {state} now. Look at what cancelling it brings, and ask again with that state."
        return cls(detail, fields=blamed)


def share(paid: Money, percent: int) -> Money:
    """So many per cent of what was paid, rounded up to the penny."""
    return pounds(-(-paid.amount * percent // 100)) if paid.amount > 0 else NOTHING


def policy(event: SchoolEvent) -> tuple[Step, ...]:
    """An event's policy by instants: each of its steps holds up to and including a day in the event's time zone."""
    zone = ZoneInfo(event.time_zone)
    return tuple(
        Step(
            datetime.combine(one.until + timedelta(days=1), time.min, zone).astimezone(UTC),
            one.refund_percent,
        )
        for one in event.cancellation
    )


def begins_at(place: Place, sessions: Iterable[Session], appointment: Slot | None) -> datetime | None:
    """When what a place is for begins, UTC: its appointment, its session, or of a whole event the last session.

    A club goes on as long as it has sessions to come, and a family may leave it between two of them. A trip has one.

    Args:
        place: which.
        sessions: its event's.
        appointment: when and where it is, at a parents' evening.
    """
    if appointment is not None:
        return appointment.starts_at
    return max((one.starts_at for one in sessions if not one.cancelled and is_at(place, one.id)), default=None)


def is_called_off(event: SchoolEvent, place: Place, sessions: Iterable[Session]) -> bool:
    """Whether what a place is for does not take place: then everything goes back, and no family need cancel."""
    return event.status == "cancelled" or any(one.cancelled and one.id == session_of(place) for one in sessions)


def held_in_words(*, received: bool) -> str:
    """What cancelling a hold would bring, as families read it.

    Args:
        received: whether the school has received a part of what is to be paid.
    """
    paid = "What the school has received for this goes back." if received else "Nothing has been paid for this yet."
    return f"{paid} Cancelling ends it, and all that is to be paid with it."


def in_words(terms: Terms, event: SchoolEvent, now: datetime, *, money: bool) -> str:
    """What cancelling a place would bring, as families read it; without an amount, which not everybody may see.

    Args:
        terms: the booking's.
        event: the booking's, with its policy.
        now: the present instant, UTC.
        money: whether the reader may know what was paid; for others a place that was remitted reads as any other (B8).
    """
    costs = terms.paid if money else event.price
    parts = [_money_in_words(terms, event, now)] if costs.amount > 0 else ["There is nothing to give back."]
    if terms.begins_at is not None and not terms.is_too_late(now):
        local = terms.begins_at.astimezone(ZoneInfo(event.time_zone))
        parts.append(f"A family can cancel until {local.day} {local:%B %Y, %H:%M}.")
    return " ".join(parts)


def _money_in_words(terms: Terms, event: SchoolEvent, now: datetime) -> str:
    percent = terms.percent(now)
    share_now = {100: "everything", 0: "nothing"}.get(percent, f"{percent}%")
    words = f"If you cancel now you get {share_now} of what was paid back."
    return f"{words} {policy_in_words(event.cancellation)}".strip()
