"""Nothing about a snapshot's file is believed: damage, endless lines and bombs end in a refusal, not in trouble."""

import gzip
import io
import json
from typing import Any

import pytest

from school_events.people.snapshots import reader
from school_events.people.snapshots.model import SnapshotRefused
from tests.support.contexts import SCHOOL
from tests.support.people import contact_told, link_told, portal_message, pupil_told, school_told, staff_told
from tests.support.snapshots import packed


def _file(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def _refusal(content: bytes, records: int = 1) -> str:
    with pytest.raises(SnapshotRefused) as refused:
        reader.check(_file(content), SCHOOL, records)
    return refused.value.reason


def _left() -> Any:
    return portal_message("PupilLeft", {"pupil_id": "pupil-2", "left_on": "2026-07-21"}, version=2)


def test_a_look_at_the_whole_file_shows_what_is_in_it() -> None:
    lines = [school_told(), pupil_told(), pupil_told("pupil-2"), _left(), contact_told(), link_told(), staff_told()]
    contents = reader.check(_file(packed(lines)), SCHOOL, len(lines))
    assert contents.things == {
        f"school#{SCHOOL}",
        "pupil#pupil-1",
        "pupil#pupil-2",
        "contact#contact-1",
        "link#contact-1#pupil-1",
        "staff#staff-1",
    }
    assert contents.leavers == {"pupil-2"}
    assert [message_type for message_type, _ in contents.school] == ["SchoolUpdated.v2"]
    assert contents.is_complete


@pytest.mark.parametrize("cut", [1, 5, 30, -1, -4, -9])
def test_a_file_that_was_cut_is_damaged(cut: int) -> None:
    assert _refusal(packed([pupil_told()])[:cut]) == "damaged"


def test_what_is_no_gzip_is_damaged() -> None:
    assert _refusal(b'{"detail-type": "PupilChanged"}\n') == "damaged"


def test_a_file_with_a_flipped_bit_is_damaged() -> None:
    content = bytearray(packed([pupil_told(), contact_told()]))
    content[len(content) // 2] ^= 8
    assert _refusal(bytes(content), 2) == "damaged"


def test_rubbish_behind_the_file_is_damage() -> None:
    assert _refusal(packed([pupil_told()]) + b"rubbish") == "damaged"


def test_a_line_of_another_school_condemns_the_whole() -> None:
    foreign = portal_message("ContactRemoved", {"contact_id": "contact-9"}, school_id="school-2")
    assert _refusal(packed([pupil_told(), foreign]), 2) == "foreign-school"


def test_a_line_that_names_no_school_condemns_the_whole() -> None:
    message_type, detail = pupil_told()
    assert _refusal(packed([(message_type, detail | {"school_id": None})])) == "foreign-school"


@pytest.mark.parametrize("records", [1, 3])
def test_a_line_too_few_or_too_many_condemns_the_whole(records: int) -> None:
    assert _refusal(packed([pupil_told(), contact_told()]), records) == "records"


def test_an_empty_file_is_refused() -> None:
    assert _refusal(gzip.compress(b""), 0) == "empty"


UNREADABLE = {
    "not JSON": b"{\n",
    "an empty line": b"\n",
    "no record": b"[1]\n",
    "no detail": b'{"detail-type": "PupilChanged", "detail": 1}\n',
    "no type": json.dumps({"detail": {"school_id": SCHOOL}}).encode() + b"\n",
    "not in a snapshot": json.dumps({"detail-type": "PupilRemoved", "detail": {"school_id": SCHOOL}}).encode() + b"\n",
    "no id": json.dumps({"detail-type": "PupilChanged", "detail": {"school_id": SCHOOL, "pupil": {}}}).encode() + b"\n",
    "an id that is none": json.dumps(
        {"detail-type": "PupilChanged", "detail": {"school_id": SCHOOL, "pupil": {"id": "a b"}}}
    ).encode()
    + b"\n",
    "not text": b"\xff\xfe\n",
    "nested without end": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("line", UNREADABLE.values(), ids=UNREADABLE)
def test_after_a_line_that_cannot_be_read_nothing_can_be_said_to_be_absent(line: bytes) -> None:
    contents = reader.check(_file(packed([pupil_told(), line, contact_told()])), SCHOOL, 3)
    assert not contents.is_complete
    assert contents.things == {"pupil#pupil-1", "contact#contact-1"}


def test_a_line_without_end_is_passed_over_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LONGEST_LINE", 100)
    lines = [b"a" * 99 + b"\n", b"b" * 100 + b"\n", b"c" * 101 + b"\n", b"d" * 350 + b"\n", b"e\n", b"f" * 202]
    found = list(reader.lines(_file(packed(lines))))
    assert [number for number, _ in found] == [1, 2, 3, 4, 5, 6]
    assert [line for _, line in found] == [lines[0], lines[1], None, None, lines[4], None]


@pytest.mark.parametrize("content", [b"\0" * 40_000, b"\n" * 40_000, (b"a" * 99 + b"\n") * 400])
def test_what_unpacks_to_more_than_any_school_has_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr(reader, "MOST_BYTES", 30_000)
    monkeypatch.setattr(reader, "LONGEST_LINE", 1_000)
    with pytest.raises(SnapshotRefused, match="too-large"):
        list(reader.lines(_file(gzip.compress(content))))


def test_a_bomb_of_empty_lines_stops_at_the_number_of_records() -> None:
    assert _refusal(gzip.compress(b"\n" * 1_000_000), 10) == "records"
