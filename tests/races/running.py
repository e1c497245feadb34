"""Running races: worlds full of scenes, all who contend in one race starting together, a look at the tables after."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Barrier

import pytest

from school_events.core import dynamodb
from tests.races import checker
from tests.races.acts import WHEN_HOLDS_END, Act, Outcome, keep_house, luck, own_clocks, perform
from tests.races.faults import Fate, Proxy, Tally, proxy
from tests.races.judging import Race, faults_of_races
from tests.races.kind import Kind
from tests.races.kinds import KINDS
from tests.races.scenes import Scene, a_school, begin_anew, make_queues, scene
from tests.races.wire import Wire
from tests.support.embedded_aws import EmbeddedAws

RACES_A_WORLD = 100
AT_ONCE = 6
"""Races under way at the same time, of different scenes: while one waits before it tries again, others go on."""

_MOST_CONTENDERS = 600
_SECONDS_TO_START = 60
_MOST_ROUNDS = 12


@dataclass(frozen=True)
class Track:
    """Where races are run: an embedded AWS with a proxy before it, and what a race of each kind begins with."""

    wire: Wire
    proxy: Proxy
    school: tuple[str, ...]
    kinds: Sequence[Kind]
    scenes: Sequence[Scene]

    def only(self, name: str) -> "Track":
        """The same for races of one kind."""
        number = [kind.name for kind in self.kinds].index(name)
        return replace(self, kinds=[self.kinds[number]], scenes=[self.scenes[number]])


@dataclass
class Tallied:
    """What happened in a run: races by kind, those of them with a strike, answers, strikes, and what the checker found.

    Args:
        tally: hears of strikes.
        shown: how many of the faults somebody was told of.
    """

    tally: Tally
    races: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    shown: int = 0

    def add(self, race: Race) -> None:
        """Count a race."""
        self.races[race.kind.name] += 1
        self.struck[race.kind.name] += race.struck > 0
        self.answers.update(f"{one.act.name}: {_named(one.answer)}" for one in race.outcomes)


def _named(answer: object) -> str:
    if answer is None:
        return "gave up"
    return answer.__name__ if isinstance(answer, type) else "done"


@contextmanager
def track(running: EmbeddedAws, kinds: Sequence[Kind] = KINDS) -> Iterator[Track]:
    """A track on an embedded AWS that the product talks to."""
    with ExitStack() as stack:
        spoiler = stack.enter_context(proxy(running.url))
        wire = Wire(running.url, spoiler.url)
        wire.hook(dynamodb.connection().client)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        own_clocks(patch)
        for name, url in make_queues().items():
            patch.setenv(name, url)
        stack.enter_context(wire.used())
        begin_anew(wire, ())
        school = a_school()
        yield Track(wire, spoiler, school, kinds, [scene(kind.make) for kind in kinds])


def run(
    on: Track, races: int, seed: int, *, share_struck: float, progress: Callable[[Tallied], None] = lambda _: None
) -> Tallied:
    """Run races, world after world.

    Args:
        on: where.
        races: how many.
        seed: of all chance.
        share_struck: the share of races in which somebody's writes are to be struck.
        progress: told after each world.
    """
    told = Tallied(Tally())
    chance = luck(seed)
    with ThreadPoolExecutor(AT_ONCE) as tracks, ThreadPoolExecutor(_MOST_CONTENDERS) as contenders:
        for start in range(0, races, RACES_A_WORLD):
            begin_anew(on.wire, on.school)
            numbers = range(start, min(start + RACES_A_WORLD, races))
            one_race = partial(_race, on, told.tally, contenders, share_struck)
            ran = list(tracks.map(one_race, numbers, [chance.getrandbits(64) for _ in numbers]))
            told.faults += settle()
            for race in ran:
                told.add(race)
            tables = checker.read_tables()
            told.faults += checker.faults_of_tables(tables, WHEN_HOLDS_END) + faults_of_races(ran, tables)
            progress(told)
    return told


def settle() -> list[str]:
    """Let housekeeping do all that is due, and what becomes due by that; says so if there is no end to it."""
    if any(keep_house(WHEN_HOLDS_END) == 0 for _ in range(_MOST_ROUNDS)):
        return []
    return ["housekeeping always finds something that is due"]


def _race(on: Track, tally: Tally, contenders: ThreadPoolExecutor, share_struck: float, number: int, seed: int) -> Race:
    chance = luck(seed)
    weights = [kind.weight for kind in on.kinds]
    # First each kind once, so that none is missing.
    which = number if number < len(weights) else chance.choices(range(len(weights)), weights)[0]
    kind, scene_of_kind = on.kinds[which], on.scenes[which]
    stage = scene_of_kind.set_up(on.wire, number)
    acts = kind.contenders(stage, chance)
    chance.shuffle(acts)
    is_struck = chance.random() < share_struck
    fates = [Fate(luck(chance.getrandbits(64)), tally) if is_struck and chance.random() < 0.6 else None for _ in acts]
    start = Barrier(len(acts))

    def contend(act: Act, fate: Fate | None, own_seed: int) -> Outcome:
        start.wait(_SECONDS_TO_START)
        return perform(act, on.wire, luck(own_seed), fate)

    outcomes = list(contenders.map(contend, acts, fates, [chance.getrandbits(64) for _ in acts]))
    return Race(kind, stage, outcomes)
