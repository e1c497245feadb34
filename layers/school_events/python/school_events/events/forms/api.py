"""What the routes of events and form templates take and give of forms."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from school_events.core.http import ApiModel, WholeNumber, YesNo
from school_events.events.bodies import Body
from school_events.events.forms.model import Form, FormTemplate, HealthMatter, Question, QuestionKind

MOST_QUESTIONS = 50
MOST_CHOICES = 50
_FAR = 1_000_000_000

QuestionId = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
Choice = Annotated[str, Field(min_length=1, max_length=200)]
Bound = Annotated[WholeNumber, Field(ge=-_FAR, le=_FAR)]
TemplateName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class NumberBody(Body):
    """Which numbers are taken."""

    least: Bound | None = None
    most: Bound | None = None
    whole: YesNo = Field(default=True, description="Whether fractions such as 1.5 are refused")


class ShownIfBody(Body):
    """On which answer to an earlier question a question is asked."""

    question_id: QuestionId = Field(description="A choice, choices, yes_no or consent asked before this one")
    answers: Annotated[list[Choice], Field(min_length=1, max_length=MOST_CHOICES)] = Field(
        description="One of these; `yes` or `no` of a yes_no or a consent"
    )


class QuestionBody(Body):
    """A question families are asked when they book."""

    id: Annotated[QuestionId, Field(description="Names the answer; unique in the form")]
    kind: QuestionKind
    prompt: Annotated[
        str, Field(min_length=1, max_length=2000, description="What they are shown; for consent, its wording")
    ]
    required: YesNo = Field(description="Must be answered where it is shown; of a consent: must be agreed to")
    choices: Annotated[list[Choice], Field(max_length=MOST_CHOICES)] = Field(
        default_factory=list, description="The answers a choice (one of them) or choices (any of them) allows"
    )
    number: NumberBody | None = Field(default=None, description="Which numbers a number allows; any unless given")
    shown_if: ShownIfBody | None = Field(default=None, description="Asked only then; always unless given")
    sensitive: HealthMatter | None = Field(
        default=None,
        description="The answer is about health: encrypted, shown to who gave it, administrators and the event's "
        "staff, erased 30 days after it",
    )


class Questions(Body):
    """What is asked, in order."""

    questions: Annotated[list[QuestionBody], Field(max_length=MOST_QUESTIONS)]


class FormBody(Body):
    """The questions of an event: written here, or taken from a template as it is now."""

    questions: Annotated[list[QuestionBody], Field(max_length=MOST_QUESTIONS)] | None = None
    template_id: str | None = Field(
        default=None, max_length=100, description="Instead of questions: copied, and not changed with the template"
    )


class TemplateVersionView(Body):
    """One version of a template."""

    id: str
    version: int


class FormView(Questions):
    """The questions of an event; a consent is kept with the version it was given to."""

    version: int
    consent_asked_from: int = Field(
        description="Who answered an earlier version is to be asked again: what they agreed to has changed"
    )
    template: TemplateVersionView | None = Field(description="The template that says the same, word for word")


def _if_asked(form: object) -> object:
    return None if isinstance(form, Form) and not form.questions else form


ShownForm = Annotated[FormView | None, BeforeValidator(_if_asked)]
"""An event's form as the API shows it: none, if nothing is asked (any more)."""


class NewTemplate(Questions):
    """A template: a name and questions."""

    name: TemplateName


class TemplateRef(ApiModel):
    """A template that was made; read it for the rest."""

    id: str
    version: int


class TemplateSummary(Body):
    """A template in a list."""

    id: str
    name: str
    version: int


class TemplateView(TemplateSummary, Questions):
    """A template with its questions."""


class TemplateRemoved(ApiModel):
    """A template that was deleted; forms made from it stay."""

    id: str


def questions_of(bodies: list[QuestionBody]) -> tuple[Question, ...]:
    """Questions as they are kept."""
    return tuple(Question.model_validate(body.model_dump()) for body in bodies)


def template_ref(template: FormTemplate) -> TemplateRef:
    """A template by id and version."""
    return TemplateRef(id=template.id, version=template.version)
