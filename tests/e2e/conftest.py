"""The whole product on this machine, started once for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.running import local_stage
from local.stage import LocalStage


@pytest.fixture(scope="session")
def stage() -> Iterator[LocalStage]:
    """A local stage with the demo school, on free ports of its own.

    Tests share it: one that needs events, bookings or payments makes its own, under ids of its own.
    """
    with local_stage() as running:
        yield running
