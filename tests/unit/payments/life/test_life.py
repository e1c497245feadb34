"""Families, staff, Stripe and the clock in any order; all money adds up, to the penny.

``MONEY_LIVES`` in the environment: how many lives, other ones every time.
"""

import os

from tests.unit.payments.life.base import Start
from tests.unit.payments.life.machine import live

_ASKED = os.environ.get("MONEY_LIVES")
LIVES = int(_ASKED or "4")


def test_whatever_happens_in_whatever_order_money_taken_for_a_place_is_a_place_or_a_refund(start: Start) -> None:
    lived = live(start, LIVES, at_random=_ASKED is not None)
    print(f"{LIVES} lives, {lived.steps} steps: {dict(lived.acts.most_common())}")
    assert lived.steps > LIVES * 20
    assert {"book", "open a page", "pay", "debit", "a morning comes"} <= lived.acts.keys()
