"""What every life needs: the school's Stripe, and housekeeping that costs little when nothing is due."""

import pytest

from school_events.core import due
from tests.support.shop import shop
from tests.support.sweeping import only_what_is_due

__all__ = ["shop"]


@pytest.fixture(autouse=True)
def _only_what_is_due_is_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    only_what_is_due(monkeypatch)
    monkeypatch.setattr(due, "SHARDS", 1)
