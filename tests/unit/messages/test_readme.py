"""What events_schemas/README.md gives the Portal's engineers to paste is accepted."""

import json
import re

from local.schemas import DIRECTIONS, SCHEMAS, schema_files
from school_events.messages import PORTAL_MESSAGES
from school_events.people.snapshots import reader, rules

README = (SCHEMAS / "README.md").read_text()
TYPE_OF = {
    "pupil": "PupilChanged",
    "teaching_group": "TeachingGroupChanged",
    "link": "LinkChanged",
    "left_on": "PupilLeft",
    "merged_into": "ContactRemoved",
    "ended_on": "SchoolContractEnded",
}


def test_every_example_is_a_message_we_accept() -> None:
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    assert len(examples) == 7
    for detail in examples:
        (message_type,) = {name for key, name in TYPE_OF.items() if key in detail}
        assert PORTAL_MESSAGES[message_type].read(detail).unknown_fields(detail) == ()


def test_every_line_of_the_snapshot_is_a_record_we_accept() -> None:
    (snapshot,) = re.findall(r"```jsonl\n(.*?)```", README, re.DOTALL)
    lines = [reader.parse(line.encode()) for line in snapshot.splitlines()]
    assert len(lines) == 3
    for message_type, detail in filter(None, lines):
        assert message_type in rules.TYPES
        assert PORTAL_MESSAGES[message_type].read(detail).unknown_fields(detail) == ()
    assert None not in lines


def test_every_type_of_a_snapshot_is_named() -> None:
    said = README.split("### The daily snapshot")[1].split("###")[0]
    assert {name for name in rules.TYPES if f"`{name}`" in said} == set(rules.TYPES)


def test_every_type_is_named() -> None:
    for direction in DIRECTIONS:
        for schema in schema_files(direction):
            assert f"`{schema.name.split('.')[0]}`" in README
