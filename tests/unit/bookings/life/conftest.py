"""What every life needs."""

import pytest

from school_events.core import due
from tests.support.shop import shop

__all__ = ["shop"]


@pytest.fixture(autouse=True)
def _one_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is due is not spread over shards: most of what a life asks would be whether there is something in them."""
    monkeypatch.setattr(due, "SHARDS", 1)
