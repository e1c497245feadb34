"""Documents of an event: itineraries, risk assessments, letters, attached as files (B9)."""

from typing import Annotated, Literal, Self

from school_events.core.inventory import Category, Count, Instant, Kept, Purpose, Record, Retention, Text, ThingId

DocumentKind = Literal["itinerary", "risk_assessment", "letter", "other"]
Readers = Literal["families", "staff"]
"""``families``: those whose children are invited, and staff; ``staff``: administrators and the event's own staff."""

ContentType = Literal[
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "image/png",
    "image/jpeg",
]
DocumentState = Literal["waiting", "ready", "removed"]
"""``waiting`` for its file, or for the file to be looked at; ``removed`` until housekeeping has deleted it."""

OF_A_DOCUMENT = Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)

SortOfDocument = Annotated[DocumentKind, OF_A_DOCUMENT]
ShownTo = Annotated[Readers, OF_A_DOCUMENT]
MediaType = Annotated[ContentType, OF_A_DOCUMENT]


class DocumentDetails(Record):
    """What was said of a document when it was asked for; ``size`` in bytes is exactly that of its file."""

    id: ThingId
    event_id: ThingId
    name: Text
    kind: SortOfDocument
    shown_to: ShownTo
    content_type: MediaType
    size: Count
    asked_at: Instant


class EventDocument(DocumentDetails):
    """A document with where it stands."""

    state: Annotated[DocumentState, OF_A_DOCUMENT]

    @classmethod
    def of(cls, details: DocumentDetails, state: DocumentState) -> Self:
        """Details with the state they are kept under."""
        return cls(**dict(details), state=state)

    @property
    def details(self) -> DocumentDetails:
        """What was said of it, without where it stands."""
        return DocumentDetails(**{name: getattr(self, name) for name in DocumentDetails.model_fields})

    def is_shown_to(self, *, staff: bool) -> bool:
        """Whether somebody who may read the event may fetch it: staff of the event, or else a family."""
        return self.state == "ready" and (staff or self.shown_to == "families")
