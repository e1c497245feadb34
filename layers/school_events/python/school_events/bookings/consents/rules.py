"""What stands of what parents have said to an event's consents: pure. Each parent speaks for themselves."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from school_events.bookings.consents.model import Consent, Receipt
from school_events.bookings.model import Answers
from school_events.events.forms.model import YES, Form, Question
from school_events.events.forms.rules import shown_questions

type ConsentState = Literal["answered", "withheld", "outdated", "unanswered"]
"""How one parent stands to what is asked now.

``withheld``: they took a consent back, or declined one that is required. ``outdated``: they have not answered since
families were asked again. ``unanswered``: they have said nothing. ``answered``: they have said what stands.
"""


MOST_RECEIPTS = 200
"""So often a parent says something anew of a booking: all is shown in one answer. Taking back is never refused."""


@dataclass(frozen=True)
class Word:
    """What a parent said last to a consent, and whether they had ever agreed to it."""

    receipt: Receipt
    consent: Consent
    ever_given: bool


type Person = Callable[[str], str]
"""Who a contact is now: records of one person may have been merged."""

type Words = Mapping[str, Mapping[str, Word]]
"""By person, by question."""

type Asked = Callable[[str], Sequence[Question]]
"""Which consents are asked of a person now."""


def consents_in(form: Form, answers: Answers) -> tuple[Consent, ...]:
    """What answers to a form say to its consents."""
    asked = {question.id: question for question in form.questions if question.kind == "consent"}
    return tuple(
        Consent(question_id=one.question_id, given=one.value == YES, wording=asked[one.question_id].wording_hash)
        for one in answers.answers
        if one.question_id in asked
    )


def last_words(receipts: Iterable[Receipt], person: Person) -> Words:
    """What each person said last to each consent.

    Args:
        receipts: of one booking, in any order.
        person: who a contact is now.
    """
    words: dict[str, dict[str, Word]] = {}
    for receipt in sorted(receipts, key=lambda one: (one.at, one.id)):
        said = words.setdefault(person(receipt.contact_id), {})
        for consent in receipt.consents:
            before = said.get(consent.question_id)
            given = consent.given or (before is not None and before.ever_given)
            said[consent.question_id] = Word(receipt, consent, given)
    return words


def asked_now(form: Form | None, answers: Answers | None, person: Person) -> Asked:
    """Which consents are asked of whom: of who filled in the form those that follow from their answers, of others all.

    Args:
        form: the event's, as it is now.
        answers: the whole form as it was filled in, if it was; no consent hangs on what is kept apart of them.
        person: who a contact is now.
    """
    every = tuple(question for question in (() if form is None else form.questions) if question.kind == "consent")
    if answers is None:
        return lambda _: every
    given = {one.question_id: one.value for one in answers.answers}
    shown = [question.id for question in shown_questions(() if form is None else form.questions, given)]
    theirs, filler = tuple(question for question in every if question.id in shown), person(answers.given_by)
    return lambda who: theirs if who == filler else every


def state_of(form: Form | None, asked: Sequence[Question], said: Mapping[str, Word]) -> ConsentState:
    """How a person stands to the consents that are asked now.

    Args:
        form: the event's, as it is now.
        asked: the consents that are asked of them (:func:`asked_now`).
        said: their last words.
    """
    words = [(question, said[question.id]) for question in asked if question.id in said]
    if any(_withholds(question, word) for question, word in words):
        return "withheld"
    if not words:
        return "unanswered"
    since = 0 if form is None else form.consent_asked_from
    return "outdated" if any(word.receipt.form_version < since for _, word in words) else "answered"


def withheld(asked: Asked, words: Words) -> tuple[str, ...]:
    """The consents that anybody withholds of those that are asked of them now, by question."""
    by_whom = [(question, said) for who, said in words.items() for question in asked(who) if question.id in said]
    return tuple(sorted({question.id for question, said in by_whom if _withholds(question, said[question.id])}))


def is_news(said: Mapping[str, Word], form_version: int, consents: Sequence[Consent]) -> bool:
    """Whether somebody says something they have not said just so: another answer, or to another version."""
    return any(
        (word := said.get(one.question_id)) is None or word.consent != one or word.receipt.form_version != form_version
        for one in consents
    )


def gives_anew(said: Mapping[str, Word], consents: Sequence[Consent]) -> bool:
    """Whether somebody agrees to something they have not agreed to last."""
    return any(
        one.given and ((word := said.get(one.question_id)) is None or not word.consent.given) for one in consents
    )


def _withholds(question: Question, word: Word) -> bool:
    return not word.consent.given and (question.required or word.ever_given)
