"""With what keeps other currencies apart taken away, a life goes wrong; the other protections: ``tests/scenarios``."""

from collections import Counter

import pytest

from school_events.payments import rules
from tests.unit.payments.life.base import Start
from tests.unit.payments.life.machine import Life


def _foreign_money_comes(start: Start) -> None:
    life = type("Life", (Life,), {"start": start, "acts": Counter()})()
    life.nothing_is_wrong_now()
    life.another_currency_is_paid(which=0, hears=True)
    assert life.acts["another currency is paid"]
    life.nothing_is_wrong_now()
    life.teardown()


def test_what_came_in_another_currency_pays_for_nothing(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    _foreign_money_comes(start)
    monkeypatch.setattr(rules, "is_ours", lambda *_: True)
    with pytest.raises(AssertionError, match="was paid in eur"):
        _foreign_money_comes(start)
