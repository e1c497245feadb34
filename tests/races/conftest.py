"""One track on one embedded AWS for the races of ``make test``: a small share of what ``make races`` runs."""

from collections.abc import Iterator

import pytest

from tests.contract.conftest import _ids_start_at_one, embedded
from tests.races.running import Track, track
from tests.support.embedded_aws import EmbeddedAws

__all__ = ["_ids_start_at_one", "embedded"]


@pytest.fixture(scope="package")
def on(embedded: EmbeddedAws) -> Iterator[Track]:
    """A track with every kind of race."""
    with embedded.used(), track(embedded) as made:
        yield made
