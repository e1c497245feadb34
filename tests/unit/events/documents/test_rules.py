"""Whether a file is what it says, what it is called, and where it lies (B9)."""

import re
from datetime import UTC, datetime, timedelta
from typing import get_args
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.errors import Invalid, WrongState
from school_events.events.documents import rules
from school_events.events.documents.model import (
    ContentType,
    DocumentDetails,
    DocumentKind,
    DocumentState,
    EventDocument,
    Readers,
)
from school_events.events.model import EventStatus
from tests.unit.events.documents.things import DOCX, FILES, PDF, archive

BEGINNINGS: dict[ContentType, bytes] = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8\xff",
}
ASKED_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def a_document(
    content_type: ContentType = "application/pdf",
    size: int = len(PDF),
    name: str = "Letter",
    shown_to: Readers = "families",
) -> DocumentDetails:
    """What was said of a document."""
    return DocumentDetails(
        id="document_1",
        event_id="event_1",
        name=name,
        kind="letter",
        shown_to=shown_to,
        content_type=content_type,
        size=size,
        asked_at=ASKED_AT,
    )


def blamed(details: DocumentDetails, content_type: str, content: bytes) -> str:
    """The field that does not fit what was sent."""
    with pytest.raises(Invalid) as caught:
        rules.check_file(details, content_type, content)
    return caught.value.fields[0].field


@pytest.mark.parametrize("content_type", FILES)
def test_a_file_that_is_what_it_says_is_kept(content_type: ContentType) -> None:
    content = FILES[content_type]
    rules.check_file(a_document(content_type, len(content)), content_type, content)


@pytest.mark.parametrize("said", FILES)
@pytest.mark.parametrize("is_really", FILES)
def test_a_file_that_begins_as_another_kind_does_is_refused(said: ContentType, is_really: ContentType) -> None:
    if said != is_really:
        content = FILES[is_really]
        assert blamed(a_document(said, len(content)), said, content) == "content_type"


@given(content=st.binary(max_size=64))
def test_no_other_content_is_taken_for_a_file(content: bytes) -> None:
    for content_type, begins in BEGINNINGS.items():
        if not content.startswith(begins):
            assert blamed(a_document(content_type, len(content)), content_type, content) == "content_type"


@given(content=st.binary(max_size=200))
def test_no_archive_that_is_broken_is_a_document_of_word_and_none_is_an_error(content: bytes) -> None:
    sent = b"PK\x03\x04" + content
    assert blamed(a_document(DOCX, len(sent)), DOCX, sent) == "content_type"


@pytest.mark.parametrize(
    "names",
    [
        ("xl/workbook.xml",),
        ("word/document.xml", "word/vbaProject.bin"),
        ("word/document.xml", "word/VBAPROJECT.BIN"),
        ("Main.class",),
        (),
    ],
    ids=["a workbook", "macros", "macros in capitals", "a program", "empty"],
)
def test_an_archive_that_is_no_plain_document_of_word_is_refused(names: tuple[str, ...]) -> None:
    content = archive(*names)
    assert blamed(a_document(DOCX, len(content)), DOCX, content) == "content_type"


def test_a_file_of_another_size_is_refused() -> None:
    assert blamed(a_document(size=len(PDF) + 1), "application/pdf", PDF) == "size"


def test_a_file_under_another_type_is_refused() -> None:
    assert blamed(a_document(), "text/html", PDF) == "content_type"


@pytest.mark.parametrize("kind", get_args(DocumentKind))
@pytest.mark.parametrize("asked", [None, "families", "staff"])
def test_a_risk_assessment_is_for_staff_unless_told_and_the_rest_for_families_too(
    kind: DocumentKind, asked: Readers | None
) -> None:
    unless_told = "staff" if kind == "risk_assessment" else "families"
    assert rules.readers_of(kind, asked) == (asked or unless_told)


@pytest.mark.parametrize("state", get_args(DocumentState))
@pytest.mark.parametrize("shown_to", get_args(Readers))
@pytest.mark.parametrize("staff", [True, False])
def test_only_what_is_ready_is_shown_and_to_families_only_what_is_theirs(
    state: DocumentState, shown_to: Readers, staff: bool
) -> None:
    document = EventDocument.of(a_document(shown_to=shown_to), state)
    assert document.is_shown_to(staff=staff) == (state == "ready" and (staff or shown_to == "families"))


@pytest.mark.parametrize("status", get_args(EventStatus))
def test_what_is_over_takes_no_more_documents(status: EventStatus) -> None:
    if status in {"completed", "cancelled"}:
        with pytest.raises(WrongState):
            rules.check_open(status)
    else:
        rules.check_open(status)


def test_a_document_is_given_up_long_after_the_last_request_that_could_have_confirmed_it() -> None:
    late = ASKED_AT + rules.CONFIRMED_WITHIN
    assert rules.may_be_confirmed(a_document(), late - timedelta(microseconds=1))
    assert not rules.may_be_confirmed(a_document(), late)
    assert rules.UPLOADED_WITHIN < rules.CONFIRMED_WITHIN
    assert timedelta(minutes=1) <= rules.GIVEN_UP_AFTER - rules.CONFIRMED_WITHIN
    assert timedelta(seconds=30) < rules.CLEARED_AFTER, "a request to the API ends after 30 s"


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "a\nb", "a\x00", "evil\u202efdp.exe", "a\u200bb", "a\u2028b", "\ud800"]
)
def test_a_name_that_could_look_like_another_is_refused(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_name(name)
    assert caught.value.fields[0].field == "name"


SAVED_AS = re.compile(r"attachment; filename=\"([A-Za-z0-9 ._()-]*)\"; filename\*=UTF-8''([A-Za-z0-9%._~-]*)")
names = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="/\\"), min_size=1, max_size=120)


@given(name=names)
def test_a_file_is_saved_under_its_name_and_no_name_can_say_anything_else(name: str) -> None:
    rules.check_name(name)
    found = SAVED_AS.fullmatch(rules.disposition(a_document(name=name)))
    assert found is not None
    assert unquote(found[2]) == (name if name.lower().endswith(".pdf") else f"{name}.pdf")


def test_a_name_with_an_ending_keeps_it_and_one_with_another_gets_the_right_one() -> None:
    assert 'filename="Map.JPEG"' in rules.disposition(a_document("image/jpeg", name="Map.JPEG"))
    assert 'filename="Map.exe.jpg"' in rules.disposition(a_document("image/jpeg", name="Map.exe"))


def test_a_file_lies_under_its_school_and_never_where_uploads_go() -> None:
    sent, kept = (rules.object_key("school-1", a_document(), place) for place in rules.PLACES)
    assert (sent, kept) == ("waiting/school-1/event_1/document_1", "kept/school-1/event_1/document_1")
