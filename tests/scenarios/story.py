"""What a scenario is: told once, and told again with an invocation killed at any of its calls (PAYMENTS.md).

Each is first told whole, which enumerates the calls it makes of AWS and of Stripe (``pytest -s`` prints them). Then it
is told again from the beginning for each point between two calls at which killing leaves something else behind: once
with whoever asked asking again, when it ends the same; and once with nobody asking again, when what is due and what
Stripe tells make it good. The checker looks at the end of each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tests.support.money_checker import Books, faults_in_the_end
from tests.support.scene import REST_WAITS, GivenUp, Scene

type Tell = Callable[[Scene], None]


@dataclass(frozen=True)
class Story:
    """One scenario, or a side of one.

    Args:
        number: of the scenario in PAYMENTS.md, with a letter where it has several sides.
        promise: what it shows.
        tell: lets it happen and looks at what came of it.
    """

    number: str
    promise: str
    tell: Tell

    @property
    def name(self) -> str:
        """As a test is named."""
        return f"{self.number} {self.promise}"


STORIES: dict[str, Story] = {}
"""All of them, by name."""


def story(number: str, promise: str) -> Callable[[Tell], Tell]:
    """Make a function one of the scenarios."""

    def keep(tell: Tell) -> Tell:
        one = Story(number, promise, tell)
        STORIES[one.name] = one
        return tell

    return keep


def live(scene: Scene, one: Story, kill_at: int = -1, *, gives_up: bool = False) -> None:
    """Tell a scenario from the beginning until nothing is under way any more.

    Args:
        scene: where.
        one: which.
        kill_at: after how many calls the invocation that makes them is killed.
        gives_up: whether nobody makes that invocation again.
    """
    scene.begin(kill_at, gives_up=gives_up)
    try:
        one.tell(scene)
        scene.settle()
    except GivenUp:
        scene.gives_up = False
        scene.settle()
        scene.pass_days(REST_WAITS)
        scene.settle()
    where = scene.wire.calls[max(kill_at - 1, 0) : kill_at + 1] if kill_at >= 0 else "nowhere"
    faults = faults_in_the_end(Books(scene.shop))
    assert not faults, f"killed between {where}: {faults}"
    assert not scene.post.dead, f"killed between {where}: Stripe's events {scene.post.dead} were never applied"


def points_of(scene: Scene, one: Story) -> list[int]:
    """Tell a scenario whole; after how many of its calls it is to be killed."""
    live(scene, one)
    print(f"\n{one.name}: {len(scene.wire.calls)} calls, killed after {scene.wire.points()}")
    for function, calls in groupby(enumerate(scene.wire.calls, 1), key=lambda call: call[1].split(": ")[0]):
        print(f"  {function}:", *(f"{number} {call.split(': ')[1]}" for number, call in calls), sep="  ")
    return scene.wire.points()


def some_of(points: Sequence[int], most: int) -> list[int]:
    """So many of the points at most, evenly over the whole story."""
    if len(points) <= most:
        return list(points)
    return [points[(2 * number + 1) * len(points) // (2 * most)] for number in range(most)]
