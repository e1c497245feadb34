"""Files to test with: the least that is what it says."""

import io
import zipfile

from school_events.events.documents.model import ContentType

DOCX: ContentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def archive(*names: str) -> bytes:
    """A zip archive of empty files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as kept:
        for name in names:
            kept.writestr(name, "")
    return file.getvalue()


FILES: dict[ContentType, bytes] = {
    "application/pdf": PDF,
    DOCX: archive("[Content_Types].xml", "word/document.xml"),
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
}
