"""Decisions about bookings: pure; the database repeats as conditions whatever may change meanwhile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from school_events.bookings.model import Answer, Answers
from school_events.core.errors import FieldError, Invalid, NotFound, WrongState
from school_events.events.forms.model import Form, Question, QuestionKind
from school_events.events.model import SchoolEvent
from school_events.invitations.model import Invitation

MOST_ANSWER_CHARACTERS = 2000
_YES = "yes"
_NO = "no"


def require_bookable(event: SchoolEvent, now: datetime) -> None:
    """Families may book the event now.

    Raises:
        NotFound: it is not published yet: families do not know of it (C2).
        WrongState: it is closed, its booking window is not open, or it is a parents' evening.
    """
    if event.status in {"draft", "publishing"}:
        raise NotFound
    if event.kind == "parents_evening":
        raise WrongState("Appointments of a parents' evening cannot be booked here yet")
    if event.status != "published":
        raise WrongState("This event is not open for booking")
    if now < event.window.opens_at:
        raise WrongState("Booking has not opened yet")
    if now >= event.window.closes_at:
        raise WrongState("Booking has closed")


def require_invited(invitation: Invitation | None) -> None:
    """The child is invited; an event one is not invited to does not exist for one (C2).

    Raises:
        NotFound: there is no invitation.
    """
    if invitation is None:
        raise NotFound


def checked_answers(
    form: Form | None, given: Mapping[str, str], *, by: str, at: datetime, field: str
) -> Answers | None:
    """The answers to an event's form, checked against its questions (D3).

    Args:
        form: the event's form, if it has one.
        given: what was answered, by question id.
        by: the contact who answers.
        at: when, UTC.
        field: where the answers stand in the request, for naming a field to blame.

    Raises:
        Invalid: names each question that is unknown, missing or wrongly answered, never the answer.
    """
    questions = {} if form is None else {question.id: question for question in form.questions}
    problems = [FieldError(f"{field}.{name}", "is no question of this form") for name in given if name not in questions]
    for question in questions.values():
        problem = _problem(question, given.get(question.id))
        if problem:
            problems.append(FieldError(f"{field}.{question.id}", problem))
    if problems:
        raise Invalid(fields=problems)
    if form is None:
        return None
    answered = (question for question in form.questions if given.get(question.id, "").strip())
    answers = tuple(_answer(question, given[question.id]) for question in answered)
    return Answers(form_version=form.version, answers=answers, given_by=by, given_at=at)


def _problem(question: Question, value: str | None) -> str:
    if value is None or not value.strip():
        return "is required" if question.required else ""
    if len(value) > MOST_ANSWER_CHARACTERS:
        return f"has at most {MOST_ANSWER_CHARACTERS} characters"
    return _MISFIT[question.kind](question, value)


def _text_misfit(_question: Question, _value: str) -> str:
    return ""


def _yes_no_misfit(_question: Question, value: str) -> str:
    return "" if value in {_YES, _NO} else "must be yes or no"


def _consent_misfit(question: Question, value: str) -> str:
    if question.required and value != _YES:
        return "must be yes: the event cannot be booked without this consent"
    return _yes_no_misfit(question, value)


def _choice_misfit(question: Question, value: str) -> str:
    return "" if value in question.choices else "must be one of the choices"


def _date_misfit(_question: Question, value: str) -> str:
    try:
        is_date = date.fromisoformat(value).isoformat() == value
    except ValueError:
        is_date = False
    return "" if is_date else "must be a date such as 2026-11-22"


_MISFIT: Mapping[QuestionKind, Callable[[Question, str], str]] = {
    "text": _text_misfit,
    "choice": _choice_misfit,
    "yes_no": _yes_no_misfit,
    "date": _date_misfit,
    "consent": _consent_misfit,
}


def _answer(question: Question, value: str) -> Answer:
    wording = question.wording_hash if question.kind == "consent" else None
    return Answer(question_id=question.id, value=value.strip(), wording=wording)


def require_distinct(pupil_ids: Sequence[str]) -> None:
    """One request books each child once.

    Raises:
        Invalid: a child is named twice.
    """
    seen: set[str] = set()
    for position, pupil_id in enumerate(pupil_ids):
        if pupil_id in seen:
            raise Invalid.of(f"items.{position}.pupil_id", "is named twice")
        seen.add(pupil_id)
