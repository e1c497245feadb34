"""Reading a snapshot's file: gzip, one JSON object a line, never more than one line in memory.

Nothing about the file is believed: neither how long it is, nor how long its lines are, nor that they are JSON.
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import IO, Any

from school_events.people.rules import Thing
from school_events.people.snapshots import rules
from school_events.people.snapshots.model import SnapshotRefused

LONGEST_LINE = 256 * 1024
"""No message on the bus is longer (EventBridge), so no line has reason to be."""

MOST_BYTES = 1024**3
"""More than 2,500,000 records of the size that schools have: what unpacks to more is no school."""


@dataclass
class Contents:
    """What a whole look at a snapshot shows: which things it has, and whether that is known of every line.

    ``leavers`` are the ids of pupils it says have left; ``school`` are the lines about the school itself.
    """

    things: set[str] = field(default_factory=set)
    leavers: set[str] = field(default_factory=set)
    school: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lines: int = 0
    is_complete: bool = True

    def says_left(self, thing: Thing) -> bool:
        """Whether this is a pupil who has left."""
        return thing.kind == "pupil" and thing.ids[0] in self.leavers


def lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file and their numbers from 1; nothing for one that is too long.

    Args:
        file: the compressed file, read from its start.

    Raises:
        SnapshotRefused: it is damaged, no gzip at all, or unpacks to more than any school has.
    """
    file.seek(0)
    try:
        with gzip.open(file) as content:
            yield from _lines(partial(content.readline, LONGEST_LINE + 1))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise SnapshotRefused("damaged") from None


def _lines(read: Callable[[], bytes]) -> Iterator[tuple[int, bytes | None]]:
    number = unpacked = 0
    while piece := read():
        number += 1
        unpacked += len(piece)
        line = piece if _is_end(piece) else None
        while not _is_end(piece):
            piece = read()
            unpacked += len(piece)
            _require_bounds(unpacked)
        _require_bounds(unpacked)
        yield number, line


def _is_end(piece: bytes) -> bool:
    """Whether a line ends with what was read of it."""
    return len(piece) <= LONGEST_LINE or piece.endswith(b"\n")


def _require_bounds(unpacked: int) -> None:
    if unpacked > MOST_BYTES:
        raise SnapshotRefused("too-large")


def parse(line: bytes | None) -> tuple[str, dict[str, Any]] | None:
    """A line's message type and detail; nothing if it has not the form of a record."""
    if line is None:
        return None
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or not isinstance(record.get("detail"), dict):
        return None
    message_type = record.get("detail-type")
    return (message_type, record["detail"]) if isinstance(message_type, str) else None


def check(file: IO[bytes], school_id: str, records: int) -> Contents:
    """Look at the whole file once.

    Args:
        file: the compressed file, which has arrived whole.
        school_id: whose every line must be.
        records: how many lines the Portal says it has.

    Raises:
        SnapshotRefused: it is damaged, empty, has another number of lines, or one of another school.
    """
    contents = Contents()
    for number, line in lines(file):
        if number > records:
            raise SnapshotRefused("records")
        contents.lines = number
        _look_at(line, school_id, contents)
    if contents.lines != records:
        raise SnapshotRefused("records")
    if not records:
        raise SnapshotRefused("empty")
    return contents


def _look_at(line: bytes | None, school_id: str, contents: Contents) -> None:
    record = parse(line)
    if record is not None and record[1].get("school_id") != school_id:
        raise SnapshotRefused("foreign-school")
    thing = None if record is None else rules.thing_of(*record)
    if record is None or thing is None:
        contents.is_complete = False
        return
    if thing.kind == "school":
        contents.school.append(record)
    if record[0] == "PupilLeft":
        contents.leavers.add(thing.ids[0])
    contents.things.add(rules.name_of(thing))
