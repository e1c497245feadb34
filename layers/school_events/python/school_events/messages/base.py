"""What every message has in common."""

import json
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """The detail of one message on a bus, or a part of it.

    Types are strict: a number is no text and no date. A field that the schema does not know is dropped from a Portal
    message (REQUIREMENTS.md A4) and refused in one of ours, as the schemas say.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    @classmethod
    def read(cls, detail: Mapping[str, object]) -> Self:
        """Reads the `detail` of an EventBridge event.

        Args:
            detail: The parsed JSON object. It is read as JSON again, since only there a strict date may be a text.

        Raises:
            pydantic.ValidationError: The detail is not what the schema says.
        """
        return cls.model_validate_json(json.dumps(detail))

    def detail(self) -> dict[str, object]:
        """The message as the JSON object that travels: by the schema's names, without what has no value."""
        written: dict[str, object] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        return written

    def unknown_fields(self, detail: Mapping[str, object]) -> tuple[str, ...]:
        """Names of the fields in `detail` that this message did not keep, sorted, with dots between levels.

        Args:
            detail: The JSON object the message was read from.

        Returns:
            Names only, never values; a name within a list has no position, so that names can be counted.
        """
        kept = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return tuple(sorted(set(_missing(detail, kept, ""))))


def _missing(offered: object, kept: object, path: str) -> list[str]:
    """Paths of the mapping keys in `offered` that `kept` does not have."""
    if isinstance(offered, Mapping) and isinstance(kept, Mapping):
        lost = [f"{path}{name}" for name in offered if name not in kept]
        deeper = [_missing(value, kept[name], f"{path}{name}.") for name, value in offered.items() if name in kept]
        return [*lost, *(name for names in deeper for name in names)]
    if isinstance(offered, list) and isinstance(kept, list):
        return [name for one, other in zip(offered, kept, strict=True) for name in _missing(one, other, path)]
    return []
