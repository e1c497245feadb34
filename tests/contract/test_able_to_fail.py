"""Each promise of the contract fails on a database that does not keep it."""

import importlib
import inspect
import pkgutil

import pytest

from tests.contract import promises
from tests.contract.engines import BREAKABLE, Engine, Promise
from tests.contract.faults import Fault, database_with

MODULES = [
    importlib.import_module(f"{promises.__name__}.{found.name}") for found in pkgutil.iter_modules(promises.__path__)
]


@pytest.mark.parametrize("engine", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("promise", "fault"), BREAKABLE, ids=[f"{promise.__name__}-{fault.__name__}" for promise, fault in BREAKABLE]
)
def test_the_promise_is_broken_by_the_fault(promise: Promise, fault: Fault, engine: Engine) -> None:
    with database_with(fault), pytest.raises((AssertionError, pytest.fail.Exception)):
        promise(engine)


def test_there_is_a_fault_for_every_promise() -> None:
    made = {
        function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("test_")
    }
    assert made
    assert made == {promise for promise, _ in BREAKABLE}
