"""What is kept of a filled-in form beside its booking, answers about health and receipts of consents; and by whom."""

from collections.abc import Iterable, Mapping

from school_events.bookings.answers import Checked
from school_events.bookings.consents import rules as consent_rules
from school_events.bookings.consents import store as consents
from school_events.bookings.consents.model import Receipt
from school_events.bookings.health import service as health
from school_events.bookings.model import Answers, Booking
from school_events.core.context import Context
from school_events.core.dynamodb import Item
from school_events.core.errors import NotFound
from school_events.events.forms.model import Form
from school_events.events.model import SchoolEvent
from school_events.people import access


def beside(ctx: Context, booking_id: str, event: SchoolEvent, checked: Checked | None) -> Iterable[Item]:
    """What is written with a new booking, in its transaction.

    Args:
        ctx: the moment.
        booking_id: the booking's.
        event: the event, with its form.
        checked: the form as it was taken, if there is one.

    Raises:
        TryAgain: answers about health cannot be encrypted now.
    """
    if checked is None or event.form is None:
        return ()
    receipt = receipt_of(ctx, event.form, checked.answers)
    return [
        *filter(None, [health.sealed(ctx, booking_id, event, checked.health)]),
        *([] if receipt is None else [consents.receipt_item(ctx.school_id, booking_id, receipt)]),
    ]


def receipt_of(ctx: Context, form: Form, answers: Answers) -> Receipt | None:
    """The receipt of what a parent says to a form's consents; nothing, if they say nothing to any."""
    said = consent_rules.consents_in(form, answers)
    if not said:
        return None
    return Receipt(
        id=ctx.new_id("receipt"),
        contact_id=answers.given_by,
        at=answers.given_at,
        form_version=answers.form_version,
        consents=said,
    )


def persons_of(ctx: Context, answers: Answers | None, receipts: Iterable[Receipt]) -> Mapping[str, str]:
    """Who those are now who have said something of a booking: filled in its form, or spoken to its consents."""
    filler = set() if answers is None else {answers.given_by}
    return access.persons_now(ctx.school_id, {one.contact_id for one in receipts} | filler)


def answers_all(ctx: Context, booking: Booking, event: SchoolEvent) -> bool:
    """Whether all of the form is the calling parent's to answer; otherwise only its consents are.

    They booked, or who booked has no access to the child any more (A8); and the event is not over.
    """
    if event.status == "completed":
        return False
    who = booked_by(ctx, booking)
    if who == ctx.actor.id:
        return True
    try:
        access.require_open_link(ctx, who, booking.pupil_id)
    except NotFound:
        return True
    return False


def booked_by(ctx: Context, booking: Booking) -> str:
    """Who booked, or has taken over from them since."""
    return access.persons_now(ctx.school_id, [booking.booked_by])[booking.booked_by]
