"""Which forms can be asked, what their next version is, and which questions a family is shown (D3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from school_events.core.errors import Invalid, WrongState
from school_events.events.forms import rules
from school_events.events.forms.model import Form, NumberRange, Question, ShownIf, TemplateVersion
from tests.unit.events.forms.asking import OFFERED, answers, forms, question


def _if(question_id: str, *wanted: str) -> dict[str, Any]:
    return {"shown_if": ShownIf(question_id=question_id, answers=wanted)}


TEXT, YES_NO = question(0, "text"), question(1, "yes_no")


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([TEXT, YES_NO, TEXT], "form.questions.2.id"),
        ([question(0, "choice", choices=())], "form.questions.0.choices"),
        ([question(0, "choice", choices=("one",))], "form.questions.0.choices"),
        ([question(0, "choices", choices=("one", "one"))], "form.questions.0.choices"),
        ([question(0, "choices", choices=("one", " one"))], "form.questions.0.choices"),
        ([question(0, "choice", choices=("one", " two"))], "form.questions.0.choices"),
        ([question(0, "choice", choices=("one", ""))], "form.questions.0.choices"),
        ([question(0, "yes_no", choices=("yes", "no"))], "form.questions.0.choices"),
        ([question(0, "text", number=NumberRange(least=1))], "form.questions.0.number"),
        ([question(0, "number", number=NumberRange(least=2, most=1))], "form.questions.0.number.most"),
        ([question(0, "text", **_if("q0", "yes"))], "form.questions.0.shown_if.question_id"),
        ([question(0, "text", **_if("q1", "yes")), YES_NO], "form.questions.0.shown_if.question_id"),
        ([TEXT, question(2, "text", **_if("q0", "yes"))], "form.questions.1.shown_if.question_id"),
        ([YES_NO, question(2, "text", **_if("q1", "maybe"))], "form.questions.1.shown_if.answers"),
        ([YES_NO, question(2, "text", **_if("q1"))], "form.questions.1.shown_if.answers"),
        ([question(number, "text", prompt="€" * 2000) for number in range(17)], "form.questions"),
    ],
)
def test_a_form_that_cannot_be_asked_is_refused_where_it_is_wrong(questions: list[Question], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_questions(questions)
    assert [error.field for error in refused.value.fields] == [field]


@given(forms())
def test_what_depends_on_earlier_questions_only_can_be_asked(questions: tuple[Question, ...]) -> None:
    rules.check_questions(questions)


def test_a_form_of_the_most_questions_fits_and_a_form_of_choices_only_may_not() -> None:
    rules.check_questions(question(number, "text", prompt="x" * 1800) for number in range(50))
    long = tuple(f"{number:>0200}" for number in range(50))
    with pytest.raises(Invalid):
        rules.check_questions(question(number, "choice", choices=long) for number in range(50))


def _is_shown(name: str, questions: Mapping[str, Question], given: Mapping[str, str | Sequence[str]]) -> bool:
    """The plain reference: a question is shown if the one it depends on is, and has one of the answers."""
    condition = questions[name].shown_if
    if condition is None:
        return True
    answer = given.get(condition.question_id, "")
    texts = [answer] if isinstance(answer, str) else list(answer)
    is_met = any(text.strip() == wanted for text in texts for wanted in condition.answers)
    return is_met and _is_shown(condition.question_id, questions, given)


@settings(max_examples=2000)
@given(forms(), answers())
def test_who_is_asked_what_is_as_a_plain_reading_of_the_form_says(
    questions: tuple[Question, ...], given_answers: Mapping[str, str | Sequence[str]]
) -> None:
    by_id = {one.id: one for one in questions}
    expected = [one.id for one in questions if _is_shown(one.id, by_id, given_answers)]
    assert [one.id for one in rules.shown_questions(questions, given_answers)] == expected


def test_what_hangs_on_a_question_that_is_not_shown_is_not_shown() -> None:
    chain = (question(0, "yes_no"), question(1, "yes_no", **_if("q0", "yes")), question(2, "text", **_if("q1", "yes")))
    assert [one.id for one in rules.shown_questions(chain, {"q0": "no", "q1": "yes"})] == ["q0"]
    assert len(rules.shown_questions(chain, {"q0": "yes", "q1": "yes"})) == 3


def test_one_of_several_answers_that_were_picked_is_enough() -> None:
    asked = (question(0, "choices"), question(1, "text", **_if("q0", *OFFERED[:2])))
    assert len(rules.shown_questions(asked, {"q0": [OFFERED[1], OFFERED[2]]})) == 2
    assert len(rules.shown_questions(asked, {"q0": [OFFERED[2]]})) == 1


def test_a_form_gets_a_new_version_when_its_wording_changes_and_only_then() -> None:
    first = rules.next_form(None, (TEXT,))
    assert first is not None
    assert first.version == 1
    assert rules.next_form(first, (TEXT,)) is first
    second = rules.next_form(first, (YES_NO,))
    assert second is not None
    assert second.version == 2


def test_no_two_wordings_have_one_version_even_if_all_was_taken_away_between_them() -> None:
    first = rules.next_form(None, (TEXT,))
    nothing = rules.next_form(first, ())
    again = rules.next_form(nothing, (YES_NO,))
    assert nothing is not None
    assert again is not None
    assert (nothing.questions, nothing.version, again.version) == ((), 2, 3)
    assert rules.next_form(None, ()) is None


def test_nobody_is_asked_again_once_there_is_nothing_to_agree_to_or_to_answer() -> None:
    agreed = question(2, "consent", required=False)
    form = Form(version=2, questions=(TEXT, YES_NO, agreed), consent_asked_from=2)
    for left, asked_from in (((TEXT, agreed), 2), ((TEXT,), 0), ((), 0)):
        after = rules.next_form(form, left)
        assert after is not None
        assert after.consent_asked_from == asked_from


def test_a_form_names_the_template_it_is_word_for_word() -> None:
    template = TemplateVersion(id="template_1", version=4)
    form = rules.next_form(None, (TEXT,), template)
    assert form is not None
    assert form.template == template
    edited = rules.next_form(form, (YES_NO,))
    assert edited is not None
    assert edited.template is None
    copied = rules.copied_form(edited.model_copy(update={"template": template, "consent_asked_from": 2}))
    assert copied == Form(version=1, questions=(YES_NO,), template=template)
    assert rules.copied_form(None) is None


HEALTH = question(9, "yes_no", sensitive="medical")
_ON_HEALTH = {"shown_if": ShownIf(question_id="q9", answers=("yes",))}


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ((question(1, "consent", sensitive="dietary"),), "form.questions.0.sensitive"),
        ((HEALTH, question(1, "consent", **_ON_HEALTH)), "form.questions.1.shown_if.question_id"),
        ((HEALTH, question(1, "text", **_ON_HEALTH)), "form.questions.1.sensitive"),
        (tuple(question(one, "text", sensitive="medical") for one in range(11)), "form.questions.10.sensitive"),
    ],
)
def test_what_tells_of_health_says_so_and_a_consent_does_not(questions: tuple[Question, ...], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_questions(questions)
    assert [error.field for error in refused.value.fields] == [field]
    rules.check_questions((HEALTH, question(1, "text", sensitive="medical", **_ON_HEALTH)))
    rules.check_questions(tuple(question(one, "text", sensitive="medical") for one in range(10)))


def test_what_was_answered_in_the_open_does_not_become_health_nor_the_other_way_round() -> None:
    open_, apart = question(1, "text"), question(1, "text", sensitive="dietary")
    for before, after in ((open_, apart), (apart, open_)):
        with pytest.raises(WrongState) as refused:
            rules.check_health_stays(Form(version=1, questions=(before,)), Form(version=2, questions=(TEXT, after)))
        assert [error.field for error in refused.value.fields] == ["form.questions.1.sensitive"]
    medical = apart.model_copy(update={"sensitive": "medical"})
    rules.check_health_stays(Form(version=1, questions=(apart,)), Form(version=2, questions=(medical,)))
    rules.check_health_stays(None, Form(version=1, questions=(apart,)))


def test_a_consents_wording_has_a_hash_of_its_own() -> None:
    consent = Question(id="a", kind="consent", prompt="I agree.", required=True)
    assert consent.wording_hash == consent.model_copy(update={"id": "b"}).wording_hash
    assert consent.wording_hash != consent.model_copy(update={"prompt": "I agree!"}).wording_hash
