"""The schemas, the samples and the generated models say the same."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, FormatChecker

from local.schemas import DIRECTIONS, SCHEMAS, differences, generated_files, main, message_type, schema_files
from school_events.messages import PORTAL_MESSAGES, SCHOOL_EVENT_MESSAGES, Message

ENVELOPE = ("school_id", "message_id", "occurred_at", "version")
ALL_SCHEMAS = [schema for direction in DIRECTIONS for schema in schema_files(direction)]
REGISTRIES: Mapping[str, Mapping[str, type[Message]]] = {
    "portal": PORTAL_MESSAGES,
    "school_events": SCHOOL_EVENT_MESSAGES,
}


def load(path: Path) -> dict[str, object]:
    """The JSON object in a file."""
    content: dict[str, object] = json.loads(path.read_text())
    return content


def sample_of(schema: Path) -> dict[str, object]:
    """The golden sample that belongs to a schema."""
    return load(SCHEMAS / "samples" / schema.parent.name / schema.name)


def model_of(schema: Path) -> type[Message]:
    """The generated model that belongs to a schema."""
    return REGISTRIES[schema.parent.name][message_type(schema)]


def name_of(schema: Path) -> str:
    """A schema's name in a test report."""
    return f"{schema.parent.name}/{schema.name}"


def test_generated_models_are_what_the_schemas_say() -> None:
    assert differences(dict(generated_files())) == []


def test_check_mode_fails_when_a_model_was_edited_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = dict(generated_files())
    edited = next(iter(expected))
    monkeypatch.setattr("local.schemas.generated_files", lambda: iter({**expected, edited: "# edited\n"}.items()))
    assert main(["--check"]) == 1


@pytest.mark.parametrize("schema", ALL_SCHEMAS, ids=name_of)
def test_every_schema_is_valid_draft_4_and_carries_the_envelope(schema: Path) -> None:
    content = load(schema)
    Draft4Validator.check_schema(content)
    assert content["title"] == schema.name.split(".")[0]
    required = content["required"]
    assert isinstance(required, list)
    assert set(ENVELOPE) <= set(required)


@pytest.mark.parametrize("schema", ALL_SCHEMAS, ids=name_of)
def test_every_sample_is_a_whole_event_its_schema_and_model_accept(schema: Path) -> None:
    event = sample_of(schema)
    detail = event["detail"]
    assert isinstance(detail, dict)
    assert event["source"] == schema.parent.name
    assert event["detail-type"] == message_type(schema)
    Draft4Validator(load(schema), format_checker=FormatChecker()).validate(detail)
    message = model_of(schema).read(detail)
    assert message.unknown_fields(detail) == ()
    assert model_of(schema).read(message.detail()) == message


@pytest.mark.parametrize("schema", ALL_SCHEMAS, ids=name_of)
@pytest.mark.parametrize("field", ENVELOPE)
def test_no_message_is_accepted_without_its_envelope(schema: Path, field: str) -> None:
    detail = sample_of(schema)["detail"]
    assert isinstance(detail, dict)
    del detail[field]
    assert not Draft4Validator(load(schema)).is_valid(detail)
    with pytest.raises(ValueError, match=field):
        model_of(schema).read(detail)
