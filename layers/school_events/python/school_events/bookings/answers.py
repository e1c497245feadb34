"""Answers to an event's form: what is taken, what is kept, and whether what was agreed to still stands (D3). Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from school_events.bookings.model import LIVE, Answer, Answers, Booking
from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.forms.model import NO, YES, Form, NumberRange, Question, QuestionKind
from school_events.events.forms.rules import Given, has_consent, picked, shown_questions

MOST_ANSWER_CHARACTERS = 2000
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Filled:
    """A form as a family has filled it in.

    Args:
        answers: by question id; ``yes`` and ``no`` for choices of two and consents, a list for ``choices``.
        form_version: which version of the form they were shown, if they say so.
    """

    answers: Given
    form_version: int | None = None


UNFILLED = Filled({})
"""Nothing was answered."""


def checked_answers(form: Form | None, filled: Filled, *, by: str, at: datetime, field: str) -> Answers | None:
    """The answers to an event's form, checked against the questions that are asked of who answers like this.

    Args:
        form: the event's form, if it has one.
        filled: what was answered.
        by: the contact who answers.
        at: when, UTC.
        field: where the filled-in form stands in the request, for naming a field to blame.

    Raises:
        Invalid: names each question that is unknown, not asked, missing or wrongly answered, never the answer; or
            does not say which version was agreed to.
        WrongState: what was answered is another version than the one asked now.
    """
    _check_version(form, filled, f"{field}.form_version")
    questions = form.questions if form is not None else ()
    problems = _problems(questions, filled.answers, f"{field}.answers")
    if problems:
        raise Invalid(fields=problems)
    if form is None:
        return None
    answered = (question for question in questions if picked(filled.answers.get(question.id)))
    answers = tuple(_answer(question, filled.answers[question.id]) for question in answered)
    return Answers(form_version=form.version, answers=answers, given_by=by, given_at=at)


def _check_version(form: Form | None, filled: Filled, field: str) -> None:
    """Nobody agrees to words they were not shown: the form may have changed while they were reading it."""
    if filled.form_version is None:
        if has_consent(form):
            raise Invalid.of(field, "is required: the version of the form that was shown")
    elif filled.form_version != (0 if form is None else form.version):
        raise WrongState("The form has changed: read the event again", fields=[FieldError(field, "is not asked now")])


def _problems(questions: Sequence[Question], given: Given, field: str) -> list[FieldError]:
    known = {question.id for question in questions}
    shown = shown_questions(questions, given)
    asked = {question.id for question in shown}
    unknown = [FieldError(f"{field}.{name}", "is no question of this form") for name in given if name not in known]
    unasked = [
        FieldError(f"{field}.{question.id}", "is not asked after these answers")
        for question in questions
        if question.id not in asked and picked(given.get(question.id))
    ]
    wrong = [
        FieldError(f"{field}.{question.id}", problem)
        for question in shown
        if (problem := _problem(question, given.get(question.id)))
    ]
    return [*unknown, *unasked, *wrong]


def _problem(question: Question, given: str | Sequence[str] | None) -> str:
    if not picked(given):
        return "is required" if question.required else ""
    if question.kind == "choices":
        return _choices_misfit(question, given)
    if not isinstance(given, str):
        return "must be one text"
    if len(given) > MOST_ANSWER_CHARACTERS:
        return f"has at most {MOST_ANSWER_CHARACTERS} characters"
    return _MISFIT[question.kind](question, given.strip())


def _choices_misfit(question: Question, given: str | Sequence[str] | None) -> str:
    if given is None or isinstance(given, str):
        return "must be a list of choices"
    if len(given) > len(question.choices) or not {text.strip() for text in given} <= set(question.choices):
        return "must be some of the choices, each once"
    return "" if len(picked(given)) == len(given) else "must be some of the choices, each once"


def _text_misfit(_question: Question, _value: str) -> str:
    return ""


def _yes_no_misfit(_question: Question, value: str) -> str:
    return "" if value in {YES, NO} else "must be yes or no"


def _consent_misfit(question: Question, value: str) -> str:
    if question.required and value != YES:
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


def _number_misfit(question: Question, value: str) -> str:
    if not _NUMBER.fullmatch(value):
        return "must be a number such as 12 or -1.5"
    taken = question.number or NumberRange(whole=False)
    number = Decimal(value)
    if taken.whole and number != number.to_integral_value():
        return "must be a whole number"
    if taken.least is not None and number < taken.least:
        return f"must be at least {taken.least}"
    if taken.most is not None and number > taken.most:
        return f"must be at most {taken.most}"
    return ""


_MISFIT: Mapping[QuestionKind, Callable[[Question, str], str]] = {
    "text": _text_misfit,
    "choice": _choice_misfit,
    "yes_no": _yes_no_misfit,
    "date": _date_misfit,
    "number": _number_misfit,
    "consent": _consent_misfit,
}


def _answer(question: Question, given: str | Sequence[str]) -> Answer:
    wording = question.wording_hash if question.kind == "consent" else None
    if isinstance(given, str):
        return Answer(question_id=question.id, value=given.strip(), wording=wording)
    chosen = picked(given)
    return Answer(question_id=question.id, value=tuple(one for one in question.choices if one in chosen))


def is_consent_outdated(booking: Booking, form: Form | None) -> bool:
    """Whether a family with a place is to be asked again: what they agreed to, or should have been asked, has changed.

    Args:
        booking: a child's.
        form: the event's, as it is now.
    """
    answered = 0 if booking.answers is None else booking.answers.form_version
    return form is not None and booking.state in LIVE and answered < form.consent_asked_from
