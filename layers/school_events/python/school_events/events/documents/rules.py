"""How long an upload may take, whether a file is what it says, what it is called: pure.

A file is sent straight to storage, to a place of its own that nobody reads from, under a policy that names its exact
place, type and size. What was sent is then looked at and kept in another place, which no upload can reach: what was
checked is what is given out.
"""

import io
import unicodedata
import zipfile
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from school_events.core.errors import Invalid, WrongState
from school_events.events.documents.model import ContentType, DocumentDetails, DocumentKind, Readers
from school_events.events.model import EventStatus

MOST_BYTES = 10 * 1024**2
MOST_DOCUMENTS = 20
"""An event has at most about so many documents, so that a draft goes with all of them in one transaction."""

UPLOADED_WITHIN = timedelta(minutes=10)
"""So long a file may be sent after it was asked for."""

CONFIRMED_WITHIN = timedelta(minutes=30)
"""So long after it was asked for it may be confirmed that it was sent."""

GIVEN_UP_AFTER = timedelta(hours=1)
"""When a document nobody confirmed goes: long after the last request that could still have done so."""

CLEARED_AFTER = timedelta(minutes=1)
"""So long after its removal a document's file is deleted: every request that could still keep it has ended."""

LINK_LIFE = timedelta(minutes=5)
"""How long a link to a file works (G2)."""

Place = Literal["waiting", "kept"]
PLACES: tuple[Place, ...] = ("waiting", "kept")

_OPEN: frozenset[EventStatus] = frozenset({"draft", "publishing", "published", "closed"})
_ENDINGS: dict[ContentType, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
}
_BEGINNINGS: dict[ContentType, bytes] = {
    "application/pdf": b"%PDF-",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": b"PK\x03\x04",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_WORDS_OWN = "word/document.xml"
_MACROS = "vbaproject.bin"
"""In lower case: the names of parts do not differ by case alone (ECMA-376, part 2)."""

_UNSEEN = ("C", "Zl", "Zp")
"""Categories of signs that cannot be seen, or end a line (Unicode)."""


def check_open(status: EventStatus) -> None:
    """Whether documents may be added to an event.

    Raises:
        WrongState: it is over or cancelled.
    """
    if status not in _OPEN:
        raise WrongState(f"An event that is {status} takes no more documents")


def check_name(name: str) -> None:
    """Whether a document can be called so.

    Raises:
        Invalid: the name has slashes, or signs that cannot be seen, which could make it look like another.
    """
    if any(sign in "/\\" or unicodedata.category(sign).startswith(_UNSEEN) for sign in name):
        raise Invalid.of("name", "must not have slashes or signs that cannot be seen")


def readers_of(kind: DocumentKind, asked: Readers | None) -> Readers:
    """Who may read a document: as asked; unless told a risk assessment is for staff, the rest for families too."""
    return asked or ("staff" if kind == "risk_assessment" else "families")


def may_be_confirmed(details: DocumentDetails, now: datetime) -> bool:
    """Whether there is still time to say that the file was sent."""
    return now < details.asked_at + CONFIRMED_WITHIN


def check_file(details: DocumentDetails, content_type: str, content: bytes) -> None:
    """Whether what was sent is what was said.

    Raises:
        Invalid: another size or type; or it does not begin as such a file does, or is a document with macros.
    """
    if len(content) != details.size:
        raise Invalid.of("size", "is not that of the file that was sent")
    if content_type != details.content_type or not content.startswith(_BEGINNINGS[details.content_type]):
        raise Invalid.of("content_type", "is not that of the file that was sent")
    if details.content_type.endswith("wordprocessingml.document") and not _is_plain_docx(content):
        raise Invalid.of("content_type", "is not that of the file that was sent: a document of Word without macros")


def _is_plain_docx(content: bytes) -> bool:
    """Whether an archive is a document of Word without macros (ECMA-376, part 2); nothing in it is unpacked."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return _WORDS_OWN in names and not any(name.lower().endswith(_MACROS) for name in names)


def object_key(school_id: str, details: DocumentDetails, place: Place) -> str:
    """Where a file lies: by school, so that all of one school's can be found."""
    return f"{place}/{school_id}/{details.event_id}/{details.id}"


def disposition(details: DocumentDetails) -> str:
    """What makes a browser save a file under its name and never show it (RFC 6266)."""
    name = _file_name(details)
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in " ._-()") else "_" for sign in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _file_name(details: DocumentDetails) -> str:
    endings = _ENDINGS[details.content_type]
    return details.name if details.name.lower().endswith(endings) else details.name + endings[0]
