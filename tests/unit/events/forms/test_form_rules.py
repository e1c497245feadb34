"""Which forms can be asked, and when a form is a new version (D3)."""

import pytest

from school_events.core.errors import Invalid
from school_events.events.forms import rules
from school_events.events.forms.model import Question


def _question(question_id: str = "a", kind: str = "text", *choices: str) -> Question:
    return Question.model_validate(
        {"id": question_id, "kind": kind, "prompt": "?", "required": True, "choices": choices}
    )


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([_question("a"), _question("b"), _question("a")], "form.questions.2.id"),
        ([_question("a", "choice")], "form.questions.0.choices"),
        ([_question("a", "choice", "one")], "form.questions.0.choices"),
        ([_question("a", "choice", "one", "one")], "form.questions.0.choices"),
        ([_question("a", "yes_no", "yes", "no")], "form.questions.0.choices"),
    ],
)
def test_a_form_that_cannot_be_asked_is_refused_where_it_is_wrong(questions: list[Question], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_questions(questions)
    assert [error.field for error in refused.value.fields] == [field]


def test_a_form_gets_a_new_version_when_its_wording_changes_and_only_then() -> None:
    first = rules.next_form(None, (_question("a"),))
    assert first is not None
    assert first.version == 1
    assert rules.next_form(first, (_question("a"),)) is first
    second = rules.next_form(first, (_question("b"),))
    assert second is not None
    assert second.version == 2
    assert rules.next_form(first, ()) is None


def test_a_consents_wording_has_a_hash_of_its_own() -> None:
    consent = Question(id="a", kind="consent", prompt="I agree.", required=True)
    assert consent.wording_hash == consent.model_copy(update={"id": "b"}).wording_hash
    assert consent.wording_hash != consent.model_copy(update={"prompt": "I agree!"}).wording_hash
