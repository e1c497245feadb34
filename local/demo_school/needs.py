"""SEN, free school meals and Pupil Premium at about the rates of England's state-funded secondary schools.

Sources, rounded: Department for Education, *Special educational needs in England* 2024/25 (secondary: 16.5 % with SEN,
about 13 % SEN support and 3 % EHC plans; eligible for free school meals are 43.8 % of pupils with a plan, 39.3 % of
those on SEN support and 22.2 % of the others) and *Schools, pupils and their characteristics* 2024/25 (25.7 % of all
pupils eligible). Pupil Premium follows from *Pupil premium: conditions of grant*: recorded as eligible for meals in the
last six years, or looked after; Reception to Year 11 only.
"""

import random
from collections.abc import Sequence
from datetime import date
from typing import Final

from .households import Household
from .model import Characteristics, Eligibility

_SEN_RATES: Final = (("E", 0.032), ("K", 0.133))
_FREE_MEALS_RATES: Final = {"E": 0.438, "K": 0.393, "N": 0.222}
_LAPSED_FREE_MEALS: Final = 0.04
_LAST_PUPIL_PREMIUM_YEAR: Final = 11
# Pupil Premium of a financial year counts who was eligible by the autumn census before it.
_CENSUS: Final = date(2025, 10, 2)
_FUNDED_FROM: Final = date(2026, 4, 1)
_TERM_STARTS: Final = tuple(
    date(year, month, day) for year in range(2021, 2027) for month, day in ((1, 6), (4, 20), (9, 4))
)
_NOT: Final = Eligibility(False)


def characteristics_of(chance: random.Random, household: Household) -> list[Characteristics]:
    """The characteristics of a family's children, in their order.

    Free school meals go by the family's income, so siblings share them; SEN is each child's own.
    """
    sen = [_sen(chance) for _ in household.children]
    meals = _free_meals(chance, sen)
    ever = meals.eligible and meals.starts_on is not None and meals.starts_on <= _CENSUS
    lapsed = not meals.eligible and chance.random() < _LAPSED_FREE_MEALS
    ever6 = Eligibility(True, meals.starts_on or _TERM_STARTS[0]) if ever or lapsed else _NOT
    drawn = []
    for child, status in zip(household.children, sen, strict=True):
        premium = (ever6.eligible or household.looked_after) and child.year <= _LAST_PUPIL_PREMIUM_YEAR
        drawn.append(
            Characteristics(
                sen=status,
                free_school_meals=meals,
                fsm_ever6=ever6,
                pupil_premium=Eligibility(True, _FUNDED_FROM) if premium else _NOT,
                sen_starts_on=None if status == "N" else chance.choice(_TERM_STARTS),
            )
        )
    return [child.characteristics or one for child, one in zip(household.children, drawn, strict=True)]


def _sen(chance: random.Random) -> str:
    drawn = chance.random()
    for status, rate in _SEN_RATES:
        if drawn < rate:
            return status
        drawn -= rate
    return "N"


def _free_meals(chance: random.Random, sen: Sequence[str]) -> Eligibility:
    rate = max(_FREE_MEALS_RATES[status] for status in sen)
    return Eligibility(True, chance.choice(_TERM_STARTS)) if chance.random() < rate else _NOT
