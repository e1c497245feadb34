"""The Events table's earlier forms of events, and the form templates of schools."""

from collections.abc import Iterator

from pynamodb.attributes import NumberAttribute

from school_events.core.attributes import VersionAttribute
from school_events.core.change import Change
from school_events.core.dynamodb import Document, Key, Transaction, school_key
from school_events.core.errors import NotFound, StaleVersion
from school_events.events.forms.model import Form, FormTemplate
from school_events.events.store import EventsTableItem, event_key


class FormItem(EventsTableItem, discriminator="form"):
    """A version of an event's form that families may have answered and that is not asked any more."""

    record = Document(Form)


class TemplateItem(EventsTableItem, discriminator="form_template"):
    """A form template of a school."""

    version: VersionAttribute = NumberAttribute()
    record = Document(FormTemplate)
    change = Document(Change)


def form_item(school_id: str, event_id: str, form: Form) -> FormItem:
    """An earlier form as it is kept."""
    key = form_key(school_id, event_id, form.version)
    return FormItem(key.pk, key.sk, record=form)


def form_key(school_id: str, event_id: str, version: int) -> Key[FormItem]:
    """Names an earlier form of an event."""
    return Key(FormItem, event_key(school_id, event_id).pk, f"FORM#{version}")


def find_form(school_id: str, event_id: str, version: int) -> Form | None:
    """An earlier form of an event, if it was ever replaced (strongly consistent)."""
    key = form_key(school_id, event_id, version)
    try:
        return FormItem.get(key.pk, key.sk, consistent_read=True).record
    except FormItem.DoesNotExist:
        return None


def template_item(school_id: str, template: FormTemplate, change: Change) -> TemplateItem:
    """A template as it is kept."""
    key = template_key(school_id, template.id)
    return TemplateItem(key.pk, key.sk, version=template.version, record=template, change=change)


def template_key(school_id: str, template_id: str) -> Key[TemplateItem]:
    """Names a template."""
    return Key(TemplateItem, school_key(school_id, "FORM_TEMPLATES"), f"TEMPLATE#{template_id}")


def update_template(transaction: Transaction, school_id: str, template: FormTemplate, change: Change) -> None:
    """Put a template's next version in the place of the one before, in a transaction.

    The commit raises :class:`StaleVersion` if that is not the version that is there.
    """
    unchanged = TemplateItem.version == template.version - 1
    transaction.put(template_item(school_id, template, change), unchanged, refusal=StaleVersion())


def delete_template(transaction: Transaction, school_id: str, template: FormTemplate) -> None:
    """Delete a template, in a transaction; the commit raises :class:`StaleVersion` if it has another version."""
    unchanged = TemplateItem.version == template.version
    transaction.delete(template_key(school_id, template.id), unchanged, refusal=StaleVersion())


def find_template(school_id: str, template_id: str) -> FormTemplate:
    """A template as it is now (strongly consistent).

    Raises:
        NotFound: the school has no such template.
    """
    key = template_key(school_id, template_id)
    try:
        return TemplateItem.get(key.pk, key.sk, consistent_read=True).record
    except TemplateItem.DoesNotExist:
        raise NotFound from None


def templates_after(school_id: str, after: str) -> Iterator[FormTemplate]:
    """A school's templates in the order they were made, after the one of an id (strongly consistent)."""
    first = template_key(school_id, after)
    items = TemplateItem.query(first.pk, TemplateItem.sk > first.sk, consistent_read=True)
    return (item.record for item in items)
