"""Random forms that can be asked, and answers to them."""

from collections.abc import Mapping

from hypothesis import strategies as st

from school_events.events.forms.model import NumberRange, Question, QuestionKind, ShownIf
from school_events.events.forms.rules import answers_offered

KINDS: tuple[QuestionKind, ...] = ("text", "choice", "choices", "yes_no", "date", "number", "consent")
OFFERED = ("packed", "school", "none")
WORDS = ("I agree.", "I agree!", "May we?")
PLAUSIBLE = ("yes", "no", "packed", "maybe", "", " ", " yes ", "2026-11-22", "2026-02-30", "7", "-7", "7.5", "x")


def question(number: int, kind: QuestionKind, /, **others: object) -> Question:
    """A question that can be asked."""
    asked: dict[str, object] = {"id": f"q{number}", "kind": kind, "prompt": "May we?", "required": False}
    if kind in {"choice", "choices"}:
        asked["choices"] = OFFERED
    return Question.model_validate(asked | others)


@st.composite
def forms(draw: st.DrawFn, most: int = 7) -> tuple[Question, ...]:
    """Questions of every kind, some of them asked only on an answer to an earlier one."""
    made: list[Question] = []
    for number in range(draw(st.integers(0, most))):
        kind: QuestionKind = draw(st.sampled_from(KINDS))
        others: dict[str, object] = {"required": draw(st.booleans()), "prompt": draw(st.sampled_from(WORDS))}
        deciding = [one for one in made if answers_offered(one)]
        depends = draw(st.booleans())
        if deciding and depends:
            decides = draw(st.sampled_from(deciding))
            wanted = draw(st.sets(st.sampled_from(sorted(answers_offered(decides))), min_size=1))
            others["shown_if"] = ShownIf(question_id=decides.id, answers=tuple(sorted(wanted)))
        if kind == "number" and draw(st.booleans()):
            others["number"] = NumberRange(least=-5, most=10, whole=draw(st.booleans()))
        made.append(question(number, kind, **others))
    return tuple(made)


def answers(most: int = 7) -> st.SearchStrategy[Mapping[str, str | list[str]]]:
    """Answers as a family might send them, right or wrong, to questions there are and are not."""
    one = st.sampled_from(PLAUSIBLE) | st.lists(st.sampled_from((*OFFERED, "", "maybe")), max_size=3)
    return st.dictionaries(st.sampled_from([f"q{number}" for number in range(most + 1)]), one)
