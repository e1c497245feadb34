"""Answers to an event's form: what is taken, what is refused by name, and what is kept of a consent (D3)."""

import hashlib

import pytest

from school_events.bookings import rules
from school_events.core.errors import Invalid
from school_events.events.forms.model import Form, Question
from tests.support.booked_world import a_school_with_families, an_event, book, booking_of
from tests.support.contexts import NOW
from tests.support.tables import everything

WORDING = "I agree to my child going to London by train."
FORM = Form(
    version=3,
    questions=(
        Question(id="note", kind="text", prompt="Anything we should know?", required=False),
        Question(id="lunch", kind="choice", prompt="Lunch?", required=True, choices=("packed", "school")),
        Question(id="swims", kind="yes_no", prompt="Can swim?", required=False),
        Question(id="born", kind="date", prompt="Born on?", required=False),
        Question(id="train", kind="consent", prompt=WORDING, required=True),
        Question(id="photos", kind="consent", prompt="Photographs may be taken.", required=False),
    ),
)
GOOD = {"lunch": "packed", "train": "yes"}


def _problems(**answers: str) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        rules.checked_answers(FORM, GOOD | answers, by="contact-1", at=NOW, field="items.0.answers")
    return {one.field: one.message for one in refused.value.fields}


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        ("note", "x" * 2001, "has at most 2000 characters"),
        ("lunch", "", "is required"),
        ("lunch", "caviar", "must be one of the choices"),
        ("lunch", "Packed", "must be one of the choices"),
        ("swims", "true", "must be yes or no"),
        ("born", "22.11.2026", "must be a date such as 2026-11-22"),
        ("born", "20261122", "must be a date such as 2026-11-22"),
        ("born", "2026-W47-7", "must be a date such as 2026-11-22"),
        ("born", "2026-02-30", "must be a date such as 2026-11-22"),
        ("train", "no", "must be yes: the event cannot be booked without this consent"),
        ("train", " ", "is required"),
        ("photos", "perhaps", "must be yes or no"),
        ("unknown", "x", "is no question of this form"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_by_name(question: str, answer: str, sentence: str) -> None:
    assert _problems(**{question: answer}) == {f"items.0.answers.{question}": sentence}


def test_everything_wrong_is_named_at_once() -> None:
    assert set(_problems(lunch="", train="no", what="?")) == {
        f"items.0.answers.{question}" for question in ("lunch", "train", "what")
    }


@pytest.mark.parametrize(
    ("question", "answer"),
    [("note", "Ümläut, 'quotes' & 🎈"), ("swims", "no"), ("born", "2014-02-28"), ("photos", "no"), ("photos", "yes")],
)
def test_an_answer_that_fits_is_kept_as_given(question: str, answer: str) -> None:
    kept = rules.checked_answers(FORM, GOOD | {question: answer}, by="contact-1", at=NOW, field="")
    assert kept is not None
    assert {one.question_id: one.value for one in kept.answers} == GOOD | {question: answer}


def test_a_question_left_blank_has_no_answer() -> None:
    kept = rules.checked_answers(FORM, GOOD | {"photos": "", "note": "  "}, by="contact-1", at=NOW, field="")
    assert kept is not None
    assert {one.question_id for one in kept.answers} == {"lunch", "train"}


def test_an_event_without_a_form_takes_no_answers() -> None:
    assert rules.checked_answers(None, {}, by="contact-1", at=NOW, field="f") is None
    with pytest.raises(Invalid):
        rules.checked_answers(None, {"lunch": "packed"}, by="contact-1", at=NOW, field="f")


_QUESTIONS = [
    question.model_dump(include={"id", "kind", "prompt", "required", "choices"}) for question in FORM.questions
]


@pytest.mark.usefixtures("tables")
def test_a_consent_is_kept_with_its_exact_words_the_version_who_and_when() -> None:
    a_school_with_families()
    event = an_event(questions=[question | {"choices": list(question["choices"])} for question in _QUESTIONS])
    kept = booking_of(book(event, answers=GOOD)).answers
    assert kept is not None
    assert event.form is not None
    assert (kept.form_version, kept.given_by, kept.given_at) == (event.form.version, "contact-1", NOW)
    wordings = {one.question_id: one.wording for one in kept.answers}
    assert wordings == {"lunch": None, "train": hashlib.sha256(WORDING.encode()).hexdigest()}


@pytest.mark.usefixtures("tables")
def test_without_the_consent_nothing_is_booked() -> None:
    a_school_with_families()
    event = an_event(questions=[question | {"choices": list(question["choices"])} for question in _QUESTIONS])
    before = everything()
    with pytest.raises(Invalid) as refused:
        book(event, "pupil-1", "pupil-2", answers=GOOD | {"train": "no"})
    assert [one.field for one in refused.value.fields] == ["items.0.answers.train"]
    assert everything() == before
