"""The main job goes through from the Portal's message to the exported report."""

from __future__ import annotations

import io

from local import journey
from local.progress import Progress
from local.stage import LocalStage


def test_the_journey_arrives(stage: LocalStage) -> None:
    output = io.StringIO()

    journey.run(stage, Progress(output))

    assert "✗" not in output.getvalue()


def test_the_journey_can_be_made_again_on_the_same_stage(stage: LocalStage) -> None:
    journey.run(stage, Progress(io.StringIO()))
