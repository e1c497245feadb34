"""An event's form: what it becomes, and that whatever a family may have answered stays to be read (D3)."""

from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, NotFound
from school_events.events.forms import rules, store
from school_events.events.forms.api import FormBody, questions_of
from school_events.events.forms.material import asks_again
from school_events.events.forms.model import Form, Question, TemplateVersion
from school_events.events.model import EventDetails, SchoolEvent


def asked_form(school_id: str, asked: FormBody | None, before: Form | None) -> Form | None:
    """The form a school asks for.

    Args:
        school_id: whose templates count.
        asked: the questions, or the template they are copied from; nothing, if nothing is to be asked.
        before: the form so far, so that new questions are a new version.

    Raises:
        Invalid: it cannot be asked, or there is no such template; names the field.
    """
    questions, template = _questions(school_id, asked)
    rules.check_questions(questions)
    return rules.next_form(before, questions, template)


def _questions(school_id: str, asked: FormBody | None) -> tuple[tuple[Question, ...], TemplateVersion | None]:
    if asked is None:
        return (), None
    if asked.template_id is None:
        if asked.questions is None:
            raise Invalid.of("form.questions", "is required, unless a template is named")
        return questions_of(asked.questions), None
    if asked.questions is not None:
        raise Invalid.of("form.questions", "cannot be given together with a template")
    try:
        template = store.find_template(school_id, asked.template_id)
    except NotFound:
        raise Invalid.of("form.template_id", "is no template of this school") from None
    return template.questions, TemplateVersion(id=template.id, version=template.version)


def after_publishing(
    transaction: Transaction, ctx: Context, before: EventDetails, after: EventDetails, *, ask_again: bool
) -> EventDetails:
    """What a change makes of an event families have seen: its form has a new version if they are to be asked again.

    The form that is replaced is kept, in the transaction that replaces it, since somebody may have answered it.

    Args:
        transaction: of the change.
        ctx: the moment.
        before: the event so far.
        after: the event with its changes.
        ask_again: whether the school says that families are to be asked again, however little has changed.

    Raises:
        Invalid: families are to be asked again for a consent that the form does not have.
        WrongState: a question becomes one about health, or is none any more; names it.
    """
    form = after.form
    if ask_again and not rules.has_consent(form):
        raise Invalid.of("ask_consent_again", "the form has no consent to ask for again")
    if form is None:
        return after
    rules.check_health_stays(before.form, form)
    if ask_again or asks_again(before, after):
        form = rules.asking_again(before.form, form)
    if before.form is not None and before.form.version != form.version:
        transaction.put(store.form_item(ctx.school_id, before.id, before.form))
    return after.model_copy(update={"form": form})


def form_of_version(school_id: str, event: SchoolEvent, version: int) -> Form | None:
    """The form of an event as it was answered, with its exact words; nothing, if there was none."""
    if event.form is not None and event.form.version == version:
        return event.form
    return store.find_form(school_id, event.id, version)
