"""When a family is reminded of an instalment, and what becomes of a place it stays unpaid for: pure (decision 0040)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from school_events.core import clock
from school_events.events.charging.model import UnpaidInstalment
from school_events.payments.model import Payment, PaymentLine, PaymentState

REMINDED = (-7, 0, 3, 7)
"""So many days after its day a family is reminded of what is unpaid: a week before, on the day, and twice after it."""

NOTICE = timedelta(days=7)
"""At least so long before a place ends because an instalment is unpaid its family is told."""

_OVERDUE = 1
_AT = time(9)

_UNPAID = frozenset({PaymentState.CREATED, PaymentState.OPEN})


@dataclass(frozen=True)
class Look:
    """What is to be done about an unpaid instalment now, and when it is looked at again.

    Args:
        remind: its family is told that it is due.
        warn: its family is told that the place ends if it stays unpaid.
        overdue: the school has to look at it.
        ends: the place ends now.
        again_at: when it is looked at next, UTC; None if nothing more comes.
    """

    remind: bool
    warn: bool
    overdue: bool
    ends: bool
    again_at: datetime | None


def part(number: int) -> str:
    """Names a part of a place's price; the first is what is due with the booking, so others count from 2."""
    return f"instalment-{number}"


def look(payment: Payment, policy: UnpaidInstalment, now: datetime) -> Look:
    """What an unpaid instalment calls for at an instant.

    Of several reminders that were missed, the family gets one.

    Args:
        payment: unpaid, with its day.
        policy: what becomes of the place, as the school decided.
        now: the present instant, UTC.
    """
    ends_at = _ends_at(payment, policy)
    warns_at = _warns_at(payment, policy)
    warn = warns_at is not None and warns_at <= now
    ends = ends_at is not None and ends_at <= now
    last = payment.told_at or payment.created_at
    remind = not warn and not ends and any(last < moment <= now for moment in _reminders(payment))
    coming = [*_reminders(payment), _moment(payment, _OVERDUE)]
    coming += [moment for moment in (warns_at, ends_at) if moment is not None]
    if warn:
        coming.append(now + NOTICE)
    return Look(
        remind=remind,
        warn=warn,
        overdue=_moment(payment, _OVERDUE) <= now,
        ends=ends,
        again_at=min((moment for moment in coming if moment > now), default=None),
    )


def ends_at(payment: Payment, policy: UnpaidInstalment) -> datetime | None:
    """When the place ends if this stays unpaid, UTC, once its family has been told; None if it stays."""
    return _ends_at(payment, policy)


def over(payment: Payment, reference: str) -> Payment:
    """An unpaid payment after one of the things it is for ended: money that comes for it goes back.

    Without a page nobody can pay it any more; with one it waits for the page to be closed, by housekeeping.
    """
    lines = tuple(_over(line) if line.reference == reference else line for line in payment.lines)
    return payment.model_copy(update={"lines": lines, "state": _without_page(payment.state, lines)})


def closed(payment: Payment) -> Payment:
    """A payment whose page has closed unpaid: payable again, unless what it is for has ended.

    One that stood for several ends; they are payable one by one.
    """
    ended = bool(payment.merges) or _is_over(payment.lines)
    state = PaymentState.EXPIRED if ended else PaymentState.CREATED
    return payment.model_copy(update={"state": state})


def back_again(payment: Payment) -> Payment:
    """A payment that was to be paid together with others and was not: payable again, unless its thing has ended."""
    state = PaymentState.EXPIRED if _is_over(payment.lines) else PaymentState.CREATED
    return payment.model_copy(update={"state": state, "merged_into": None})


def revived(payment: Payment) -> Payment:
    """A payment that ended unpaid with its thing, which is back: money for the place came late."""
    lines = tuple(line.model_copy(update={"over": False}) for line in payment.lines)
    return payment.model_copy(update={"lines": lines, "state": PaymentState.CREATED})


def is_unpaid(payment: Payment) -> bool:
    """Whether it can still be paid, or a page for it is open."""
    return payment.state in _UNPAID


def _over(line: PaymentLine) -> PaymentLine:
    return line.model_copy(update={"over": True})


def _is_over(lines: tuple[PaymentLine, ...]) -> bool:
    return all(line.over for line in lines)


def _without_page(state: PaymentState, lines: tuple[PaymentLine, ...]) -> PaymentState:
    return PaymentState.EXPIRED if state is PaymentState.CREATED and _is_over(lines) else state


def _reminders(payment: Payment) -> Iterator[datetime]:
    return (_moment(payment, days) for days in REMINDED)


def _warns_at(payment: Payment, policy: UnpaidInstalment) -> datetime | None:
    if policy.then != "cancel" or payment.warned_at is not None:
        return None
    return _moment(payment, policy.after_days) - NOTICE


def _ends_at(payment: Payment, policy: UnpaidInstalment) -> datetime | None:
    if policy.then != "cancel" or payment.warned_at is None:
        return None
    return max(_moment(payment, policy.after_days), payment.warned_at + NOTICE)


def _moment(payment: Payment, days: int) -> datetime:
    """Nine in the morning, so many days after the day it is to be paid by."""
    return morning(_day(payment) + timedelta(days=days), clock.LONDON)


def morning(day: date, zone: tzinfo) -> datetime:
    """When families are reminded on a local day, UTC."""
    return datetime.combine(day, _AT, zone).astimezone(UTC)


def _day(payment: Payment) -> date:
    if payment.due_on is None:
        raise ValueError("only what is due on a day is reminded of")
    return payment.due_on
