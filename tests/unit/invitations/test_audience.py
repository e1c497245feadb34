"""Audiences: what is accepted, whom they include, what they say in words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from school_events.core.errors import Invalid
from school_events.invitations import rules
from school_events.invitations.audience import MOST_LEVELS, Audience, WholeAudience, leaves
from school_events.invitations.teaching import teaching_of
from school_events.people.model import (
    Characteristics,
    DataCategory,
    Eligibility,
    Pupil,
    Sen,
    StaffMember,
    TeachingGroup,
)

DAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
_adapter: TypeAdapter[Audience] = TypeAdapter(WholeAudience)
GROUPS = (
    TeachingGroup(id="g1", name="8x/Ma1", staff_ids=("s1",), pupil_ids=("p1", "p3")),
    TeachingGroup(id="g2", name="8y/En2", staff_ids=("s1", "s2"), pupil_ids=("p2",)),
    TeachingGroup(id="g3", name="8z/Mu"),
)
TEACHERS = [StaffMember(id=one, first_name=first, last_name="Lee") for one, first in (("s1", "Ann"), ("s2", "Bo"))]
TEACHING = teaching_of(GROUPS, TEACHERS)


def audience(expression: Mapping[str, Any]) -> Audience:
    """An expression as the API reads it."""
    return _adapter.validate_python(expression)


def _pupil(pupil_id: str = "p1", **others: Any) -> Pupil:
    details: dict[str, Any] = {"first_name": "Amelia", "last_name": "Ng", "year_group": "8", "registration_group": "8B"}
    return Pupil(id=pupil_id, **(details | others))


def _with(**traits: Any) -> Pupil:
    return _pupil(characteristics=Characteristics(**traits))


@pytest.mark.parametrize(
    ("expression", "pupil", "included"),
    [
        ({"year_groups": ["7", "8"]}, _pupil(), True),
        ({"year_groups": ["9"]}, _pupil(), False),
        ({"year_groups": ["8"]}, _pupil(year_group=None), False),
        ({"registration_groups": ["8B"]}, _pupil(), True),
        ({"registration_groups": ["8b"]}, _pupil(), False),
        ({"pupils": ["p1", "p2"]}, _pupil(), True),
        ({"pupils": ["p2"]}, _pupil(), False),
        ({"teaching_groups": ["g2", "g1"]}, _pupil(), True),
        ({"teaching_groups": ["g2", "g3"]}, _pupil(), False),
        ({"not": {"teaching_groups": ["g3"]}}, _pupil(), True),
        ({"taught_by": ["s1"]}, _pupil(), True),
        ({"taught_by": ["s2"]}, _pupil(), False),
        ({"all": [{"taught_by": ["s2", "s1"]}, {"teaching_groups": ["g2"]}]}, _pupil("p2"), True),
        ({"sen": ["K", "E"]}, _with(sen=Sen(status="K")), True),
        ({"sen": ["E"]}, _with(sen=Sen(status="K")), False),
        ({"sen": ["K"]}, _with(sen=Sen(status="K", starts_on=DAY)), True),
        ({"sen": ["K"]}, _with(sen=Sen(status="K", starts_on=TOMORROW)), False),
        ({"sen": ["N"]}, _pupil(), False),
        ({"free_school_meals": True}, _with(free_school_meals=Eligibility(eligible=True)), True),
        ({"free_school_meals": True}, _with(free_school_meals=Eligibility(eligible=True, ends_on=YESTERDAY)), False),
        ({"free_school_meals": False}, _with(free_school_meals=Eligibility(eligible=True, ends_on=YESTERDAY)), True),
        ({"free_school_meals": True}, _with(free_school_meals=Eligibility(eligible=True, ends_on=DAY)), True),
        ({"free_school_meals": True}, _with(pupil_premium=Eligibility(eligible=True)), False),
        ({"free_school_meals": False}, _pupil(), False),
        ({"pupil_premium": True}, _with(pupil_premium=Eligibility(eligible=True)), True),
        ({"pupil_premium": True}, _with(fsm_ever6=Eligibility(eligible=True)), False),
        ({"not": {"year_groups": ["8"]}}, _pupil(), False),
        ({"not": {"year_groups": ["9"]}}, _pupil(), True),
        ({"all": [{"year_groups": ["8"]}, {"registration_groups": ["8C"]}]}, _pupil(), False),
        ({"any": [{"year_groups": ["9"]}, {"registration_groups": ["8B"]}]}, _pupil(), True),
    ],
)
def test_an_audience_includes_exactly_whom_it_says(expression: dict[str, Any], pupil: Pupil, included: bool) -> None:
    assert rules.includes(audience(expression), pupil, DAY, TEACHING) is included


def test_only_pupils_on_roll_are_members() -> None:
    here, gone = _pupil("p1"), _pupil("p2", state="left", left_on=YESTERDAY)
    for expression in ({"year_groups": ["8"]}, {"taught_by": ["s1"]}, {"not": {"teaching_groups": ["g3"]}}):
        assert rules.members(audience(expression), [here, gone], DAY, TEACHING) == [here]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ({"year_groups": ["7", "8"]}, "in Year 7 or Year 8"),
        ({"year_groups": ["R", "X"]}, "in Reception or those not following the National Curriculum"),
        (
            {"all": [{"year_groups": ["8"]}, {"any": [{"sen": ["K", "E"]}, {"pupil_premium": True}]}]},
            "in Year 8 and (with SEN support or an education, health and care plan or eligible for Pupil Premium)",
        ),
        ({"not": {"registration_groups": ["8A", "8B"]}}, "not in 8A or 8B"),
        ({"not": {"all": [{"pupils": ["p1"]}, {"free_school_meals": False}]}},
         "not (one named pupil and not eligible for free school meals)"),
        ({"any": [{"pupils": ["p1", "p2"]}]}, "one of 2 named pupils"),
        (
            {"all": [{"teaching_groups": ["g1", "g2"]}, {"not": {"taught_by": ["s1"]}}]},
            "in the teaching group 8x/Ma1 or 8y/En2 and not taught by Ann Lee",
        ),
    ],
)  # fmt: skip
def test_an_audience_is_explained_in_words(expression: dict[str, Any], words: str) -> None:
    assert rules.explain(audience(expression), TEACHING) == words


def _nested(levels: int) -> dict[str, Any]:
    return {"year_groups": ["8"]} if levels == 1 else {"not": _nested(levels - 1)}


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ({}, ()),
        ({"year_groups": ["8"], "sen": ["K"]}, ()),
        ({"colour": "red"}, ("colour",)),
        ({"all_of": [{"year_groups": ["8"]}]}, ("all_of",)),
        ({"all": []}, ("all",)),
        ({"all": [{"year_groups": ["8"]}, {"year_groups": ["Year 8"]}]}, ("all", 1, "year_groups", 0)),
        ({"any": [{"not": {"sen": ["Q"]}}]}, ("any", 0, "not", "sen", 0)),
        ({"not": [{"year_groups": ["8"]}]}, ("not",)),
        ({"not": None}, ("not",)),
        ({"year_groups": "8"}, ("year_groups",)),
        ({"year_groups": [8]}, ("year_groups", 0)),
        ({"free_school_meals": "yes"}, ("free_school_meals",)),
        ({"pupils": ["#"]}, ("pupils", 0)),
        ({"teaching_groups": []}, ("teaching_groups",)),
        ({"taught_by": ["s1", "two words"]}, ("taught_by", 1)),
        (_nested(MOST_LEVELS + 1), ()),
        ({"all": [{"any": [{"year_groups": ["8"]}] * 10}] * 10}, ()),
    ],
)
def test_what_is_no_audience_is_refused_where_it_is_wrong(expression: dict[str, Any], path: tuple[Any, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        audience(expression)
    assert path in {error["loc"] for error in refused.value.errors()}


def test_an_audience_may_be_as_deep_as_it_says() -> None:
    assert rules.includes(audience(_nested(MOST_LEVELS)), _pupil(), DAY, TEACHING) is (MOST_LEVELS % 2 == 1)


def test_every_rule_has_the_path_it_has_in_the_request() -> None:
    expression = audience({"all": [{"not": {"any": [{"sen": ["K"]}]}}, {"year_groups": ["8"]}]})
    assert [path for path, _ in leaves(expression, "audience")] == [
        "audience.all.0.not.any.0.sen",
        "audience.all.1.year_groups",
    ]


def test_a_rule_about_data_the_school_has_not_authorised_is_refused_where_it_is() -> None:
    expression = audience({"any": [{"year_groups": ["8"]}, {"pupil_premium": True}]})
    rules.check_authorised(expression, {"year_group", "pupil_premium"}, "audience")
    with pytest.raises(Invalid) as refused:
        rules.check_authorised(expression, {"year_group"}, "audience")
    assert [error.field for error in refused.value.fields] == ["audience.any.1.pupil_premium"]


@pytest.mark.parametrize("missing", ["teaching_groups", "staff"])
def test_who_is_taught_by_whom_needs_both_groups_and_staff(missing: DataCategory) -> None:
    expression = audience({"all": [{"taught_by": ["s1"]}, {"teaching_groups": ["g1"]}]})
    both: set[DataCategory] = {"teaching_groups", "staff"}
    rules.check_authorised(expression, both, "audience")
    with pytest.raises(Invalid) as refused:
        rules.check_authorised(expression, both - {missing}, "audience")
    alone = ["audience.all.1.teaching_groups"] if missing == "teaching_groups" else []
    assert [error.field for error in refused.value.fields] == ["audience.all.0.taught_by", *alone]


def test_a_group_or_a_teacher_nobody_knows_is_refused_where_they_are_named() -> None:
    expression = audience({"not": {"any": [{"teaching_groups": ["g9", "g1"]}, {"taught_by": ["s1", "s9"]}]}})
    with pytest.raises(Invalid) as refused:
        rules.check_taught(expression, TEACHING, "audience")
    assert [error.field for error in refused.value.fields] == [
        "audience.not.any.0.teaching_groups.0",
        "audience.not.any.1.taught_by.1",
    ]


def test_a_pupil_nobody_knows_is_refused_where_they_are_named() -> None:
    with pytest.raises(Invalid) as refused:
        rules.check_named(audience({"not": {"pupils": ["p1", "p9"]}}), {"p1"}, "audience")
    assert [error.field for error in refused.value.fields] == ["audience.not.pupils.1"]


_eligibility = st.none() | st.builds(
    Eligibility,
    eligible=st.booleans(),
    starts_on=st.sampled_from([None, YESTERDAY, DAY, TOMORROW]),
    ends_on=st.sampled_from([None, YESTERDAY, DAY, TOMORROW]),
)
_pupils = st.builds(
    Pupil,
    id=st.sampled_from(["p1", "p2", "p3"]),
    first_name=st.just("A"),
    last_name=st.just("B"),
    year_group=st.sampled_from([None, "7", "8"]),
    registration_group=st.sampled_from([None, "7A", "8B"]),
    characteristics=st.builds(
        Characteristics,
        sen=st.none()
        | st.builds(Sen, status=st.sampled_from("NKE"), starts_on=st.sampled_from([None, YESTERDAY, DAY, TOMORROW])),
        free_school_meals=_eligibility,
        pupil_premium=_eligibility,
    ),
)


def _some(*values: str) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3)


_leaves = st.one_of(
    st.fixed_dictionaries({"year_groups": _some("7", "8", "9")}),
    st.fixed_dictionaries({"registration_groups": _some("7A", "8B", "8C")}),
    st.fixed_dictionaries({"pupils": _some("p1", "p2", "p4")}),
    st.fixed_dictionaries({"teaching_groups": _some("g1", "g2", "g3", "g9")}),
    st.fixed_dictionaries({"taught_by": _some("s1", "s2", "s9")}),
    st.fixed_dictionaries({"sen": _some("N", "K", "E")}),
    st.fixed_dictionaries({"free_school_meals": st.booleans()}),
    st.fixed_dictionaries({"pupil_premium": st.booleans()}),
)
_expressions = st.recursive(
    _leaves,
    lambda part: st.one_of(
        st.fixed_dictionaries({"all": st.lists(part, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(part, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": part}),
    ),
    max_leaves=8,
)


def _on(eligibility: Eligibility | None) -> str:
    if eligibility is None:
        return "unknown"
    begun = eligibility.starts_on in {None, YESTERDAY, DAY}
    over = eligibility.ends_on == YESTERDAY
    return "yes" if eligibility.eligible and begun and not over else "no"


def _reference(expression: dict[str, Any], pupil: Pupil, groups: Sequence[TeachingGroup] = GROUPS) -> bool:
    """The plainest reading of an expression, straight from its JSON."""
    ((rule, value),) = expression.items()
    traits = pupil.characteristics
    sen = "?" if traits.sen is None or traits.sen.starts_on == TOMORROW else traits.sen.status
    readings: dict[str, Callable[[], bool]] = {
        "all": lambda: [_reference(part, pupil, groups) for part in value].count(False) == 0,
        "any": lambda: [_reference(part, pupil, groups) for part in value].count(True) > 0,
        "not": lambda: not _reference(value, pupil, groups),
        "year_groups": lambda: value.count(pupil.year_group) > 0,
        "registration_groups": lambda: value.count(pupil.registration_group) > 0,
        "pupils": lambda: value.count(pupil.id) > 0,
        "teaching_groups": lambda: any(pupil.id in one.pupil_ids for one in groups if one.id in value),
        "taught_by": lambda: any(pupil.id in one.pupil_ids for one in groups if set(one.staff_ids) & set(value)),
        "sen": lambda: value.count(sen) > 0,
        "free_school_meals": lambda: _on(traits.free_school_meals) == ("yes" if value else "no"),
        "pupil_premium": lambda: _on(traits.pupil_premium) == ("yes" if value else "no"),
    }
    return readings[rule]()


@given(_expressions, _pupils)
def test_every_audience_includes_whom_its_plain_reading_does(expression: dict[str, Any], pupil: Pupil) -> None:
    parsed = Audience.model_validate(expression)
    assert rules.includes(parsed, pupil, DAY, TEACHING) is _reference(expression, pupil)
    assert rules.explain(parsed, TEACHING)


_groups = st.lists(
    st.builds(
        TeachingGroup,
        id=st.sampled_from(["g1", "g2", "g3"]),
        name=st.just("8x/Ma1"),
        staff_ids=st.sets(st.sampled_from(["s1", "s2"])).map(sorted).map(tuple),
        pupil_ids=st.sets(st.sampled_from(["p1", "p2", "p3", "p4"])).map(sorted).map(tuple),
    ),
    unique_by=lambda group: group.id,
)
_everybody = st.lists(
    st.builds(
        lambda pupil, number, left_on: pupil.model_copy(update={"id": f"p{number}", "left_on": left_on}),
        _pupils,
        st.integers(1, 8),
        st.sampled_from([None, None, YESTERDAY, DAY, TOMORROW]),
    ),
    unique_by=lambda pupil: pupil.id,
    max_size=8,
)


@settings(max_examples=250)
@given(_expressions, _everybody, _groups)
def test_of_a_whole_school_exactly_those_on_roll_are_members_whom_the_plain_reading_names(
    expression: dict[str, Any], pupils: list[Pupil], groups: list[TeachingGroup]
) -> None:
    teaching = teaching_of(groups, TEACHERS)
    wanted = [one for one in pupils if one.left_on != YESTERDAY and _reference(expression, one, groups)]
    assert rules.members(Audience.model_validate(expression), pupils, DAY, teaching) == wanted
