"""Families: who lives with whom, who has parental responsibility, and who must not come near."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final, Literal

from .model import Characteristics, Eligibility
from .names import COMMUNITIES, EMBELLISHMENTS, Community

YEAR_SIZES: Final = {7: 168, 8: 168, 9: 166, 10: 166, 11: 164, 12: 86, 13: 82}

Sex = Literal["f", "m"]


@dataclass(frozen=True)
class Adult:
    """A contact-to-be and what they are to the children of the household.

    Attributes:
        eldest_only: Linked to the first child only: a parent of one of two half-siblings.
    """

    relationship: str
    first_name: str
    last_name: str
    sex: Sex
    parental_responsibility: bool | None
    restricted: bool = False
    eldest_only: bool = False
    ends_on: date | None = None


@dataclass(frozen=True)
class Child:
    """A pupil-to-be; `characteristics` is set where they are not left to chance."""

    first_name: str
    last_name: str
    year: int
    characteristics: Characteristics | None = None


@dataclass(frozen=True)
class Household:
    """The children of one family at this school, eldest first, and their contacts in the order they are rung."""

    children: tuple[Child, ...]
    adults: tuple[Adult, ...]

    @property
    def looked_after(self) -> bool:
        """Whether the children are in care: they get Pupil Premium whatever their meals."""
        return any(adult.relationship == "Foster Carer" for adult in self.adults)


@dataclass(frozen=True)
class _Role:
    """One adult's part in a shape of family; `own_name` gives them a last name other than the children's."""

    relationship: str
    sex: Sex
    parental_responsibility: bool | None = True
    own_name: bool = False
    restricted: bool = False
    eldest_only: bool = False
    ends_on: date | None = None


_MOTHER = _Role("Mother", "f")
_FATHER = _Role("Father", "m")
_FATHER_ELSEWHERE = _Role("Father", "m", own_name=True)
_STEPFATHER = _Role("Step Father", "m", parental_responsibility=False)

# Of 1,000 families. Invented, but after the ONS' families and households: about three in ten are not two parents
# under one roof.
_SHAPES: Final[tuple[tuple[int, tuple[_Role, ...]], ...]] = (
    (475, (_MOTHER, _FATHER)),
    (30, (_Role("Mother", "f", own_name=True), _FATHER)),
    (10, (_MOTHER, _Role("Mother", "f", own_name=True))),
    (5, (_FATHER, _Role("Father", "m", own_name=True))),
    (107, (_MOTHER,)),
    (15, (_FATHER,)),
    (120, (_Role("Mother", "f", own_name=True), _FATHER)),
    (40, (_MOTHER, _FATHER_ELSEWHERE, _STEPFATHER)),
    (20, (_MOTHER, _Role("Father", "m", own_name=True, eldest_only=True), _STEPFATHER)),
    (20, (_MOTHER, _Role("Father", "m", parental_responsibility=None, own_name=True))),
    (110, (_MOTHER, _FATHER, _Role("Grandmother", "f", parental_responsibility=False, own_name=True))),
    (25, (_Role("Grandmother", "f"), _Role("Grandfather", "m", parental_responsibility=None))),
    (
        10,
        (
            _Role("Foster Carer", "f", parental_responsibility=False, own_name=True),
            _Role("Social Worker", "m", parental_responsibility=None, own_name=True),
        ),
    ),
    (8, (_MOTHER, _Role("Father", "m", restricted=True))),
    (5, (_MOTHER, _FATHER, _Role("Step Father", "m", parental_responsibility=False, ends_on=date(2026, 7, 31)))),
)

_CHILDREN_IN_SCHOOL: Final = ((700, 1), (240, 2), (50, 3), (10, 4))
_TWINS: Final = 0.05
_DOUBLE_BARRELLED: Final = 0.04

NO_NEED: Final = Characteristics("N", Eligibility(False), Eligibility(False), Eligibility(False))
_SINCE_2024: Final = Eligibility(True, date(2024, 9, 2))
FREE_MEALS: Final = Characteristics("N", _SINCE_2024, _SINCE_2024, Eligibility(True, date(2025, 4, 1)))

# The families of the journey and of the sign-in page come first, so that their identifiers never move.
CAST_HOUSEHOLDS: Final = (
    Household(
        (Child("Niamh", "O'Connor-Lee", 8, NO_NEED), Child("Seán", "O'Connor-Lee", 8, NO_NEED)),
        (
            Adult("Mother", "Aoife", "O'Connor-Lee", "f", parental_responsibility=True),
            Adult("Father", "Desmond", "Lee", "m", parental_responsibility=True),
        ),
    ),
    Household(
        (Child("Anaya", "Patel", 8, FREE_MEALS),),
        (Adult("Mother", "Priya", "Patel", "f", parental_responsibility=True),),
    ),
    Household(
        (Child("Imogen", "D'Arcy", 8, NO_NEED),),
        (
            Adult("Mother", "Hannah", "D'Arcy", "f", parental_responsibility=True),
            Adult("Father", "Mark", "D'Arcy", "m", parental_responsibility=True, restricted=True),
        ),
    ),
    Household(
        (Child("Łukasz", "Wiśniewski", 11, NO_NEED),),
        (Adult("Mother", "Małgorzata", "Wiśniewska", "f", parental_responsibility=True),),
    ),
    Household(
        (
            Child("محمد", "العلي", 11, NO_NEED),
            Child("ليلى", "العلي", 9, NO_NEED),
            Child("نور", "العلي", 7, NO_NEED),
        ),
        (
            Adult("Mother", "فاطمة", "العلي", "f", parental_responsibility=True),
            Adult("Father", "يوسف", "العلي", "m", parental_responsibility=None),
        ),
    ),
    Household(
        (Child("Zoë 🌸", "Adeyemi-Clarke", 10, NO_NEED),),
        (Adult("Father", "Thomas", "Adeyemi-Clarke", "m", parental_responsibility=True),),
    ),
)


def households(chance: random.Random) -> Iterator[Household]:
    """Families until every year group is full, the cast's first.

    Args:
        chance: Where names and numbers come from; the same state gives the same families.
    """
    places = dict(YEAR_SIZES)
    for household in CAST_HOUSEHOLDS:
        for child in household.children:
            places[child.year] -= 1
        yield household
    while any(places.values()):
        yield _household(chance, _years(chance, places))


def _years(chance: random.Random, places: dict[int, int]) -> list[int]:
    """Takes the places of one family's children: different years, but for twins. Eldest first."""
    size = min(_weighted(chance, _CHILDREN_IN_SCHOOL), sum(places.values()))
    years: list[int] = []
    while len(years) < size:
        twin = bool(years) and places[years[-1]] > 0 and chance.random() < _TWINS
        open_years = [year for year, free in places.items() if free and (year not in years)]
        if not twin and not open_years:
            break
        year = years[-1] if twin else _weighted(chance, tuple((places[year], year) for year in open_years))
        places[year] -= 1
        years.append(year)
    return sorted(years, reverse=True)


def _household(chance: random.Random, years: list[int]) -> Household:
    community = _weighted(chance, tuple((one.weight, one) for one in COMMUNITIES))
    last_name = _last_name(chance, community)
    girls, boys = list(community.feminine), list(community.masculine)
    children = []
    for year in years:
        pool = girls if (chance.random() < 0.5 and girls) or not boys else boys
        first_name = pool.pop(chance.randrange(len(pool)))
        if chance.random() < 0.003:
            first_name = f"{first_name} {chance.choice(EMBELLISHMENTS)}"
        children.append(Child(first_name, last_name, year))
    shape = _weighted(chance, _SHAPES)
    return Household(tuple(children), tuple(_adult(chance, community, last_name, role) for role in shape))


def _adult(chance: random.Random, community: Community, last_name: str, role: _Role) -> Adult:
    pool = community.feminine if role.sex == "f" else community.masculine
    return Adult(
        relationship=role.relationship,
        first_name=chance.choice(pool),
        last_name=chance.choice(community.last) if role.own_name else last_name,
        sex=role.sex,
        parental_responsibility=role.parental_responsibility,
        restricted=role.restricted,
        eldest_only=role.eldest_only,
        ends_on=role.ends_on,
    )


def _last_name(chance: random.Random, community: Community) -> str:
    name = chance.choice(community.last)
    if chance.random() < _DOUBLE_BARRELLED and "-" not in name and name.isascii():
        return f"{name}-{chance.choice([other for other in community.last if '-' not in other])}"
    return name


def _weighted[T](chance: random.Random, choices: tuple[tuple[int, T], ...]) -> T:
    """One of the choices, each as likely as its weight says."""
    bounds = list(accumulate(weight for weight, _ in choices))
    drawn = chance.randrange(bounds[-1])
    return next(choice for bound, (_, choice) in zip(bounds, choices, strict=True) if drawn < bound)
