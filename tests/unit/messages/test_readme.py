"""What events_schemas/README.md gives the Portal's engineers to paste is accepted."""

import json
import re

from local.schemas import DIRECTIONS, SCHEMAS, schema_files
from school_events.messages import PORTAL_MESSAGES

README = (SCHEMAS / "README.md").read_text()
TYPE_OF = {"pupil": "PupilChanged", "link": "LinkChanged", "left_on": "PupilLeft"}


def test_every_example_is_a_message_we_accept() -> None:
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    assert len(examples) == 4
    for detail in examples:
        (message_type,) = {name for key, name in TYPE_OF.items() if key in detail}
        assert PORTAL_MESSAGES[message_type].read(detail).unknown_fields(detail) == ()


def test_every_type_is_named() -> None:
    for direction in DIRECTIONS:
        for schema in schema_files(direction):
            assert f"`{schema.name.split('.')[0]}`" in README
