"""No chore starves the others, however long it would like to go on, and no time is wasted."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.core.shares import Chore, MayGoOn, do_all

_FOR_ONE = 20_000


@dataclass
class _Function:
    """A function and what its chores have to do.

    Args:
        left: milliseconds it may still run.
        work: how many things each chore has to do.
        takes: how many milliseconds each thing of a chore takes.
        done: the things that were done, in order, by chore.
    """

    left: int
    work: dict[str, int]
    takes: dict[str, int]
    done: list[str] = field(default_factory=list)

    def run(self) -> dict[str, int]:
        return do_all({name: self._chore(name) for name in self.work}, lambda: self.left, _FOR_ONE)

    def _chore(self, name: str) -> Chore:
        def chore(may_go_on: MayGoOn) -> int:
            count = 0
            while self.work[name] and may_go_on():
                self.left -= self.takes[name]
                self.work[name] -= 1
                self.done.append(name)
                count += 1
            return count

        return chore


def test_who_never_ends_leaves_the_others_their_share() -> None:
    function = _Function(55_000, {"endless": 9_999, "small": 3}, {"endless": 100, "small": 100})
    assert function.run() == {"endless": 347, "small": 3}
    assert function.left <= _FOR_ONE


def test_what_nobody_needs_is_for_who_needs_more() -> None:
    function = _Function(55_000, {"small": 1, "large": 300, "none": 0}, {"small": 100, "large": 100, "none": 100})
    assert function.run() == {"small": 1, "large": 300, "none": 0}


def test_one_thing_that_hangs_takes_no_more_than_its_time_from_the_others() -> None:
    function = _Function(55_000, {"hangs": 9, "small": 3, "last": 3}, {"hangs": 16_500, "small": 50, "last": 50})
    assert function.run() == {"hangs": 3, "small": 3, "last": 3}
    assert function.done.index("last") < [at for at, name in enumerate(function.done) if name == "hangs"][1]


def test_a_chore_that_goes_wrong_keeps_no_other_from_being_done_and_is_told_of() -> None:
    done: list[str] = []

    def wrong(_may_go_on: MayGoOn) -> int:
        raise RuntimeError

    def right(_may_go_on: MayGoOn) -> int:
        done.append("right")
        return 1

    with pytest.raises(RuntimeError):
        do_all({"wrong": wrong, "right": right}, lambda: 55_000, _FOR_ONE)
    assert done == ["right"]


def test_without_time_for_one_nothing_is_begun() -> None:
    function = _Function(_FOR_ONE, {"small": 1}, {"small": 1})
    assert function.run() == {"small": 0}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 2_000)), min_size=1, max_size=12),
    st.integers(21_000, 300_000),
)
def test_whoever_needs_less_than_an_equal_share_is_done_and_nothing_waits_while_there_is_time(
    chores: list[tuple[int, int]], left: int
) -> None:
    work = {str(number): things for number, (things, _) in enumerate(chores)}
    takes = {str(number): each for number, (_, each) in enumerate(chores)}
    function = _Function(left, dict(work), takes)
    found = function.run()
    assert all(found[name] + function.work[name] == work[name] for name in work)
    assert function.left > _FOR_ONE - max(takes.values())
    assert function.left <= _FOR_ONE or not any(function.work.values())
    share = (left - _FOR_ONE) / len(work)
    for behind, name in zip(reversed(range(len(work))), work, strict=True):
        # Hundredths of a millisecond are lost in divisions.
        assert not function.work[name] or work[name] * takes[name] > share - 0.01
        # Whoever oversteps a share by one thing takes it from all who come later.
        share -= takes[name] / max(behind, 1)
