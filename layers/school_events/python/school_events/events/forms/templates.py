"""Form templates of a school: questions written once, to make forms of events from."""

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.dynamodb import Transaction
from school_events.core.errors import StaleVersion
from school_events.core.http import Page
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events.forms import store
from school_events.events.forms.api import (
    NewTemplate,
    TemplateRef,
    TemplateSummary,
    TemplateView,
    questions_of,
    template_ref,
)
from school_events.events.forms.model import FormTemplate
from school_events.events.forms.rules import check_questions


def create(ctx: Context, request: Request, asked: NewTemplate) -> TemplateRef:
    """Make a template.

    Raises:
        Invalid: its questions cannot be asked; names the field.
    """
    earlier = requests.find_earlier_answer(ctx, request, TemplateRef)
    if earlier is not None:
        return earlier
    template = _template(ctx.new_id("template"), asked, version=1)
    answer = template_ref(template)
    created = stamp(ctx, "form_template.created")
    transaction = Transaction(ctx).create(store.template_item(ctx.school_id, template, created))
    requests.remember(ctx, transaction, request, answer)
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return create(ctx, request, asked)
    return answer


def list_templates(ctx: Context, limit: int, cursor: str | None) -> Page[TemplateSummary]:
    """A page of the school's templates, in the order they were made.

    Raises:
        Invalid: the cursor is not one of this list.
    """
    scope = f"{ctx.school_id}/form-templates"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    page: list[TemplateSummary] = []
    for template in store.templates_after(ctx.school_id, after):
        if len(page) == limit:
            return Page(items=page, next_cursor=seal({"after": page[-1].id}, scope))
        page.append(TemplateSummary.model_validate(template))
    return Page(items=page)


def read(ctx: Context, template_id: str) -> TemplateView:
    """A template with its questions.

    Raises:
        NotFound: there is none.
    """
    return TemplateView.model_validate(store.find_template(ctx.school_id, template_id))


def replace(ctx: Context, template_id: str, version: int, asked: NewTemplate) -> TemplateView:
    """Put other questions, or another name, in the place of a template's; forms made from it stay as they are.

    Args:
        ctx: the moment.
        template_id: which.
        version: the version the caller read.
        asked: what it says from now on.

    Raises:
        NotFound: there is none.
        StaleVersion: it has changed since that version.
        Invalid: its questions cannot be asked; names the field.
    """
    before = _of_version(ctx, template_id, version)
    after = _template(template_id, asked, version=version)
    if after == before:
        return TemplateView.model_validate(before)
    after = after.model_copy(update={"version": version + 1})
    transaction = Transaction(ctx)
    store.update_template(transaction, ctx.school_id, after, stamp(ctx, "form_template.changed"))
    transaction.commit()
    return TemplateView.model_validate(after)


def remove(ctx: Context, template_id: str, version: int) -> None:
    """Delete a template; it is stamped before it goes, so that its end is in the audit log (H6).

    Raises:
        NotFound: there is none.
        StaleVersion: it has changed since that version.
    """
    before = _of_version(ctx, template_id, version)
    gone = before.model_copy(update={"version": version + 1})
    stamped = Transaction(ctx)
    store.update_template(stamped, ctx.school_id, gone, stamp(ctx, "form_template.deleted"))
    stamped.commit()
    deletion = Transaction(ctx)
    store.delete_template(deletion, ctx.school_id, gone)
    deletion.commit()


def _of_version(ctx: Context, template_id: str, version: int) -> FormTemplate:
    template = store.find_template(ctx.school_id, template_id)
    if template.version != version:
        raise StaleVersion
    return template


def _template(template_id: str, asked: NewTemplate, *, version: int) -> FormTemplate:
    questions = questions_of(asked.questions)
    check_questions(questions, "questions")
    return FormTemplate(id=template_id, name=asked.name, questions=questions, version=version)
