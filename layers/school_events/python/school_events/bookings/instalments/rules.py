"""When a family is reminded of an instalment, and what becomes of a place it stays unpaid for: pure (decision 0040)."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from school_events.core import clock
from school_events.events.charging.model import UnpaidInstalment
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.payments.rules import page_closed

REMINDED = (-7, 0, 3, 7)
"""So many days after its day a family is reminded of what is unpaid: a week before, on the day, and twice after it."""

NOTICE = timedelta(days=7)
"""At least so long before a place ends because an instalment is unpaid its family is told."""

_OVERDUE = 1
_AT = time(9)


@dataclass(frozen=True)
class Look:
    """What is to be done about an unpaid instalment now, and when it is looked at again.

    Args:
        remind: its family is told that it is due.
        ends_at: its family is told that the place ends then if it stays unpaid, UTC; none if it is not, or was.
        overdue: the school has to look at it.
        ends: the place ends now.
        again_at: when it is looked at next, UTC; None if nothing more comes.
    """

    remind: bool
    ends_at: datetime | None
    overdue: bool
    ends: bool
    again_at: datetime | None


def part(number: int) -> str:
    """Names a part of a place's price; the first is what is due with the booking, so others count from 2."""
    return f"instalment-{number}"


def look(payment: Payment, policy: UnpaidInstalment, now: datetime) -> Look:
    """What an unpaid instalment calls for at an instant.

    Of several reminders that were missed the family gets one, and none beside the word that the place ends.

    Args:
        payment: unpaid, with its day.
        policy: what becomes of the place, as the school decided.
        now: the present instant, UTC.
    """
    may_end = policy.then == "cancel"
    ends_on = _moment(payment, policy.after_days)
    announced = payment.ends_at if may_end else None
    announce = may_end and announced is None and ends_on - NOTICE <= now
    ends = announced is not None and announced <= now
    last = payment.told_at or payment.created_at
    ends_at = max(ends_on, now + NOTICE) if announce else announced
    coming = [*_reminders(payment), _moment(payment, _OVERDUE)]
    coming += [ends_at] if ends_at is not None else [ends_on - NOTICE] if may_end else []
    return Look(
        remind=not announce and not ends and any(last < moment <= now for moment in _reminders(payment)),
        ends_at=ends_at if announce else None,
        overdue=_moment(payment, _OVERDUE) <= now,
        ends=ends,
        again_at=min((moment for moment in coming if moment > now), default=None),
    )


def over(payment: Payment, references: Collection[str]) -> Payment:
    """An unpaid payment after some of the things it is for ended: money that comes for them goes back.

    Without a page nobody can pay it any more; with one it waits for the page to be closed, by housekeeping.
    """
    lines = tuple(_with(line, over=True) if line.reference in references else line for line in payment.lines)
    ended = payment.state is PaymentState.CREATED and _is_over(lines)
    return payment.model_copy(update={"lines": lines} | ({"state": PaymentState.EXPIRED} if ended else {}))


def is_over(payment: Payment) -> bool:
    """Whether something it is for has ended, so that its page is to be closed."""
    return any(line.over for line in payment.lines)


def not_paid(payment: Payment) -> Payment:
    """A payment whose page has closed unpaid: payable again, unless what it is for has ended.

    One that stood for several ends; they are payable one by one.
    """
    closed = page_closed(payment)
    ended = bool(payment.merges) or _is_over(payment.lines)
    return closed.model_copy(update={"state": PaymentState.EXPIRED}) if ended else closed


def joined(payment: Payment, basket_id: str) -> Payment:
    """A payment that is to be paid together with others."""
    return payment.model_copy(update={"state": PaymentState.MERGED, "merged_into": basket_id})


def apart(payment: Payment) -> Payment:
    """A payment that was to be paid together with others and was not: payable again, unless its thing has ended."""
    state = PaymentState.EXPIRED if _is_over(payment.lines) else PaymentState.CREATED
    return payment.model_copy(update={"state": state, "merged_into": None})


def owed_again(payment: Payment) -> Payment:
    """An unpaid payment whose payer believed it paid, or its place gone: before that ends they are told anew."""
    return payment.model_copy(update={"ends_at": None})


def revived(payment: Payment) -> Payment:
    """A payment that ended unpaid with its thing, which is back: money for the place came late."""
    lines = tuple(_with(line, over=False) for line in payment.lines)
    return owed_again(payment.model_copy(update={"lines": lines, "state": PaymentState.CREATED}))


def _with(line: PaymentLine, *, over: bool) -> PaymentLine:
    return line.model_copy(update={"over": over})


def _is_over(lines: tuple[PaymentLine, ...]) -> bool:
    return all(line.over for line in lines)


def _reminders(payment: Payment) -> Iterator[datetime]:
    return (_moment(payment, days) for days in REMINDED)


def _moment(payment: Payment, days: int) -> datetime:
    """Nine in the morning, so many days after the day it is to be paid by, UTC; schools share one time zone."""
    if payment.due_on is None:
        raise ValueError("only what is due on a day is reminded of")
    return _morning(payment.due_on + timedelta(days=days))


def _morning(day: date) -> datetime:
    return datetime.combine(day, _AT, clock.LONDON).astimezone(UTC)
