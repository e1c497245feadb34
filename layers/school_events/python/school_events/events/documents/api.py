"""What the routes of documents take and give."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from school_events.core.http import ApiModel, WholeNumber
from school_events.events.bodies import Body
from school_events.events.documents.model import ContentType, DocumentKind, DocumentState, Readers
from school_events.events.documents.rules import MOST_BYTES


class NewDocument(Body):
    """A document that is to be sent."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    kind: DocumentKind
    content_type: ContentType
    size: Annotated[WholeNumber, Field(ge=1, le=MOST_BYTES, description="Of the file, in bytes")]
    shown_to: Readers | None = Field(
        default=None, description="`families` unless given, a risk assessment `staff`; staff see what families see"
    )


class DocumentView(Body):
    """A document; its file can be fetched at `…/file` once it is `ready`."""

    id: str
    name: str
    kind: DocumentKind
    shown_to: Readers
    content_type: ContentType
    size: int
    state: DocumentState = Field(description="`waiting` until it is confirmed that the file was sent")
    asked_at: datetime


class UploadForm(ApiModel):
    """Where to send the file: a `multipart/form-data` POST with these fields, then the file in `file`, the last."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class DocumentToUpload(ApiModel):
    """A document that is asked for, and where its file goes; null once that is settled or too late."""

    document: DocumentView
    upload: UploadForm | None


class DocumentRef(ApiModel):
    """A document by id."""

    id: str


class Documents(ApiModel):
    """The documents of an event that the caller may see, oldest first."""

    items: list[DocumentView]
