"""Attaching documents to an event, and who may fetch them (B9)."""

from school_events.core import requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound, WrongState
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events import store as events
from school_events.events.access import IsInvited, readable_event
from school_events.events.documents import gateway, rules, store
from school_events.events.documents.api import (
    DocumentRef,
    Documents,
    DocumentToUpload,
    DocumentView,
    NewDocument,
    UploadForm,
)
from school_events.events.documents.model import DocumentDetails, EventDocument
from school_events.people.readings import note_reading


def ask(ctx: Context, request: Request, event_id: str, asked: NewDocument) -> DocumentToUpload:
    """Say what is going to be sent, and get where to. Nobody sees it before it is confirmed.

    The same request again gets the same document with a fresh form. About 20 documents: of several asked for at once
    a few more may get in.

    Raises:
        NotFound: there is no such event.
        WrongState: it is over, or has enough documents.
        Invalid: the name cannot be one.
    """
    earlier = requests.find_earlier_answer(ctx, request, DocumentRef)
    if earlier is not None:
        return _to_upload(ctx, _present(ctx, event_id, earlier.id))
    rules.check_name(asked.name)
    rules.check_open(events.find_event(ctx.school_id, event_id).status)
    if len(store.documents_of(ctx.school_id, event_id)) >= rules.MOST_DOCUMENTS:
        raise WrongState(f"An event has at most {rules.MOST_DOCUMENTS} documents")
    details = DocumentDetails(
        id=ctx.new_id("document"),
        event_id=event_id,
        asked_at=ctx.now,
        **dict(asked) | {"shown_to": rules.readers_of(asked.kind, asked.shown_to)},
    )
    transaction = Transaction(ctx)
    transaction.check(events.event_key(ctx.school_id, event_id), events.is_there(), refusal=NotFound())
    store.create(transaction, ctx.school_id, details, stamp(ctx, "document.asked"))
    requests.remember(ctx, transaction, request, DocumentRef(id=details.id))
    try:
        transaction.commit()
    except AnsweredMeanwhile:
        return ask(ctx, request, event_id, asked)
    return _to_upload(ctx, EventDocument.of(details, "waiting"))


def confirm(ctx: Context, event_id: str, document_id: str) -> DocumentView:
    """Look at the file that was sent, keep it, and let the document be seen; doing it again changes nothing.

    What does not fit stays unseen and can be sent again in time; otherwise housekeeping deletes it.

    Raises:
        NotFound: there is no such document, or no such event any more.
        WrongState: nothing was sent, it is too late, or the event is over.
        Invalid: what was sent is not what was said; names what differs.
        TryAgain: storage does not answer.
    """
    document = _present(ctx, event_id, document_id)
    if document.state == "ready":
        return _view(document)
    rules.check_open(events.find_event(ctx.school_id, event_id).status)
    if not rules.may_be_confirmed(document, ctx.now):
        raise WrongState("It is too late for this document: ask for a new one")
    sent = gateway.sent(ctx.school_id, document)
    if sent is None:
        raise WrongState("No file was sent yet")
    rules.check_file(document, sent.content_type, sent.content)
    gateway.keep(ctx.school_id, document, sent.content)
    store.make_ready(ctx.school_id, document, stamp(ctx, "document.added"))
    return _view(_present(ctx, event_id, document_id))


def list_documents(ctx: Context, event_id: str, is_invited: IsInvited) -> Documents:
    """The documents of an event that the caller may fetch; administrators see what still waits for its file too.

    Raises:
        NotFound: there is no such event, or it is none of the caller's.
    """
    readable_event(ctx, event_id, is_invited)
    found = store.documents_of(ctx.school_id, event_id)
    return Documents(items=[_view(one) for one in found if _is_shown(ctx, one) or ctx.has_role("school_admin")])


def link(ctx: Context, event_id: str, document_id: str, is_invited: IsInvited) -> str:
    """A short-lived link to a document's file; fetching what is for staff only is in the audit log (H6).

    Raises:
        NotFound: there is no such document, or it is not for the caller, or not ready.
    """
    readable_event(ctx, event_id, is_invited)
    document = _present(ctx, event_id, document_id)
    if not _is_shown(ctx, document):
        raise NotFound
    if document.shown_to == "staff":
        note_reading(ctx, "document.read", "document", document.id)
    return gateway.link_to(ctx.school_id, document, rules.LINK_LIFE)


def remove(ctx: Context, event_id: str, document_id: str) -> DocumentRef:
    """Take a document away, whatever became of its event; its file is deleted within minutes.

    Raises:
        NotFound: there is no such document.
    """
    document = _present(ctx, event_id, document_id)
    store.remove(ctx, document)
    return DocumentRef(id=document.id)


def clear_away(school_id: str, document: EventDocument) -> None:
    """Delete a document that was removed or never confirmed, its file first; one that is ready by now stays."""
    if store.give_up(school_id, document):
        gateway.delete(school_id, document)
        store.forget(school_id, document)


def _present(ctx: Context, event_id: str, document_id: str) -> EventDocument:
    document = store.find_document(ctx.school_id, event_id, document_id)
    if document.state == "removed":
        raise NotFound
    return document


def _is_shown(ctx: Context, document: EventDocument) -> bool:
    return document.is_shown_to(staff=ctx.actor.kind == "staff")


def _to_upload(ctx: Context, document: EventDocument) -> DocumentToUpload:
    expires_at = document.asked_at + rules.UPLOADED_WITHIN
    if document.state != "waiting" or ctx.now >= expires_at:
        return DocumentToUpload(document=_view(document), upload=None)
    url, fields = gateway.form_for(ctx.school_id, document, expires_at - ctx.now)
    form = UploadForm(url=url, fields=dict(fields), expires_at=expires_at)
    return DocumentToUpload(document=_view(document), upload=form)


def _view(document: EventDocument) -> DocumentView:
    return DocumentView.model_validate(document.model_dump(exclude={"event_id"}))
