"""The engines of the contract: moto, which the fast tests stand on, and the embedded AWS, which the local stage is."""

import itertools
from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.contract.engines import ENGINES, Engine
from tests.support import contexts, short_way
from tests.support.embedded_aws import EmbeddedAws, embedded_aws
from tests.support.tables import make_tables

_IDS = itertools.count(1)


@pytest.fixture(autouse=True)
def _ids_start_at_one() -> None:
    """Here they never do: an engine remembers the tokens of transactions, and they are made of ids."""
    contexts._counters["ids"] = _IDS


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedAws]:
    """One embedded AWS for all contract tests."""
    contexts._counters["ids"] = _IDS
    with embedded_aws() as running:
        yield running


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Each engine in turn, its tables empty; the product talks to it."""
    engine = ENGINES[request.param]
    if engine.name == "moto":
        with mock_aws(), short_way.taken():
            make_tables()
            yield engine
        return
    running: EmbeddedAws = request.getfixturevalue("embedded")
    with running.used():
        running.empty()
        yield engine
