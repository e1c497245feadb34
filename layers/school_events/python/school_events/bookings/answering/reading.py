"""Who reads what was answered: who gave the answers, administrators, and the staff of the event; each time noted (H6).

A child's other parent sees their own consents, and of others' only where they stand (C2).
"""

from collections.abc import Mapping, Sequence

from school_events.bookings import store
from school_events.bookings.answering.api import (
    AnswersView,
    ChildAnswers,
    ConsentsView,
    ConsentView,
    ContactConsents,
    GivenView,
)
from school_events.bookings.answering.keeping import answers_all, persons_of
from school_events.bookings.answers import is_consent_outdated, is_consent_withdrawn
from school_events.bookings.consents import rules as consent_rules
from school_events.bookings.consents import store as consents
from school_events.bookings.consents.model import Receipt
from school_events.bookings.health import service as health
from school_events.bookings.health import store as health_store
from school_events.bookings.health.model import HealthAnswers
from school_events.bookings.health.rules import HealthValue
from school_events.bookings.model import Booking, BookingState
from school_events.bookings.reading import gave_answers, require_event
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.errors import NotFound
from school_events.core.http import Page
from school_events.events import store as events
from school_events.events.forms.model import Form
from school_events.events.forms.service import form_of_version
from school_events.events.model import SchoolEvent
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.readings import note_reading, note_readings

type _Value = str | tuple[str, ...] | None


class _Forms:
    """The forms of an event by version, each looked up once."""

    def __init__(self, school_id: str, event: SchoolEvent) -> None:
        self._school_id, self._event = school_id, event
        self._known: dict[int, Form | None] = {}

    @property
    def now(self) -> Form | None:
        """The form that is asked now."""
        return self._event.form

    def of_version(self, version: int) -> Form | None:
        """The form as it was then."""
        if version not in self._known:
            self._known[version] = form_of_version(self._school_id, self._event, version)
        return self._known[version]


def answers(ctx: Context, booking: Booking) -> AnswersView:
    """Everything that was answered for a booking the caller sees; the reading is in the audit log.

    Raises:
        NotFound: they are a parent, and the answers are another's.
        TryAgain: answers about health cannot be decrypted now.
    """
    if ctx.actor.kind == "contact" and not gave_answers(ctx, booking):
        raise NotFound
    event = events.find_event(ctx.school_id, booking.event_id)
    kept = health_store.find_answers(ctx.school_id, [booking.id]).get(booking.id)
    note_reading(ctx, "answers.read", "booking", booking.id)
    given = booking.answers
    return AnswersView(
        booking_id=booking.id,
        event_id=booking.event_id,
        pupil_id=booking.pupil_id,
        form_version=None if given is None else given.form_version,
        answered_at=None if given is None else given.given_at,
        answers=_given(ctx, booking, kept, _Forms(ctx.school_id, event), only_health=False),
        consent_outdated=is_consent_outdated(booking, event.form),
        consent_withdrawn=is_consent_withdrawn(booking, event.form),
    )


def health_of_event(ctx: Context, event_id: str, limit: int, cursor: str | None) -> Page[ChildAnswers]:
    """What staff have to know on the day of the health of those who come; each booking's reading is in the audit log.

    Args:
        ctx: the moment.
        event_id: which.
        limit: at most this many children.
        cursor: where to go on.

    Raises:
        NotFound: no such event for this member of staff.
        Invalid: the cursor is not one of this list.
        TryAgain: answers cannot be decrypted now.
    """
    event = require_event(ctx, event_id)
    scope = f"{ctx.school_id}/events/{event_id}/answers"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    shown, last = store.page_of_event(ctx.school_id, event_id, {BookingState.CONFIRMED}, after, limit)
    pupils = people.find_pupils(ctx.school_id, {one.pupil_id for one in shown})
    kept = health_store.find_answers(ctx.school_id, [one.id for one in shown])
    # Of each child shown: that nothing was told of its health says something of it, too.
    note_readings(ctx, "answers.read", "booking", sorted(one.id for one in shown))
    forms = _Forms(ctx.school_id, event)
    return Page(
        items=[
            _child(ctx, one, pupils[one.pupil_id], kept.get(one.id), forms) for one in shown if one.pupil_id in pupils
        ],
        next_cursor=None if last is None else seal({"after": last}, scope),
    )


def _child(ctx: Context, booking: Booking, pupil: Pupil, kept: HealthAnswers | None, forms: _Forms) -> ChildAnswers:
    return ChildAnswers(
        booking_id=booking.id,
        pupil_id=pupil.id,
        first_name=pupil.first_name,
        last_name=pupil.last_name,
        answers=_given(ctx, booking, kept, forms, only_health=True),
        consent_outdated=is_consent_outdated(booking, forms.now),
        consent_withdrawn=is_consent_withdrawn(booking, forms.now),
    )


def _given(
    ctx: Context, booking: Booking, kept: HealthAnswers | None, forms: _Forms, *, only_health: bool
) -> list[GivenView]:
    """The answers in the order of the form; those about health are decrypted."""
    given = booking.answers
    if given is None:
        return []
    values: dict[str, _Value] = {} if only_health else {one.question_id: one.value for one in given.answers}
    values |= health.opened(ctx, booking.id, kept)
    form = forms.of_version(given.form_version)
    asked = () if form is None else form.questions
    return [
        GivenView(question_id=one.id, prompt=one.prompt, sensitive=one.sensitive, value=_shown(values[one.id]))
        for one in asked
        if one.id in values
    ]


def _shown(value: HealthValue | None) -> str | list[str] | None:
    return list(value) if isinstance(value, tuple) else value


def consents_of(ctx: Context, booking: Booking) -> ConsentsView:
    """The consents of a booking the caller sees: a parent's own, or to the school all (that reading is noted)."""
    event = events.find_event(ctx.school_id, booking.event_id)
    forms = _Forms(ctx.school_id, event)
    receipts = consents.receipts_of(ctx.school_id, booking.id)
    persons = persons_of(ctx, booking.answers, receipts)
    words = consent_rules.last_words(receipts, lambda contact_id: persons[contact_id])
    views = {one: _views(forms, one, receipts, persons, words) for one in words}
    asked = consent_rules.asked_now(event.form, booking.answers, lambda contact_id: persons[contact_id])
    states = {one: consent_rules.state_of(event.form, asked(one), said) for one, said in words.items()}
    shown = ConsentsView(
        booking_id=booking.id,
        form_version=None if event.form is None else event.form.version,
        consent_outdated=is_consent_outdated(booking, event.form),
        consent_withdrawn=is_consent_withdrawn(booking, event.form),
    )
    if ctx.actor.kind == "contact":
        me = ctx.actor.id
        mine = {"mine": views.get(me, []), "my_state": states.get(me, "unanswered")}
        others = {"other_parents": [states[one] for one in sorted(states) if one != me]}
        return shown.model_copy(update=mine | others | {"answers_all": answers_all(ctx, booking, event)})
    note_reading(ctx, "consents.read", "booking", booking.id)
    contacts = [ContactConsents(contact_id=one, state=states[one], consents=views[one]) for one in sorted(states)]
    return shown.model_copy(update={"contacts": contacts})


def _views(
    forms: _Forms, person: str, receipts: Sequence[Receipt], persons: Mapping[str, str], words: consent_rules.Words
) -> list[ConsentView]:
    said = words[person]
    ordered = sorted(receipts, key=lambda one: (one.at, one.id))
    return [
        ConsentView(
            question_id=consent.question_id,
            prompt=_prompt(forms, receipt.form_version, consent.question_id),
            wording=consent.wording,
            given=consent.given,
            form_version=receipt.form_version,
            at=receipt.at,
            stands=said[consent.question_id].receipt.id == receipt.id,
        )
        for receipt in ordered
        if persons[receipt.contact_id] == person
        for consent in receipt.consents
    ]


def _prompt(forms: _Forms, version: int, question_id: str) -> str | None:
    form = forms.of_version(version)
    asked = () if form is None else form.questions
    return next((question.prompt for question in asked if question.id == question_id), None)
