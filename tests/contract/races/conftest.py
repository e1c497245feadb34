"""The embedded AWS with sixty families in it, for all races; moto lets itself be overtaken."""

from collections.abc import Iterator

import pytest

from tests.contract.races.families import sixty_families
from tests.support.embedded_aws import EmbeddedAws
from tests.support.shop import shop

__all__ = ["shop"]


@pytest.fixture(scope="package")
def tables(embedded: EmbeddedAws) -> Iterator[None]:
    """The product talks to the embedded AWS; each race makes an event of its own."""
    with embedded.used():
        embedded.empty()
        sixty_families()
        yield
