"""Answers to an event's form: what is taken, what is refused by name, and what is kept of a consent (D3)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import hypothesis
import pytest
from hypothesis import settings

from school_events.bookings.answers import Filled, checked_answers, is_consent_outdated
from school_events.bookings.model import Answers, BookingState
from school_events.core.errors import Invalid, WrongState
from school_events.events.forms.model import Form, NumberRange, Question, ShownIf
from school_events.events.forms.rules import Given, shown_questions
from tests.support.booked_world import a_school_with_families, an_event, book, booking_of
from tests.support.contexts import NOW
from tests.support.tables import everything
from tests.unit.events.forms.asking import OFFERED, answers, forms

WORDING = "I agree to my child going to London by train."
FORM = Form(
    version=3,
    questions=(
        Question(id="note", kind="text", prompt="Anything we should know?", required=False),
        Question(id="lunch", kind="choice", prompt="Lunch?", required=True, choices=("packed", "school")),
        Question(id="swims", kind="yes_no", prompt="Can swim?", required=False),
        Question(id="born", kind="date", prompt="Born on?", required=False),
        Question(id="clubs", kind="choices", prompt="Which?", required=False, choices=("chess", "judo", "art")),
        Question(
            id="metres",
            kind="number",
            prompt="How far?",
            required=True,
            number=NumberRange(least=-5, most=10),
            shown_if=ShownIf(question_id="swims", answers=("yes",)),
        ),
        Question(id="weight", kind="number", prompt="How heavy?", required=False),
        Question(id="train", kind="consent", prompt=WORDING, required=True),
        Question(id="photos", kind="consent", prompt="Photographs may be taken.", required=False),
    ),
)
GOOD: dict[str, str | list[str]] = {"lunch": "packed", "train": "yes"}
SWIMS = {"swims": "yes"}


def _kept(form: Form | None, answers: Given, version: int | None = 3) -> Answers | None:
    checked = checked_answers(form, Filled(answers, version), by="contact-1", at=NOW, field="items.0")
    return None if checked is None else checked.answers


def _problems(**answers: str | list[str]) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        _kept(FORM, GOOD | answers)
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
        ("lunch", ["packed"], "must be one text"),
        ("clubs", "chess", "must be a list of choices"),
        ("clubs", ["chess", "golf"], "must be some of the choices, each once"),
        ("clubs", ["chess", "chess"], "must be some of the choices, each once"),
        ("clubs", ["chess", ""], "must be some of the choices, each once"),
        ("metres", "7", "is not asked after these answers"),
        ("weight", "heavy", "must be a number such as 12 or -1.5"),
        ("weight", "1e3", "must be a number such as 12 or -1.5"),
        ("weight", "007", "must be a number such as 12 or -1.5"),
        ("weight", "NaN", "must be a number such as 12 or -1.5"),
        ("weight", "\u0661", "must be a number such as 12 or -1.5"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_by_name(question: str, answer: str | list[str], sentence: str) -> None:
    assert _problems(**{question: answer}) == {f"items.0.answers.{question}": sentence}


def test_everything_wrong_is_named_at_once() -> None:
    assert set(_problems(lunch="", train="no", what="?")) == {
        f"items.0.answers.{question}" for question in ("lunch", "train", "what")
    }


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("note", "Ümläut, 'quotes' & 🎈"),
        ("swims", "no"),
        ("born", "2014-02-28"),
        ("photos", "no"),
        ("photos", "yes"),
        ("weight", "-41.5"),
    ],
)
def test_an_answer_that_fits_is_kept_as_given(question: str, answer: str) -> None:
    kept = _kept(FORM, GOOD | {question: answer})
    assert kept is not None
    assert {one.question_id: one.value for one in kept.answers} == GOOD | {question: answer}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("", "is required"),
        ("1.5", "must be a whole number"),
        ("-6", "must be at least -5"),
        ("11", "must be at most 10"),
        ("-5", None),
        ("10", None),
        ("1.0", None),
    ],
)
def test_a_question_that_is_shown_is_answered_as_it_asks(answer: str, sentence: str | None) -> None:
    if sentence is None:
        assert _kept(FORM, GOOD | SWIMS | {"metres": answer}) is not None
    else:
        assert _problems(swims="yes", metres=answer) == {"items.0.answers.metres": sentence}


def test_several_choices_are_kept_in_the_order_they_were_offered() -> None:
    kept = _kept(FORM, GOOD | {"clubs": ["art", "chess"]})
    assert kept is not None
    assert {one.question_id: one.value for one in kept.answers}["clubs"] == ("chess", "art")
    assert Answers.model_validate_json(kept.model_dump_json(exclude_none=True)) == kept


@pytest.mark.parametrize("version", [2, 4, 0, -1])
def test_who_was_shown_another_version_agrees_to_nothing(version: int) -> None:
    with pytest.raises(WrongState) as refused:
        _kept(FORM, GOOD, version)
    assert [one.field for one in refused.value.fields] == ["items.0.form_version"]


def test_who_agrees_says_which_version_they_were_shown() -> None:
    with pytest.raises(Invalid) as refused:
        _kept(FORM, GOOD, None)
    assert [one.field for one in refused.value.fields] == ["items.0.form_version"]
    without = FORM.model_copy(update={"questions": FORM.questions[:2]})
    assert _kept(without, {"lunch": "packed"}, None) is not None


def _fits(question: Question, given: str | Sequence[str]) -> bool:
    """The plain reference: whether an answer that was given is one to the question."""
    if question.kind == "choices":
        return not isinstance(given, str) and set(given) <= set(OFFERED) and len(set(given)) == len(given)
    taken: dict[str, Iterable[str]] = {
        "text": [given] if isinstance(given, str) else [],
        "choice": OFFERED,
        "yes_no": ["yes", "no"],
        "consent": ["yes"] if question.required else ["yes", "no"],
        "date": ["2026-11-22"],
        "number": ["7", "-7", "7.5"] if question.number is None else ["7"] if question.number.whole else ["7", "7.5"],
    }
    return isinstance(given, str) and given.strip() in {one.strip() for one in taken[question.kind]}


@settings(max_examples=3000)
@hypothesis.given(forms(), answers())
def test_what_is_taken_and_kept_is_as_a_plain_reading_of_the_form_says(
    questions: tuple[Question, ...], given_answers: Mapping[str, str | list[str]]
) -> None:
    form = Form(version=3, questions=questions)
    shown = {one.id for one in shown_questions(questions, given_answers)}
    filled = {name for name, given in given_answers.items() if "".join(given).strip()}
    wrong = set(given_answers) - {one.id for one in questions}
    for one in questions:
        if one.id not in shown:
            wrong |= {one.id} & filled
        elif (one.id in filled and not _fits(one, given_answers[one.id])) or (one.required and one.id not in filled):
            wrong.add(one.id)
    if wrong:
        with pytest.raises(Invalid) as refused:
            _kept(form, given_answers)
        assert {one.field for one in refused.value.fields} == {f"items.0.answers.{name}" for name in wrong}
        return
    kept = _kept(form, given_answers)
    assert kept is not None
    assert {one.question_id for one in kept.answers} == shown & filled


@pytest.mark.usefixtures("tables")
def test_a_consent_is_outdated_from_the_version_on_that_asks_again_while_there_is_a_place() -> None:
    a_school_with_families()
    event = an_event(questions=[question | {"choices": list(question["choices"])} for question in _QUESTIONS])
    booking = booking_of(book(event, answers=GOOD))
    assert event.form is not None
    version = event.form.version
    again = event.form.model_copy(update={"consent_asked_from": version + 1})
    assert not is_consent_outdated(booking, event.form)
    assert not is_consent_outdated(booking, event.form.model_copy(update={"consent_asked_from": version}))
    assert is_consent_outdated(booking, again)
    assert is_consent_outdated(booking.model_copy(update={"answers": None}), again)
    assert not is_consent_outdated(booking.model_copy(update={"state": BookingState.CANCELLED}), again)
    assert not is_consent_outdated(booking, None)


def test_a_question_left_blank_has_no_answer() -> None:
    kept = _kept(FORM, GOOD | {"photos": "", "note": "  ", "clubs": []})
    assert kept is not None
    assert {one.question_id for one in kept.answers} == {"lunch", "train"}


def test_an_event_without_a_form_takes_no_answers() -> None:
    assert _kept(None, {}, None) is None
    with pytest.raises(Invalid):
        _kept(None, {"lunch": "packed"}, None)


_QUESTIONS = [
    question.model_dump(include={"id", "kind", "prompt", "required", "choices"})
    for question in FORM.questions
    if question.id != "metres"
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
