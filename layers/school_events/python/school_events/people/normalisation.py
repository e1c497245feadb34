"""The many spellings of school systems, brought to one; nonsense is refused, never guessed at (A6)."""

import re
import unicodedata
from collections.abc import Mapping
from typing import get_args

from school_events.people.model import Relationship, YearGroup

_INVISIBLE = frozenset("\u200b\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Zero-width spaces, and controls of writing direction that could disguise the text around a name."""

_YEAR = re.compile(r"(?:(?:nc )?(?:year group|year|yr|y)[ ._-]*)?([a-z0-9].*)")
_YEAR_WORDS: Mapping[str, YearGroup] = {
    "0": "R",
    "fy": "R",
    "f2": "R",
    "fs2": "R",
    "foundation": "R",
    "foundation 2": "R",
    "foundation stage 2": "R",
    "foundation year": "R",
    "k": "R",
    "kindergarten": "R",
    "rec": "R",
    "reception": "R",
    "reception year": "R",
    "f1": "N2",
    "fs1": "N2",
    "foundation 1": "N2",
    "foundation stage 1": "N2",
    "nursery": "N2",
    "nursery 1": "N1",
    "nursery 2": "N2",
    "early first year": "E1",
    "early second year": "E2",
    "nursery first year": "N1",
    "nursery second year": "N2",
    "lower sixth": "12",
    "upper sixth": "13",
    "l6": "12",
    "u6": "13",
    "not following": "X",
    "not following the national curriculum": "X",
    "national curriculum not followed": "X",
}
_NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split()  # noqa: SIM905
)
_YEARS: Mapping[str, YearGroup] = (
    dict(_YEAR_WORDS)
    | {year.casefold(): year for year in get_args(YearGroup)}
    | dict(zip(_NUMBER_WORDS, get_args(YearGroup)[5:19], strict=True))
)

_RELATIONSHIPS: Mapping[Relationship, str] = {
    "mother": "mother mum mom mummy mam mother_to_be birth_mother adoptive_mother pam",
    "father": "father dad daddy birth_father adoptive_father paf",
    "parent": "parent adoptive_parent parent_guardian",
    "step_parent": "step_parent stepparent step_mother stepmother step_father stepfather step_mum step_dad stp",
    "foster_parent": "foster_parent foster_mother foster_father foster_carer fof fom fos",
    "grandparent": "grandparent grandmother grandfather gran granny grandma grandad grandpa nan nana nanny gdp",
    "guardian": "guardian legal_guardian special_guardian gdn",
    "carer": "carer car",
    "sibling": "sibling brother sister half_brother half_sister step_brother step_sister sib",
    "other_relative": "aunt auntie uncle cousin relative other_relative family_member other_family_member fam rel",
    "childminder": "childminder child_minder chm",
    "social_worker": "social_worker swr",
    "other": "other other_contact friend family_friend neighbour oth",
}
_BY_WORD: Mapping[str, Relationship] = {
    word: relationship for relationship, words in _RELATIONSHIPS.items() for word in words.split()
}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_FEWEST_DIGITS, _MOST_DIGITS = 6, 15


class Nonsense(ValueError):
    """A value that means nothing. The value itself is never part of the message."""


def text(value: str) -> str:
    """A name or other words: composed (NFC), without control characters, single spaces.

    Raises:
        Nonsense: nothing is left.
    """
    visible = "".join(" " if unicodedata.category(one) == "Cc" else one for one in value if one not in _INVISIBLE)
    clean = unicodedata.normalize("NFC", " ".join(visible.split()))
    if not clean:
        raise Nonsense
    return clean


def year_group(value: str) -> YearGroup:
    """The year group a spelling means: ``Year R``, ``FY``, ``Reception``, ``K``, ``Yr 07``, ``Year seven`` …

    ``Nursery`` without a number is the year before Reception.

    Raises:
        Nonsense: it means none.
    """
    match = _YEAR.fullmatch(unicodedata.normalize("NFKC", text(value)).casefold())
    if match is None:
        raise Nonsense
    word = match[1].strip()
    if word.isdecimal():
        word = word.lstrip("0") or "0"
    if word not in _YEARS:
        raise Nonsense
    return _YEARS[word]


def relationship(value: str) -> Relationship:
    """The relationship words or a DfE code mean; words we do not know are ``other``.

    Raises:
        Nonsense: there is not a letter in it.
    """
    words = re.findall(r"[^\W\d_]+", text(value).casefold())
    if not words:
        raise Nonsense
    return _BY_WORD.get("_".join(words), "other")


def phone(value: str) -> str:
    """A telephone number as digits, with ``+`` and the country where that is known (``0`` means ``+44``).

    What follows the number (an extension, a remark) is dropped.

    Raises:
        Nonsense: it has fewer than 6 or more than 15 digits.
    """
    number = re.split(r"[^\W\d_]", unicodedata.normalize("NFKC", value).replace("(0)", ""), maxsplit=1)[0]
    digits = re.sub(r"[^0-9]", "", number)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS:
        raise Nonsense
    if number.strip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"+44{digits[1:]}" if digits.startswith("0") else digits


def email(value: str) -> str:
    """An e-mail address.

    Raises:
        Nonsense: it has not the form of one.
    """
    address = text(value)
    if not _EMAIL.fullmatch(address):
        raise Nonsense
    return address
