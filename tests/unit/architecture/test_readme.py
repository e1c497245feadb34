"""README.md shows how the product works as it is."""

import re
from pathlib import Path

from infra.capabilities import CAPABILITIES

README = (Path(__file__).parents[3] / "README.md").read_text()


def test_the_diagram_shows_every_function() -> None:
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", README, re.DOTALL)
    shown = set(re.findall(r"\w+", diagram))
    assert {capability.name for capability in CAPABILITIES} <= shown
