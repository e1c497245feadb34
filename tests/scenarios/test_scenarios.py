"""The scenarios of PAYMENTS.md: each ends right, also killed anywhere, whether somebody asks again or nobody does.

``SCENARIO_POINTS`` in the environment: at how many points each is killed; ``all`` for every one (``make scenarios``).
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.scenarios.story import STORIES, Story, live, points_of, some_of
from tests.support.scene import Scene

for _stories in sorted(Path(__file__).parent.glob("of_*.py")):
    import_module(f"tests.scenarios.{_stories.stem}")

_ASKED = os.environ.get("SCENARIO_POINTS", "1")
POINTS = sys.maxsize if _ASKED == "all" else int(_ASKED)


@pytest.mark.parametrize("one", STORIES.values(), ids=STORIES)
def test_it_ends_right_wherever_it_is_killed(scene: Scene, one: Story) -> None:
    points = points_of(scene, one)
    for kill_at in some_of(points, POINTS):
        live(scene, one, kill_at)
    for kill_at in some_of(points, max(POINTS - 1, 1)):
        live(scene, one, kill_at, gives_up=True)
