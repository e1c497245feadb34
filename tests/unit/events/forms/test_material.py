"""Which changes touch what families agreed to, so that they are to be asked again (D3)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given

from school_events.core.money import pounds
from school_events.events.forms import rules
from school_events.events.forms.material import NOT_MATERIAL, asks_again, material_changes
from school_events.events.forms.model import Form, NumberRange, Question, ShownIf
from school_events.events.model import EventDetails
from tests.unit.events.forms.asking import OFFERED, forms, question
from tests.unit.events.things import a_trip

CONSENT = question(0, "consent", required=True, prompt="I agree that my child goes.")
LUNCH = question(1, "choice", required=True)
NOTE = question(2, "text")
ASKED = (CONSENT, LUNCH, NOTE)


def event(questions: tuple[Question, ...] | None = ASKED, **others: Any) -> EventDetails:
    """A trip that asks these questions."""
    form = None if questions is None else Form(version=3, questions=questions)
    return a_trip(**({"form": form} | others)).details


def otherwise(one: Question, **changes: Any) -> Question:
    """A question asked in another way."""
    return one.model_copy(update=changes)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"location": "Natural History Museum"}, "location"),
        ({"price": pounds(2000)}, "price"),
        ({"starts_on": date(2026, 12, 3)}, "starts_on"),
        ({"ends_on": date(2026, 12, 5)}, "ends_on"),
    ],
)
def test_where_when_and_for_how_much_is_what_families_agreed_to(change: dict[str, Any], named: str) -> None:
    assert material_changes(event(), event(**change)) == (named,)
    assert asks_again(event(), event(**change))


@pytest.mark.parametrize(
    "change",
    [{"title": "Sience Museum"}, {"description": "A day."}, {"capacity": 31}, {"minimum": 1}, {"archived": True}],
)
def test_a_typo_or_a_place_more_asks_nobody_again(change: dict[str, Any]) -> None:
    assert material_changes(event(), event(**change)) == ()
    assert not asks_again(event(), event(**change))


def test_what_an_event_says_is_material_unless_it_is_known_not_to_be() -> None:
    assert set(EventDetails.model_fields) >= NOT_MATERIAL
    assert {"location", "price", "starts_on", "ends_on", "meets", "takes_place"} <= (
        set(EventDetails.model_fields) - NOT_MATERIAL
    )


@pytest.mark.parametrize(
    "after",
    [
        (otherwise(CONSENT, prompt="I agree that my child goes and swims."), LUNCH, NOTE),
        (otherwise(CONSENT, prompt=CONSENT.prompt + " "), LUNCH, NOTE),
        (otherwise(CONSENT, required=False), LUNCH, NOTE),
        (*ASKED, question(3, "consent")),
        (*ASKED, question(3, "yes_no", required=True)),
        (CONSENT, otherwise(LUNCH, choices=OFFERED[:2]), NOTE),
        (CONSENT, LUNCH, otherwise(NOTE, required=True)),
        (CONSENT, LUNCH, question(3, "number", required=True, number=NumberRange(least=1))),
        (CONSENT, otherwise(LUNCH, shown_if=ShownIf(question_id="q0", answers=("yes",))), NOTE),
    ],
)
def test_another_consent_or_another_required_question_asks_again(after: tuple[Question, ...]) -> None:
    assert asks_again(event(), event(after))
    assert len(material_changes(event(), event(after))) == 1


@pytest.mark.parametrize(
    "after",
    [
        ASKED,
        (CONSENT, otherwise(LUNCH, prompt="What do they eat?"), NOTE),
        (CONSENT, LUNCH, otherwise(NOTE, kind="number")),
        (CONSENT, LUNCH),
        (LUNCH, NOTE),
        (*ASKED, question(3, "text")),
        (NOTE, LUNCH, CONSENT),
        (),
        None,
    ],
)
def test_other_words_of_what_is_no_consent_and_less_to_answer_ask_nobody_again(
    after: tuple[Question, ...] | None,
) -> None:
    assert not asks_again(event(), event(after))


def test_without_a_consent_a_move_asks_nobody_again_but_a_new_required_question_does() -> None:
    assert not asks_again(event((NOTE,)), event((NOTE,), location="Elsewhere"))
    assert asks_again(event((NOTE,)), event((NOTE, LUNCH)))
    assert asks_again(event(None), event((LUNCH,)))


@given(forms(), forms())
def test_who_is_to_be_asked_again_has_answered_a_version_before(
    before: tuple[Question, ...], after: tuple[Question, ...]
) -> None:
    first = Form(version=4, questions=before)
    second = rules.next_form(first, after)
    assert second is not None
    if rules.questions_that_ask_again(first, second):
        again = rules.asking_again(first, second)
        assert again.version == again.consent_asked_from == 5
        assert again.questions == after
    assert rules.questions_that_ask_again(second, second) == ()
    assert rules.asking_again(second, second).version == second.version + 1
