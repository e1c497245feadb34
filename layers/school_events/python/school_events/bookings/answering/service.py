"""A family answers a booking's form anew: after a change, to correct it, to consent, or to take a consent back (D3)."""

from dataclasses import dataclass

from school_events.bookings import reading, store
from school_events.bookings.answering.api import Answered, NewAnswers
from school_events.bookings.answering.keeping import answers_all, booked_by, persons_of, receipt_of
from school_events.bookings.answers import (
    Answering,
    Checked,
    Filled,
    checked_answers,
    checked_consents,
    is_consent_withdrawn,
)
from school_events.bookings.consents import rules as consent_rules
from school_events.bookings.consents import store as consents
from school_events.bookings.consents.model import Receipt
from school_events.bookings.health import service as health
from school_events.bookings.health import store as health_store
from school_events.bookings.model import LIVE, Booking
from school_events.core import feed
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, StaleVersion, TryAgain, WrongState
from school_events.core.requests import AnsweredMeanwhile, Request, find_earlier_answer, remember
from school_events.events import store as events
from school_events.events.forms.model import Form
from school_events.events.model import SchoolEvent
from school_events.people import access

_ANSWERABLE = frozenset({"published", "closed", "completed"})
"""What an event is that takes place; what was consented to, such as photographs, may outlast it."""


@dataclass(frozen=True)
class _Said:
    """A form as the caller has filled it in: all of it, or only its consents."""

    form: Form
    checked: Checked
    whole: bool


def answer(ctx: Context, booking_id: str, version: int, asked: NewAnswers, request: Request) -> Answered:
    """Put new answers in the place of a booking's, and keep what is said to consents.

    Who booked answers everything. A child's other parent speaks for themselves, to the consents only, unless who
    booked may not see the child any more: then the booking is theirs (A8). Of an event that is over each speaks to the
    consents only: a consent can be taken back at any time (Art. 7(3)). What was said to consents before stays.

    Args:
        ctx: the moment; the actor is a parent.
        booking_id: which booking.
        version: the version of it the caller read.
        asked: the form, filled in.
        request: what is asked, for answering the same request alike.

    Raises:
        NotFound: no such booking of a child of theirs.
        StaleVersion: it has changed since that version, for instance because the other parent has answered.
        WrongState: it has ended, or its event has; or what was answered is not the form asked now; or a consent was
            given and taken back too often to be given again.
        Invalid: wrong answers; names each question.
        TryAgain: too busy, or answers about health cannot be encrypted now.
    """
    booking = reading.find_for_caller(ctx, booking_id)
    earlier = find_earlier_answer(ctx, request, Answered)
    if earlier is not None:
        return earlier
    if booking.version != version:
        raise StaleVersion
    event = events.find_event(ctx.school_id, booking.event_id)
    _require_answerable(booking, event)
    said = _said(ctx, booking, event, asked)
    try:
        return _write(ctx, booking, event, said, request)
    except (AnsweredMeanwhile, StaleVersion) as refusal:
        # What is in the way may be what the very same request said, sent twice.
        return _answered_meanwhile(ctx, request, refusal)


def _require_answerable(booking: Booking, event: SchoolEvent) -> None:
    if booking.state not in LIVE:
        raise WrongState(f"This booking is {booking.state}")
    if event.status not in _ANSWERABLE:
        raise WrongState(f"This event is {event.status}")
    if event.form is None or not event.form.questions:
        raise WrongState("This event asks nothing")


def _said(ctx: Context, booking: Booking, event: SchoolEvent, asked: NewAnswers) -> _Said:
    form, filled, by = event.form, Filled(asked.answers, asked.form_version), ctx.actor.id
    if form is None:
        raise NotFound
    if not answers_all(ctx, booking, event):
        return _Said(form, Checked(checked_consents(form, filled, by=by, at=ctx.now), {}), whole=False)
    checked = checked_answers(form, filled, by=by, at=ctx.now, field="", how=Answering.AGAIN)
    if checked is None:
        raise NotFound
    return _Said(form, checked, whole=True)


def _write(ctx: Context, booking: Booking, event: SchoolEvent, said: _Said, request: Request) -> Answered:
    school_id = ctx.school_id
    receipts = consents.receipts_of(school_id, booking.id)
    receipt = _new_receipt(ctx, said, receipts)
    after = _answered(ctx, booking, said, receipts if receipt is None else [*receipts, receipt])
    withdrawn = after.consent_withdrawn and not is_consent_withdrawn(booking, event.form)
    transaction = Transaction(ctx)
    change = stamp(ctx, "booking.consent_withdrawn" if withdrawn else "booking.answered")
    after = store.replace(transaction, school_id, booking, after, change)
    access.check_link(transaction, ctx, ctx.actor.id, booking.pupil_id)
    if receipt is not None:
        transaction.create(consents.receipt_item(school_id, booking.id, receipt))
    if said.whole:
        item = health.sealed(ctx, booking.id, event, said.checked.health)
        if item is None:
            transaction.delete(health_store.health_key(school_id, booking.id))
        else:
            transaction.put(item)
    for contact_id in {ctx.actor.id, booked_by(ctx, booking)}:
        transaction.put(feed.row(ctx, "contact", contact_id, thing="booking", thing_id=booking.id, what="changed"))
    answered = Answered(
        booking_id=booking.id,
        version=after.version,
        form_version=said.form.version,
        consent_withdrawn=after.consent_withdrawn,
    )
    remember(ctx, transaction, request, answered)
    transaction.commit()
    return answered


def _new_receipt(ctx: Context, said: _Said, receipts: list[Receipt]) -> Receipt | None:
    """The receipt of what is said now; nothing, if it is what they have said before, word for word."""
    receipt = receipt_of(ctx, said.form, said.checked.answers)
    if receipt is None:
        return None
    persons = persons_of(ctx, None, receipts)
    before = consent_rules.last_words(receipts, lambda contact_id: persons[contact_id]).get(ctx.actor.id, {})
    if not consent_rules.is_news(before, receipt.form_version, receipt.consents):
        return None
    mine = sum(persons[one.contact_id] == ctx.actor.id for one in receipts)
    if mine >= consent_rules.MOST_RECEIPTS and consent_rules.gives_anew(before, receipt.consents):
        raise WrongState("These consents have changed too often: ask the school")
    return receipt


def _answered(ctx: Context, booking: Booking, said: _Said, receipts: list[Receipt]) -> Booking:
    answers = said.checked.answers if said.whole else booking.answers
    persons = persons_of(ctx, answers, receipts)
    words = consent_rules.last_words(receipts, lambda contact_id: persons[contact_id])
    asked = consent_rules.asked_now(said.form, answers, lambda contact_id: persons[contact_id])
    opened = access.open_links_among(ctx, [(person, booking.pupil_id) for person in words])
    # Who may not see the child any more could not agree again either: what they said is kept, and holds nothing up.
    withheld = consent_rules.withheld(asked, {who: words[who] for who, _ in opened})
    return booking.model_copy(update={"answers": answers, "consent_withdrawn": bool(withheld), "withheld": withheld})


def _answered_meanwhile(ctx: Context, request: Request, refusal: AnsweredMeanwhile | StaleVersion) -> Answered:
    answered = find_earlier_answer(ctx, request, Answered)
    if answered is None:
        raise TryAgain if isinstance(refusal, AnsweredMeanwhile) else refusal
    return answered
