"""Teaching groups: who teaches whom as the Portal says, and nobody in them who has been forgotten (A4, A5, H2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from school_events.core.consequences import Consequences, Joined, Subject
from school_events.core.context import Actor
from school_events.core.dynamodb import Transaction, get_many
from school_events.people import consequences, groups, rules, store, writing
from school_events.people.aliases import alias_key
from school_events.people.groups import all_groups
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import NeverRight, read
from school_events.people.model import TeachingGroup
from school_events.people.rules import Thing
from school_events.people.snapshots.applying import apply_lines
from school_events.people.snapshots.reader import Contents
from tests.support.contexts import SCHOOL, a_context
from tests.support.crashes import Calls, Killed, watched
from tests.support.people import (
    EVERYTHING,
    PORTAL,
    PortalMessage,
    group_removed,
    group_told,
    portal_message,
    pupil_told,
    received,
    school_told,
    staff_told,
    tell,
)
from tests.support.rewind import bookmark_tables
from tests.support.snapshots import FIRST, SECOND, make_bucket, reconcile
from tests.support.tables import rows

pytestmark = pytest.mark.usefixtures("tables")

FORGETTER = Actor("system", "anonymise")
NAMED: tuple[PortalMessage, ...] = (
    school_told(),
    staff_told(),
    pupil_told(),
    pupil_told("pupil-2"),
    group_told("group-1", ("pupil-1", "pupil-2")),
    group_told("group-2", ("pupil-1",), name="8y/En2"),
)


def _groups() -> dict[str, tuple[str, ...]]:
    """The pupils of each group that is there."""
    return {group.id: group.pupil_ids for group in all_groups(SCHOOL)}


def _is_gone(pupil_id: str) -> None:
    """What the first write of forgetting a pupil does."""
    ctx = a_context(actor=FORGETTER)
    thing = Thing("pupil", (pupil_id,))
    key, school_key = key_of(SCHOOL, thing), store.school_key_of(SCHOOL)
    found = get_many([key, school_key])
    after = rules.anonymised(heard_of(found.get(key)), ctx.now)
    write = writing.decide(ctx, store.to_school(found.get(school_key)), thing, found.get(key), after)
    if write is not None:
        transaction = Transaction(ctx).delete(alias_key(SCHOOL, "pupil", pupil_id))
        writing.add_to(transaction, write)
        transaction.commit()


def _forget(pupil_id: str = "pupil-1") -> None:
    _is_gone(pupil_id)
    groups.forget_pupil(a_context(actor=FORGETTER), pupil_id)


def _traces(word: str) -> list[str]:
    """Where a word is left among the groups and what was kept about them."""
    return [row["sk"]["S"] for row in rows("People") if row["pk"]["S"].endswith("GROUPS") and word in str(row)]


def test_a_group_is_there_as_it_was_last_told_with_its_people_once_each_in_order() -> None:
    tell(school_told(), group_told("group-1", ("pupil-2", "pupil-1", "pupil-2"), ("staff-2", "staff-1")))
    assert list(all_groups(SCHOOL)) == [
        TeachingGroup(
            id="group-1",
            name="8x/Ma1",
            subject="Mathematics",
            year_group="8",
            staff_ids=("staff-1", "staff-2"),
            pupil_ids=("pupil-1", "pupil-2"),
        )
    ]
    tell(group_told("group-1", (), (), subject=None, year_group=None, version=2))
    assert list(all_groups(SCHOOL)) == [TeachingGroup(id="group-1", name="8x/Ma1")]
    tell(group_removed("group-1", version=3), group_told("group-1", version=2))
    assert list(all_groups(SCHOOL)) == []


def test_groups_of_another_school_are_none_of_this_one() -> None:
    tell(school_told(), group_told())
    assert list(all_groups("school-2")) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pupil_ids": [f"p{number}" for number in range(501)]}, "teaching_group.pupil_ids"),
        ({"staff_ids": [f"s{number}" for number in range(51)]}, "teaching_group.staff_ids"),
        ({"pupil_ids": ["two words"]}, "teaching_group.pupil_ids.0"),
        ({"pupil_ids": [7]}, "teaching_group.pupil_ids.0"),
        ({"pupil_ids": None}, "teaching_group.pupil_ids"),
        ({"name": "\u200b"}, "teaching_group.name"),
        ({"subject": " "}, "teaching_group.subject"),
        ({"year_group": "Year 99"}, "teaching_group.year_group"),
    ],
)
def test_what_is_no_group_is_refused_by_the_name_of_the_field(change: dict[str, Any], field: str) -> None:
    message_type, detail = group_told()
    with pytest.raises(NeverRight) as refused:
        read(message_type, detail | {"teaching_group": detail["teaching_group"] | change})
    assert refused.value.fields == (field,)


def test_a_school_told_of_in_the_first_version_authorises_no_groups_and_a_retelling_brings_them_later() -> None:
    message_type, detail = school_told(categories=EVERYTHING[:-1])
    tell((message_type.removesuffix(".v2"), detail), group_told())
    assert list(all_groups(SCHOOL)) == [TeachingGroup(id="group-1", name="")]
    assert _traces("Ma1") == _traces("pupil-1") == _traces("staff-1") == []
    tell(school_told(version=2), group_told())
    assert _groups() == {"group-1": ("pupil-1",)}


def test_the_first_version_of_a_school_cannot_name_the_new_category() -> None:
    message_type, detail = school_told()
    with pytest.raises(NeverRight) as refused:
        read(message_type.removesuffix(".v2"), detail)
    assert refused.value.fields == (f"school.authorised_categories.{len(EVERYTHING) - 1}",)


def test_teachers_go_with_the_category_staff_and_the_year_with_the_pupils_years() -> None:
    tell(school_told(categories=[one for one in EVERYTHING if one not in {"staff", "year_group"}]), group_told())
    (group,) = all_groups(SCHOOL)
    assert (group.staff_ids, group.year_group, group.pupil_ids) == ((), None, ("pupil-1",))


def test_a_forgotten_pupil_is_in_no_group_and_the_others_stay() -> None:
    tell(*NAMED)
    _forget()
    assert _groups() == {"group-1": ("pupil-2",), "group-2": ()}
    assert _traces("pupil-1") == []


LATE: dict[str, PortalMessage] = {
    "the same again": group_told("group-1", ("pupil-1", "pupil-2")),
    "a later version": group_told("group-1", ("pupil-1", "pupil-2"), version=5),
    "another content of the same version": group_told("group-1", ("pupil-1", "pupil-2"), name="zz"),
    "a new group": group_told("group-3", ("pupil-1",)),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_a_late_message_does_not_bring_a_forgotten_pupil_back(late: PortalMessage) -> None:
    tell(*NAMED)
    _forget()
    tell(late)
    assert _traces("pupil-1") == []


def test_who_really_comes_back_is_in_the_group_with_its_next_version() -> None:
    tell(*NAMED)
    _forget()
    tell(pupil_told(version=2), group_told("group-1", ("pupil-1", "pupil-2"), version=2))
    assert _groups()["group-1"] == ("pupil-1", "pupil-2")
    groups.forget_pupil(a_context(actor=FORGETTER), "pupil-1")
    assert _groups()["group-1"] == ("pupil-1", "pupil-2")


def test_who_comes_back_after_their_group_was_told_is_in_it_after_the_next_snapshot() -> None:
    make_bucket()
    tell(*NAMED)
    _forget()
    back, group = pupil_told(version=2), group_told("group-1", ("pupil-1", "pupil-2"), version=2)
    tell(group, back, together=False)
    assert _groups()["group-1"] == ("pupil-2",)
    assert reconcile([*NAMED[:2], back, *NAMED[3:4], group, NAMED[5]]).state == "finished"
    assert _groups()["group-1"] == ("pupil-1", "pupil-2")


@dataclass
class _Meanwhile(Calls):
    """Lets something else happen before one of the calls of a story, as if somebody were quicker."""

    before: int = 0
    do: Callable[[], None] = lambda: None
    _is_doing: bool = field(default=False)

    def make[A](self, name: str, call: Callable[[], A]) -> A:
        """Carry a call out, the other thing before it if this is its turn; or be killed, as others are."""
        if self._is_doing:
            return call()
        if len(self.names) == self.before:
            self._is_doing = True
            self.do()
            self._is_doing = False
        return super().make(name, call)


def _told_again() -> None:
    tell(group_told("group-1", ("pupil-1", "pupil-2"), version=2), group_told("group-3", ("pupil-1",)))


def _compared() -> None:
    """What a snapshot's run does with two lines that differ."""
    lines = (group_told("group-1", ("pupil-1", "pupil-2"), version=3), group_told("group-3"))
    apply_lines(a_context(actor=PORTAL), [received(one) for one in lines], Contents(), FIRST)


@pytest.mark.parametrize("write", [_told_again, _compared], ids=["a message", "a snapshot"])
def test_a_pupil_forgotten_while_a_group_is_written_is_in_none_whoever_comes_first(write: Callable[[], None]) -> None:
    tell(*NAMED)
    rewind = bookmark_tables()
    turns = 0
    for first, second in ((write, _forget), (_forget, write)):
        with watched(Calls()) as alone:
            first()
        for turn in range(len(alone.names) + 1):
            rewind()
            with watched(_Meanwhile(before=turn, do=second)):
                first()
            if turn == len(alone.names):
                second()
            assert (first, turn, _traces("pupil-1")) == (first, turn, [])
            turns += 1
        rewind()
    assert turns > 12


def test_killed_anywhere_while_a_group_is_written_beside_a_forgetting_a_repetition_ends_without_the_pupil() -> None:
    tell(*NAMED)
    rewind = bookmark_tables()
    with watched(Calls()) as whole:
        _told_again()
    for point in whole.points():
        for forgotten_before in range(len(whole.names)):
            rewind()
            with pytest.raises(Killed), watched(_Meanwhile(point, before=forgotten_before, do=_forget)) as story:
                _told_again()
            if forgotten_before >= len(story.names):
                _forget()
            _told_again()
            assert (point, forgotten_before, _traces("pupil-1")) == (point, forgotten_before, [])


def test_a_snapshot_repairs_groups_and_takes_away_what_it_lacks_twice() -> None:
    make_bucket()
    tell(*NAMED, *(group_told(f"group-{number}") for number in range(3, 9)))
    lines = [*NAMED[:4], group_told("group-1", ("pupil-2",), version=3)]
    lines += [group_told(f"group-{number}") for number in range(3, 9)]
    first = reconcile(lines)
    assert first.drift.wrong == {"teaching_group": 1}
    assert first.drift.extra == {"teaching_group": 1}
    assert _groups()["group-1"] == ("pupil-2",)
    assert "group-2" in _groups()
    assert reconcile(lines, SECOND).drift.removed == {"teaching_group": 1}
    assert "group-2" not in _groups()


def test_a_snapshot_that_names_a_forgotten_pupil_has_not_drifted() -> None:
    make_bucket()
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2024-07-19"}, version=2)
    tell(*NAMED, left)
    _forget()
    report = reconcile([*NAMED, left], FIRST)
    assert (report.differing, report.drift.wrong) == (0, {})
    assert _traces("pupil-1") == []


def test_a_change_of_a_group_is_in_the_audit_log_by_the_groups_id() -> None:
    tell(school_told(), group_told())
    tell(group_told(name="8x/Ma2", version=2), group_removed(version=3), together=False)
    (row,) = [row for row in rows("People") if row["kind"]["S"] == "teaching_group"]
    assert '"action":"teaching_group.removed"' in row["change"]["S"]
    assert consequences.of(store.GroupItem.from_raw_data(row)) == Consequences(
        Subject("teaching_group", "group-1"), joined=Joined()
    )


def test_the_groups_of_a_few_pupils_are_those_that_name_them_and_no_others() -> None:
    others = (group_told("group-3", ("pupil-10", "pupil-3")), group_told("group-4", ("pupil-3",), ("pupil-1",)))
    tell(*NAMED, *others, group_told("group-5", ("pupil-1",)), group_removed("group-5"))
    assert [group.id for group in groups.groups_of(SCHOOL, ["pupil-1"])] == ["group-1", "group-2"]
    assert [group.id for group in groups.groups_of(SCHOOL, ["pupil-2", "pupil-10"])] == ["group-1", "group-3"]
    assert groups.groups_of(SCHOOL, []) == groups.groups_of(SCHOOL, ["pupil-9"]) == []
