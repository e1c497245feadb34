"""Whose families come to which desk of a parents' evening (B7)."""

from hypothesis import given
from hypothesis import strategies as st

from school_events.events.evenings.model import Desk, Meets
from school_events.events.evenings.teaching import Choice, choices
from school_events.people.model import Pupil, TeachingGroup
from tests.unit.events.evenings.plans import a_plan, desk

PUPIL = Pupil(id="pupil-1", first_name="Amelia", last_name="O'Connor", year_group="8", registration_group="8B")


def taught(
    *staff_ids: str, group: str = "group-1", subject: str | None = "Maths", pupil: str = "pupil-1"
) -> TeachingGroup:
    """A class of one pupil."""
    return TeachingGroup(id=group, name=f"8x/{group}", subject=subject, staff_ids=staff_ids, pupil_ids=(pupil,))


def found(*groups: TeachingGroup, desks: tuple[Desk, ...]) -> tuple[Choice, ...]:
    """What the pupil's family may choose from."""
    return choices(PUPIL, a_plan(*desks).desks, groups)


def test_a_family_meets_who_teaches_its_child_and_nobody_else() -> None:
    there = found(taught("a"), taught("b", group="group-2", pupil="pupil-2"), desks=(desk("a"), desk("b")))
    assert there == (Choice((1,), ("Maths",)),)


def test_teachers_who_sit_together_are_met_together_and_alone_for_their_other_classes() -> None:
    desks = (desk("a"), desk("b"), desk("a", "b"))
    there = found(taught("a", "b"), taught("a", group="group-2", subject=None), desks=desks)
    assert there == (Choice((1,), ("8x/group-2",)), Choice((3,), ("Maths",)))


def test_teachers_of_a_class_at_desks_of_their_own_are_alternatives() -> None:
    assert found(taught("a", "b"), desks=(desk("a"), desk("b"))) == (Choice((1, 2), ("Maths",)),)


def test_a_teacher_of_two_classes_is_met_once() -> None:
    there = found(taught("a"), taught("a", group="group-2", subject="Physics"), desks=(desk("a"),))
    assert there == (Choice((1,), ("Maths", "Physics")),)


def test_what_the_plan_says_of_a_group_goes_before_the_portal() -> None:
    cover = desk("b", meets=Meets(teaching_groups=("group-1",)))
    assert found(taught("a"), desks=(desk("a"), cover)) == (Choice((2,), ("Maths",)),)


def test_a_desk_with_families_of_its_own_is_not_for_the_classes_of_its_teacher() -> None:
    assert found(taught("a"), desks=(desk("a", meets=Meets(registration_groups=("9C",))),)) == ()


def test_who_is_there_for_a_year_is_no_alternative_to_another_and_form_tutors_are() -> None:
    year, form = Meets(year_groups=("8",)), Meets(registration_groups=("8B",))
    desks = (desk("a", meets=year), desk("b", meets=year), desk("c", meets=form), desk("d", meets=form))
    assert found(desks=desks) == (
        Choice((1,), ("Year 8",)),
        Choice((2,), ("Year 8",)),
        Choice((3, 4), ("8B",)),
    )


_STAFF = st.sets(st.sampled_from("abcd"), min_size=1, max_size=3).map(lambda some: tuple(sorted(some)))


@given(st.lists(_STAFF, min_size=1, max_size=6, unique=True), st.lists(_STAFF, max_size=5))
def test_each_class_is_met_by_as_many_of_its_teachers_together_as_sit_together(
    crews: list[tuple[str, ...]], classes: list[tuple[str, ...]]
) -> None:
    groups = [taught(*staff, group=f"group-{number}", subject=None) for number, staff in enumerate(classes)]
    there = found(*groups, desks=tuple(desk(*crew) for crew in crews))
    met = {name: {crews[number - 1] for number in choice.desks} for choice in there for name in choice.groups}
    for group in groups:
        able = [crew for crew in crews if set(crew) <= set(group.staff_ids)]
        together = max(map(len, able), default=0)
        assert met.get(group.name, set()) == {crew for crew in able if len(crew) == together}
