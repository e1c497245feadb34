"""Many spellings, one meaning; nonsense refused (A6)."""

import contextlib
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from school_events.people import normalisation
from school_events.people.model import Relationship, YearGroup
from school_events.people.normalisation import Nonsense

YEARS = {
    "R": ["R", "r", "Year R", "YR", "Yr R", "FY", "Reception", "RECEPTION", "Rec", "K", "Year 0", "0", "F2", "FS2"],
    "7": ["7", "07", "Year 7", "year 7", "YEAR 07", "Yr 7", "Yr.7", "Y7", "y 7", "Year-7", "NC Year 7", "Year Group 7",
          "Year Seven", "seven", " Year\u00a07 ", "７"],
    "14": ["14", "Year 14", "fourteen"],
    "1": ["1", "Year 1", "01", "Year One"],
    "12": ["12", "Lower Sixth", "L6"],
    "N1": ["N1", "Nursery 1", "n1"],
    "N2": ["N2", "Nursery 2", "Nursery", "F1"],
    "E1": ["E1"],
    "E2": ["e2"],
    "X": ["X", "x", "Year X", "Not following the National Curriculum"],
}  # fmt: skip
NONSENSE = [
    "",
    " ",
    "Year",
    "15",
    "Year 15",
    "-7",
    "7.5",
    "7B",
    "Year 77",
    "Seventh heaven",
    "year year",
    "¾",
    "٧",
    "N3",
    "E0",
    "\0",
]


@pytest.mark.parametrize(("meant", "spelling"), [(year, one) for year, all_of in YEARS.items() for one in all_of])
def test_a_year_group_is_understood(meant: str, spelling: str) -> None:
    assert normalisation.year_group(spelling) == meant


@pytest.mark.parametrize("spelling", NONSENSE)
def test_a_nonsense_year_group_is_refused(spelling: str) -> None:
    with pytest.raises(Nonsense):
        normalisation.year_group(spelling)


def test_every_year_group_means_itself() -> None:
    assert [normalisation.year_group(one) for one in get_args(YearGroup)] == list(get_args(YearGroup))


@given(st.text(max_size=40))
def test_any_text_is_a_year_group_or_nonsense(spelling: str) -> None:
    with contextlib.suppress(Nonsense):
        assert normalisation.year_group(spelling) in get_args(YearGroup)


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("  Zoe\u0308  Ade\u0000yemi ", "Zoë Ade yemi"),
        ("O\u2019Connor-Lee", "O’Connor-Lee"),
        ("محمد", "محمد"),
        ("\u202eevil\u202c", "evil"),
        ("👩‍👧 Ada", "👩‍👧 Ada"),
    ],
)
def test_names_are_composed_and_hide_nothing(spelling: str, meant: str) -> None:
    assert normalisation.text(spelling) == meant


@given(st.text())
def test_a_name_cleaned_once_is_clean(name: str) -> None:
    try:
        clean = normalisation.text(name)
    except Nonsense:
        return
    assert normalisation.text(clean) == clean


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("Mother", "mother"),
        ("MUM", "mother"),
        ("PAF", "father"),
        ("Step-Father", "step_parent"),
        ("step mother", "step_parent"),
        ("CAR", "carer"),
        ("Grand\u00admother", "other"),
        ("Grandparent", "grandparent"),
        ("Mum's best friend", "other"),
    ],
)
def test_a_relationship_is_understood_or_other(spelling: str, meant: Relationship) -> None:
    assert normalisation.relationship(spelling) == meant


@pytest.mark.parametrize("spelling", ["???", "123", " - "])
def test_a_relationship_without_a_letter_is_refused(spelling: str) -> None:
    with pytest.raises(Nonsense):
        normalisation.relationship(spelling)


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("0044 7700-900123 (mobile)", "+447700900123"),
        ("01632 960001 ext 22", "+441632960001"),
        ("960001", "960001"),
        ("+33 1 99 00 12 34", "+33199001234"),
    ],
)
def test_a_telephone_number_is_brought_to_one_form(spelling: str, meant: str) -> None:
    assert normalisation.phone(spelling) == meant


@pytest.mark.parametrize("spelling", ["", "n/a", "12", "1234567890123456"])
def test_a_nonsense_telephone_number_is_refused(spelling: str) -> None:
    with pytest.raises(Nonsense):
        normalisation.phone(spelling)


@pytest.mark.parametrize("spelling", ["", "none", "a@b", "a b@c.test", "@c.test", "a@c.test, d@e.test"])
def test_what_is_no_email_address_is_refused(spelling: str) -> None:
    with pytest.raises(Nonsense):
        normalisation.email(spelling)
