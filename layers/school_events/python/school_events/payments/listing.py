"""A school's payments, page by page, narrowed down.

They lie in the order they were asked for, so days are found by key. What else is asked for is looked for from there on,
and no request looks at more than so many: a page may be short, or empty, though its cursor leads on to more.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from school_events.core import clock, cursors
from school_events.core.context import Context
from school_events.core.errors import Invalid, NotFound
from school_events.core.http import Page
from school_events.payments import store
from school_events.payments.api import PaymentView, payment_view
from school_events.payments.model import Payment, PaymentPurpose, PaymentState
from school_events.people.readings import note_reading
from school_events.people.rules import today

PAGE = 50

OVERDUE = "overdue"
"""Unpaid though its day is past; asked for as if it were a state."""

STATES = f"^({'|'.join([*PaymentState, OVERDUE])})$"
"""What can be asked for as a state, as a pattern."""

MOST_LOOKED_AT = 500
"""So many payments a request looks at."""

_UNPAID = frozenset({PaymentState.CREATED, PaymentState.OPEN})


@dataclass(frozen=True)
class Wanted:
    """Which payments are listed; whatever is not said is of no matter.

    Args:
        state: where they stand, in the words of :data:`STATES`.
        event_id: what something of theirs is for.
        payer_id: who pays.
        purpose: what they are asked for.
        since: asked for on this day or later, local.
        until: asked for on this day or earlier, local.
    """

    state: str | None = None
    event_id: str | None = None
    payer_id: str | None = None
    purpose: PaymentPurpose | None = None
    since: date | None = None
    until: date | None = None

    def has(self, payment: Payment, day: date) -> bool:
        """Whether a payment is wanted, on a local day; its own day aside."""
        return (
            (is_overdue(payment, day) if self.state == OVERDUE else self.state in {None, payment.state})
            and self.payer_id in {None, payment.payer_id}
            and self.purpose in {None, payment.purpose}
            and (self.event_id is None or any(line.event_id == self.event_id for line in payment.lines))
        )


def is_overdue(payment: Payment, day: date) -> bool:
    """Whether a payment is unpaid on a local day though it was to be paid before."""
    return payment.state in _UNPAID and payment.due_on is not None and payment.due_on < day


def is_shown(ctx: Context, payment: Payment) -> bool:
    """Whether a member of staff sees a payment: who gave of their own will, only who answers for the money (B8)."""
    return payment.purpose is not PaymentPurpose.CONTRIBUTION or ctx.has_role("finance")


def find_shown(ctx: Context, payment_id: str) -> Payment:
    """A payment that the calling member of staff sees.

    Raises:
        NotFound: there is none, or it is a contribution and they are not of the finance staff.
    """
    payment = store.find_payment(ctx.school_id, payment_id)
    if not is_shown(ctx, payment):
        raise NotFound
    return payment


def page(ctx: Context, wanted: Wanted, cursor: str | None) -> Page[PaymentView]:
    """A page of the school's payments, newest first; in the audit log (H6).

    Args:
        ctx: the moment.
        wanted: which.
        cursor: where to go on, of the same list.

    Raises:
        Invalid: the cursor is not one of this list, or the days are the wrong way round.
    """
    if wanted.since is not None and wanted.until is not None and wanted.since > wanted.until:
        raise Invalid.of("to", "is before the first day")
    scope = f"{ctx.school_id}/payments/{wanted}"
    after = cursors.open_cursor(cursor, scope)["after"] if cursor else None
    days = (_begin(wanted.since), _begin(wanted.until, timedelta(days=1)))
    listed = store.payments_between(ctx.school_id, *days, after=after, at_once=PAGE + 1)
    found: list[Payment] = []
    last = ""
    for payment, position in islice(listed, MOST_LOOKED_AT):
        last = position
        if is_shown(ctx, payment) and wanted.has(payment, today(ctx.now)):
            found.append(payment)
        if len(found) == PAGE:
            break
    more = cursors.seal({"after": last}, scope) if next(listed, None) is not None else None
    subject = ("school", ctx.school_id) if wanted.event_id is None else ("event", wanted.event_id)
    note_reading(ctx, "payments.read", *subject)
    return Page(items=[payment_view(one, for_finance=True) for one in found], next_cursor=more)


def _begin(day: date | None, later: timedelta = timedelta()) -> datetime | None:
    """When a local day, or one so much later, begins, UTC."""
    return None if day is None else datetime.combine(day + later, time(), clock.LONDON).astimezone(UTC)
