"""Documents of an event: asked for, sent to storage, confirmed, fetched, taken away."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from school_events.core.errors import Invalid, NotFound, TryAgain, WrongState
from school_events.core.http import SchoolApi, reply
from school_events.events.documents import service
from school_events.events.documents.api import DocumentRef, Documents, DocumentToUpload, DocumentView, NewDocument
from school_events.invitations.service import is_invited
from school_events.people import access

api = SchoolApi("event_documents", access=access.check)
DOCUMENTS = "/v1/schools/{school_id}/events/{event_id}/documents"
DOCUMENT = f"{DOCUMENTS}/{{document_id}}"


@api.route(
    "POST",
    DOCUMENTS,
    roles={"school_admin"},
    summary="Ask where to send a document; nobody sees it before it is confirmed",
    status=201,
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def ask(school_id: str, event_id: str, body: NewDocument) -> Response[DocumentToUpload]:
    asked = service.ask(api.context, api.asked(body), event_id, body)
    return reply(
        asked, status=201, location=f"/v1/schools/{school_id}/events/{event_id}/documents/{asked.document.id}/file"
    )


@api.route(
    "POST",
    f"{DOCUMENT}/confirm",
    roles={"school_admin"},
    summary="Say that a document was sent: its file is looked at, then the document can be seen",
    errors=(NotFound, WrongState, Invalid, TryAgain),
)
def confirm(school_id: str, event_id: str, document_id: str) -> DocumentView:
    return service.confirm(api.context, event_id, document_id)


@api.route(
    "GET",
    DOCUMENTS,
    roles={"school_admin", "staff", "parent"},
    summary="An event's documents; parents of children invited to it see those that are for families",
    errors=(NotFound,),
)
def list_documents(school_id: str, event_id: str) -> Documents:
    return service.list_documents(api.context, event_id, is_invited)


@api.route(
    "GET",
    f"{DOCUMENT}/file",
    roles={"school_admin", "staff", "parent"},
    summary="Fetch a document",
    status=303,
    errors=(NotFound,),
)
def fetch_file(school_id: str, event_id: str, document_id: str) -> Response[None]:
    """Leads to a link that works for at most 5 minutes and is saved as a file, never shown."""
    link = service.link(api.context, event_id, document_id, is_invited)
    return Response(status_code=303, headers={"Location": link, "Cache-Control": "no-store"})


@api.route(
    "DELETE",
    DOCUMENT,
    roles={"school_admin"},
    summary="Take a document away; its file is deleted within minutes",
    errors=(NotFound, TryAgain),
)
def remove(school_id: str, event_id: str, document_id: str) -> DocumentRef:
    return service.remove(api.context, event_id, document_id)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request."""
    return api.handle(event, context)
