"""A school with an event or two, bookings and money, written as their owners write them."""

from datetime import date, datetime, timedelta
from typing import Any

from school_events.bookings.model import Booking, BookingState, Place
from school_events.bookings.store import booking_item
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.money import NOTHING, pounds
from school_events.events.model import BookingWindow, SchoolEvent, StaffAllocation
from school_events.events.store import allocation_item, event_item
from school_events.payments import store as payments
from school_events.payments.ledger.model import LedgerAccount, LedgerEntry, LedgerKind
from school_events.payments.ledger.store import ledger_item
from school_events.payments.model import Payment, PaymentLine, PaymentState
from school_events.people import aliases
from school_events.people import store as people
from school_events.people.model import (
    Characteristics,
    ContactDetails,
    Eligibility,
    PupilDetails,
    SchoolDetails,
    Sen,
    StaffDetails,
)
from tests.support.contexts import ADMIN, NOW, SCHOOL, TEACHER, a_context

DAY = date(2026, 12, 4)
INCOME, BALANCE, FEES = LedgerAccount.EVENT_INCOME, LedgerAccount.STRIPE_BALANCE, LedgerAccount.STRIPE_FEES


def _change(ctx: Context | None = None) -> Change:
    return stamp(ctx or a_context(), "thing.made")


def _person(key: Any, record: Any) -> None:
    key.item(key.pk, key.sk, revision=1, state="current", change=_change(), record=record).save()


def a_school(school_id: str = SCHOOL) -> None:
    """The school itself, its administrator, a teacher and a bursar."""
    _person(
        people.school_key_of(school_id),
        SchoolDetails(
            name="Oak", time_zone="Europe/London", nation="ENG", authorised_categories=(), parents_mfa_exempt=False
        ),
    )
    for staff_id, role in ((ADMIN.id, "school_admin"), (TEACHER.id, "staff"), ("staff-bursar", "finance")):
        details = StaffDetails(first_name="Sam", last_name="Staff", app_roles=(role,))
        _person(people.staff_key(school_id, staff_id), details)
        aliases.alias_item(school_id, "staff", staff_id, f"alias-{staff_id}").save()


def a_pupil(pupil_id: str, first_name: str = "Zoë", last_name: str = "O'Connor", year: Any = "8") -> None:
    """A pupil of form 8B with every characteristic there is."""
    traits = Characteristics(
        sen=Sen(status="E"),
        free_school_meals=Eligibility(eligible=True),
        fsm_ever6=Eligibility(eligible=True),
        pupil_premium=Eligibility(eligible=True),
    )
    details = PupilDetails(
        first_name=first_name, last_name=last_name, year_group=year, registration_group="8B", characteristics=traits
    )
    _person(people.pupil_key(SCHOOL, pupil_id), details)


def a_contact(contact_id: str = "contact-1", first_name: str = "Ann", last_name: str = "O'Connor") -> None:
    """A parent."""
    _person(people.contact_key(SCHOOL, contact_id), ContactDetails(first_name=first_name, last_name=last_name))


def an_event(event_id: str = "event_1", title: str = "Castle trip", starts_on: date = DAY) -> SchoolEvent:
    """A published trip."""
    event = SchoolEvent(
        id=event_id,
        kind="trip",
        title=title,
        description="",
        location="",
        starts_on=starts_on,
        ends_on=starts_on,
        time_zone="Europe/London",
        capacity=30,
        minimum=0,
        price=pounds(1250),
        window=BookingWindow(opens_at=NOW - timedelta(days=1), closes_at=NOW + timedelta(days=1)),
        created_at=NOW,
        status="published",
        version=1,
    )
    event_item(SCHOOL, event, _change()).save()
    return event


def an_allocation(event_id: str = "event_1", staff_id: str = TEACHER.id) -> None:
    """The teacher works at the event."""
    allocation_item(SCHOOL, DAY, StaffAllocation(event_id=event_id, staff_id=staff_id, role="lead")).save()


def a_booking(
    booking_id: str,
    event_id: str = "event_1",
    pupil_id: str = "pupil-1",
    state: BookingState = BookingState.CONFIRMED,
) -> None:
    """A booking made now."""
    booking = Booking(
        id=booking_id,
        event_id=event_id,
        pupil_id=pupil_id,
        booked_by="contact-1",
        state=state,
        price=pounds(1250),
        place=Place(event_id=event_id, pool="term", number=1),
        created_at=NOW,
    )
    booking_item(SCHOOL, booking, _change()).save()


def a_paid_payment(
    payment_id: str, pence: int = 1250, event_id: str = "event_1", at: datetime = NOW, fee: int = 39
) -> None:
    """A payment of one line that was paid, with its ledger entries: the charge and Stripe's fee."""
    ctx = a_context(now=at)
    payment = Payment(
        id=payment_id,
        payer_id="contact-1",
        payer_alias="alias-payer",
        lines=(PaymentLine(reference="booking_1", event_id=event_id, amount=pounds(pence)),),
        amount=pounds(pence),
        state=PaymentState.PAID,
        refunded=NOTHING,
        created_at=at,
        paid_at=at,
    )
    payments.payment_item(ctx, payment, _change(ctx)).save()
    an_entry(f"charge-{payment_id}", payment_id, "charge", BALANCE, INCOME, pence, event_id, at)
    an_entry(f"fee-{payment_id}", payment_id, "fee", FEES, BALANCE, fee, None, at)


def an_entry(
    key: str,
    payment_id: str | None,
    kind: str,
    debit: LedgerAccount,
    credit: LedgerAccount,
    pence: int,
    event_id: str | None,
    at: datetime = NOW,
) -> None:
    """A line of the ledger."""
    entry = LedgerEntry(
        key=key,
        at=at,
        kind=LedgerKind(kind),
        debit=debit,
        credit=credit,
        amount=pounds(pence),
        payment_id=payment_id,
        event_id=event_id,
        payer="alias-payer",
        stripe_id=f"st_{key}",
    )
    ledger_item(a_context(now=at), entry).save()


def a_refund(payment_id: str, pence: int, event_id: str = "event_1", at: datetime = NOW) -> None:
    """Money given back."""
    an_entry(f"refund-{payment_id}", payment_id, "refund", INCOME, BALANCE, pence, event_id, at)
