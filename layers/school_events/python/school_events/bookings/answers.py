"""Answers to an event's form: what is taken, what is kept, and whether what was agreed to still stands (D3). Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, auto

from school_events.bookings.health.rules import HealthValue, is_too_long
from school_events.bookings.model import LIVE, Answer, Answers, Booking
from school_events.core.errors import FieldError, Invalid, WrongState
from school_events.events.forms.model import NO, YES, Form, NumberRange, Question, QuestionKind
from school_events.events.forms.rules import Given, has_consent, picked, shown_questions

MOST_ANSWER_CHARACTERS = 2000
MOST_HEALTH_CHARACTERS = 1000
"""Of an answer about health, which is encrypted in one piece (``bookings.health``)."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class Filled:
    """A form as a family has filled it in.

    Args:
        answers: by question id; ``yes`` and ``no`` for choices of two and consents, a list for ``choices``.
        form_version: which version of the form they were shown, if they say so.
    """

    answers: Given = field(repr=False)
    form_version: int | None = None


UNFILLED = Filled({})
"""Nothing was answered."""


class Answering(Enum):
    """On what occasion a form is answered."""

    BOOKING = auto()
    """A parent books: without the consents that are required there is no place."""

    ON_BEHALF = auto()
    """The school books for a parent: it cannot consent for them, so they are asked afterwards."""

    AGAIN = auto()
    """A parent who has a place answers anew: a consent may be taken back as easily as it was given (Art. 7(3))."""


@dataclass(frozen=True)
class Checked:
    """A form as it was taken.

    Args:
        answers: what is kept with the booking.
        health: the answers about health by question id, which are kept encrypted beside it.
    """

    answers: Answers
    health: Mapping[str, HealthValue] = field(repr=False)


def checked_answers(
    form: Form | None, filled: Filled, *, by: str, at: datetime, field: str, how: Answering = Answering.BOOKING
) -> Checked | None:
    """The answers to an event's form, checked against the questions that are asked of who answers like this.

    Args:
        form: the event's form, if it has one.
        filled: what was answered.
        by: the contact who answers.
        at: when, UTC.
        field: where the filled-in form stands in the request, for naming a field to blame; empty for all of it.
        how: on what occasion.

    Raises:
        Invalid: names each question that is unknown, not asked, missing or wrongly answered, never the answer; or
            does not say which version was agreed to.
        WrongState: what was answered is another version than the one asked now.
    """
    check_version(form, filled, field, how)
    questions = form.questions if form is not None else ()
    problems = _problems(questions, filled.answers, _in(field, "answers"), how)
    if problems:
        raise Invalid(fields=problems)
    if form is None:
        return None
    answered = [question for question in questions if picked(filled.answers.get(question.id))]
    given = {question: _answer(question, filled.answers[question.id]) for question in answered}
    answers = tuple(answer for question, answer in given.items() if question.sensitive is None)
    health = {question.id: answer.value for question, answer in given.items() if question.sensitive is not None}
    return Checked(Answers(form_version=form.version, answers=answers, given_by=by, given_at=at), health)


def checked_consents(form: Form | None, filled: Filled, *, by: str, at: datetime) -> Answers:
    """What somebody says to a form's consents who does not answer the rest of it: a child's other parent.

    Every consent may be answered, also one that is asked only on certain answers: those are not theirs to see (C2).

    Args:
        form: the event's form.
        filled: what was answered.
        by: the contact who answers.
        at: when, UTC.

    Raises:
        Invalid: names each question that is no consent, or answered otherwise than yes or no; or none was answered.
        WrongState: what was answered is another version than the one asked now.
    """
    check_version(form, filled, "", Answering.AGAIN)
    asked = {one.id: one for one in (() if form is None else form.questions) if one.kind == "consent"}
    problems = [
        FieldError(f"answers.{name}", problem)
        for name, given in filled.answers.items()
        if (problem := _consent_problem(asked.get(name), given))
    ]
    if problems or form is None or not filled.answers:
        raise Invalid(fields=problems or [FieldError("answers", "must answer a consent")])
    answers = tuple(_answer(one, filled.answers[one.id]) for one in asked.values() if one.id in filled.answers)
    return Answers(form_version=form.version, answers=answers, given_by=by, given_at=at)


def _consent_problem(question: Question | None, given: str | Sequence[str]) -> str:
    if question is None:
        return "is answered by who booked"
    return _yes_no_misfit(question, given.strip()) if isinstance(given, str) else "must be yes or no"


def _in(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def check_version(form: Form | None, filled: Filled, field: str, how: Answering) -> None:
    """Nobody agrees to words they were not shown: the form may have changed while they were reading it.

    Raises:
        Invalid: it is not said which version was agreed to.
        WrongState: it is another than the one asked now.
    """
    field = _in(field, "form_version")
    if filled.form_version is None:
        if has_consent(form) and how is not Answering.ON_BEHALF:
            raise Invalid.of(field, "is required: the version of the form that was shown")
    elif filled.form_version != (0 if form is None else form.version):
        raise WrongState("The form has changed: read the event again", fields=[FieldError(field, "is not asked now")])


def _problems(questions: Sequence[Question], given: Given, field: str, how: Answering) -> list[FieldError]:
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
        if (problem := _problem(question, given.get(question.id), how))
    ]
    return [*unknown, *unasked, *wrong]


def _problem(question: Question, given: str | Sequence[str] | None, how: Answering) -> str:
    if question.kind == "consent" and how is Answering.ON_BEHALF:
        return "is for a parent to give, not for the school" if picked(given) else ""
    if not picked(given):
        return "is required" if question.required else ""
    must_agree = question.kind == "consent" and question.required and how is Answering.BOOKING
    if must_agree and picked(given) != {YES}:
        return "must be yes: the event cannot be booked without this consent"
    return _misfit(question, given)


def _misfit(question: Question, given: str | Sequence[str] | None) -> str:
    if question.kind == "choices":
        return _choices_misfit(question, given)
    if not isinstance(given, str):
        return "must be one text"
    most = MOST_ANSWER_CHARACTERS if question.sensitive is None else MOST_HEALTH_CHARACTERS
    if len(given) > most or (question.sensitive is not None and is_too_long(given.strip())):
        return f"has at most {most} characters"
    return _MISFIT[question.kind](question, given.strip())


def _choices_misfit(question: Question, given: str | Sequence[str] | None) -> str:
    if given is None or isinstance(given, str):
        return "must be a list of choices"
    if len(given) > len(question.choices) or not {text.strip() for text in given} <= set(question.choices):
        return "must be some of the choices, each once"
    if len(picked(given)) < len(given):
        return "must be some of the choices, each once"
    return "are too many to be kept" if question.sensitive is not None and is_too_long(tuple(given)) else ""


def _text_misfit(_question: Question, _value: str) -> str:
    return ""


def _yes_no_misfit(_question: Question, value: str) -> str:
    return "" if value in {YES, NO} else "must be yes or no"


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
    "consent": _yes_no_misfit,
}


def _answer(question: Question, given: str | Sequence[str]) -> Answer:
    wording = question.wording_hash if question.kind == "consent" else None
    if isinstance(given, str):
        return Answer(question_id=question.id, value=given.strip(), wording=wording)
    chosen = picked(given)
    return Answer(question_id=question.id, value=tuple(one for one in question.choices if one in chosen))


def is_consent_outdated(booking: Booking, form: Form | None) -> bool:
    """Whether a family with a place is to be asked again.

    What they agreed to, or should have been asked, has changed; or the school booked for them, and they have not
    agreed to what is required yet.

    Args:
        booking: a child's.
        form: the event's, as it is now.
    """
    if form is None or booking.state not in LIVE or booking.anonymised:
        return False
    answered = 0 if booking.answers is None else booking.answers.form_version
    return answered < form.consent_asked_from or _lacks_consent(booking.answers, form)


def is_consent_withdrawn(booking: Booking, form: Form | None) -> bool:
    """Whether a parent withholds a consent that is required, or has taken one back, and it is still asked for.

    Args:
        booking: a child's.
        form: the event's, as it is now.
    """
    asked = {question.id for question in (() if form is None else form.questions) if question.kind == "consent"}
    return booking.consent_withdrawn and (not booking.withheld or not asked.isdisjoint(booking.withheld))


def _lacks_consent(answers: Answers | None, form: Form) -> bool:
    given = {} if answers is None else {one.question_id: one.value for one in answers.answers}
    asked = shown_questions(form.questions, given)
    return any(question.kind == "consent" and question.required and question.id not in given for question in asked)
