"""Which changes of an event touch what families agreed to, so that they are to be asked again (D3): pure.

A consent is only worth something for what was described when it was given (UK GDPR Art. 4(11): "specific" and
"informed"; DfE, "Health and safety on educational visits": parents are told where a visit goes and what is done there).
"""

from school_events.events.forms.rules import has_consent, questions_that_ask_again
from school_events.events.model import EventDetails

NOT_MATERIAL = frozenset(
    {
        "id",
        "kind",
        "title",
        "description",
        "capacity",
        "minimum",
        "window",
        "offer_hours",
        "archived",
        "created_at",
        # What families never see.
        "for_staff",
        # Looked at question by question.
        "form",
    }
)
"""What may change without anybody being asked again; everything else an event says is material.

A description may say what is done, or have a comma put right: the school knows which, and says so with the change
(``ask_consent_again``). What is added to events later counts as material until it is named here.
"""


def material_changes(before: EventDetails, after: EventDetails) -> tuple[str, ...]:
    """What has changed of what families agreed to: fields of the event, ``form.questions.{id}`` of its form."""
    fields = [
        name
        for name in EventDetails.model_fields
        if name not in NOT_MATERIAL and getattr(before, name) != getattr(after, name)
    ]
    questions = [f"form.questions.{name}" for name in questions_that_ask_again(before.form, after.form)]
    return (*fields, *questions)


def asks_again(before: EventDetails, after: EventDetails) -> bool:
    """Whether those who have answered the form before are to be asked again: there is something to ask, and reason."""
    if questions_that_ask_again(before.form, after.form):
        return True
    return has_consent(after.form) and bool(material_changes(before, after))
