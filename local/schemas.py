"""Generates the message models from the JSON Schemas: `python -m local.schemas`, with `--check` to compare only.

The schemas in `events_schemas/` are written by hand and are the truth; the models under
`school_events/messages/` are generated and checked in, so that a reviewer sees what a schema change does to the code.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from datamodel_code_generator import generate
from datamodel_code_generator.enums import DataModelType, InputFileType
from datamodel_code_generator.format import DatetimeClassType, Formatter, PythonVersion
from datamodel_code_generator.parser import LiteralType

REPOSITORY = Path(__file__).resolve().parents[1]
SCHEMAS = REPOSITORY / "events_schemas"
MODELS = REPOSITORY / "layers/school_events/python/school_events/messages"
DIRECTIONS: Mapping[str, str] = {"portal": "PORTAL_MESSAGES", "school_events": "SCHOOL_EVENT_MESSAGES"}
_BASE_CLASS = "school_events.messages.base.Message"


def schema_files(direction: str) -> list[Path]:
    """Every schema of one direction, in order of name.

    Args:
        direction: `portal` for what we accept, `school_events` for what we tell.
    """
    return sorted((SCHEMAS / direction).glob("*.v*.json"))


def type_and_version(schema: Path) -> tuple[str, str]:
    """Message type and schema version of a schema file: `PupilLeft.v1.json` is `("PupilLeft", "v1")`."""
    name, version, _ = schema.name.split(".")
    return name, version


def message_type(schema: Path) -> str:
    """The `detail-type` of a schema file's messages: from the second version on it names the version too."""
    name, version = type_and_version(schema)
    return name if version == "v1" else f"{name}.{version}"


def model_name(schema: Path) -> str:
    """Class of the model of a schema: `SchoolUpdated.v2.json` is `SchoolUpdatedV2`, of a first one just the type."""
    name, version = type_and_version(schema)
    return name if version == "v1" else f"{name}{version.upper()}"


def module_name(schema: Path) -> str:
    """Module that holds the model of a schema: `PupilLeft.v1.json` is `pupil_left_v1`."""
    name, version = type_and_version(schema)
    return f"{re.sub(r'(?<!^)(?=[A-Z])', '_', name).lower()}_{version}"


def model_source(schema: Path) -> str:
    """Python source of the model of one schema file."""
    origin = f"events_schemas/{schema.parent.name}/{schema.name}"
    source = generate(
        schema,
        input_file_type=InputFileType.JsonSchema,
        input_filename=schema.name,
        class_name=model_name(schema),
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_313,
        base_class=_BASE_CLASS,
        custom_file_header=f"# Generated from {origin} by local.schemas: do not edit.",
        disable_timestamp=True,
        use_annotated=True,
        field_constraints=True,
        use_schema_description=True,
        use_field_description=True,
        use_standard_collections=True,
        use_union_operator=True,
        use_double_quotes=True,
        enum_field_as_literal=LiteralType.All,
        output_datetime_class=DatetimeClassType.Awaredatetime,
        formatters=[Formatter.BUILTIN],
    )
    if not isinstance(source, str):
        raise TypeError(f"{schema.name} must give one module")
    return source.rstrip() + "\n"


def registry_source(direction: str) -> str:
    """Source of a direction's package: every message type with its model, every version being a type of its own."""
    names = {model_name(schema): schema for schema in schema_files(direction)}
    title = {"portal": "What the Portal tells us", "school_events": "What we tell"}[direction]
    imports = [f"from .{module_name(schema)} import {name}" for name, schema in sorted(names.items())]
    entries = [f'    "{message_type(schema)}": {name},' for name, schema in sorted(names.items())]
    exported = [f'    "{name}",' for name in sorted([DIRECTIONS[direction], *names], key=_by_export_order)]
    lines = [
        f"# Generated from events_schemas/{direction}/ by local.schemas: do not edit.",
        f'"""{title}: one model a message type, and all of them by type."""',
        "",
        "from collections.abc import Mapping",
        "",
        "from school_events.messages.base import Message",
        "",
        *imports,
        "",
        f"{DIRECTIONS[direction]}: Mapping[str, type[Message]] = {{",
        *entries,
        "}",
        "",
        "__all__ = [",
        *exported,
        "]",
    ]
    return "\n".join(lines) + "\n"


def _by_export_order(name: str) -> tuple[bool, str]:
    return (not name.isupper() and "_" not in name, name)


def generated_files() -> Iterator[tuple[Path, str]]:
    """Every generated file with the source it must have."""
    for direction in DIRECTIONS:
        yield MODELS / direction / "__init__.py", registry_source(direction)
        for schema in schema_files(direction):
            yield MODELS / direction / f"{module_name(schema)}.py", model_source(schema)


def differences(expected: Mapping[Path, str]) -> list[str]:
    """What is not as generated: files that differ, are missing, or have no schema any more."""
    present = {path for direction in DIRECTIONS for path in (MODELS / direction).glob("*.py")}
    wrong = [path for path, source in expected.items() if path not in present or path.read_text() != source]
    return sorted(str(path.relative_to(REPOSITORY)) for path in [*wrong, *(present - expected.keys())])


def write(expected: Mapping[Path, str]) -> None:
    """Makes the generated files what they must be and removes those without a schema."""
    for direction in DIRECTIONS:
        (MODELS / direction).mkdir(parents=True, exist_ok=True)
        for path in set((MODELS / direction).glob("*.py")) - expected.keys():
            path.unlink()
    for path, source in expected.items():
        path.write_text(source)


def main(arguments: list[str]) -> int:
    """Generates the models, or with `--check` tells what differs. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit code 1 when something differs")
    options = parser.parse_args(arguments)
    expected = dict(generated_files())
    if not options.check:
        write(expected)
        return 0
    wrong = differences(expected)
    for path in wrong:
        sys.stderr.write(f"{path} is not what the schemas say: run python -m local.schemas\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
