"""What is known of the engines, and how a promise says by which fault of a database it would be broken."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.faults import Fault


@dataclass(frozen=True)
class Engine:
    """A database the product can talk to.

    Args:
        name: what it is called.
        remembers_tokens: whether a transaction sent again with its ``ClientRequestToken`` is answered as before, as
            on AWS; otherwise it is carried out again.
    """

    name: str
    remembers_tokens: bool


ENGINES = {
    "moto": Engine("moto", remembers_tokens=False),
    "embedded": Engine("embedded", remembers_tokens=True),
}

type Promise = Callable[[Engine], None]

BREAKABLE: list[tuple[Promise, Fault]] = []
"""Every promise with each fault that breaks it."""


def broken_by(*faults: Fault) -> Callable[[Promise], Promise]:
    """The promise does not hold on a database with one of these faults: ``test_able_to_fail`` shows that it says so."""

    def noted(promise: Promise) -> Promise:
        BREAKABLE.extend((promise, fault) for fault in faults)
        return promise

    return noted
