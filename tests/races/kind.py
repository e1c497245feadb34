"""What a kind of race is."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.races.acts import Act
from tests.races.scenes import Stage


@dataclass(frozen=True)
class Kind:
    """A kind of race.

    Args:
        name: what it is called.
        weight: how often it is run, beside the weights of the others; 0 if only once.
        make: makes what is there when one begins.
        contenders: who does what.
        sells_out: whether afterwards every place must be somebody's.
    """

    name: str
    weight: int
    make: Callable[[], Stage]
    contenders: Callable[[Stage, Random], list[Act]]
    sells_out: bool = False
