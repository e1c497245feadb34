"""The messages of ``events_schemas``, as the infrastructure needs them: their types and their files."""

from dataclasses import dataclass
from pathlib import Path

from infra.stages import PROJECT

SCHEMAS = PROJECT / "events_schemas"
SOURCES = ("portal", "school_events")
# Every event names a source, so this takes everything on a bus (decisions/0014-everything-of-the-portal.md).
EVERYTHING: dict[str, list[dict[str, str]]] = {"source": [{"prefix": ""}]}


@dataclass(frozen=True)
class Schema:
    """One version of one message type: ``PupilChanged`` 1, and the file that describes it."""

    type: str
    version: str
    path: Path

    @property
    def detail_type(self) -> str:
        """What its messages name as ``detail-type``: from the second version on, the version too."""
        return self.type if self.version == "v1" else f"{self.type}.{self.version}"


def schemas(source: str) -> list[Schema]:
    """All schemas of a source, by type and version.

    Args:
        source: one of ``SOURCES``: the folder, which is also the source its messages name.
    """
    return [_schema(path) for path in sorted((SCHEMAS / source).glob("*.json"))]


def _schema(path: Path) -> Schema:
    message_type, version, _ = path.name.split(".")
    return Schema(message_type, version, path)
