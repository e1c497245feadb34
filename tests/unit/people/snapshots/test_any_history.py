"""Whatever is lost or mangled of any history, after two snapshots the school is here exactly as it is there (A2)."""

import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from school_events.core.dynamodb import get_many
from school_events.people import store
from school_events.people.model import AppRole, DataCategory, SchoolDetails
from school_events.people.refit import refit
from school_events.people.rules import NOTHING_HEARD, Heard, Statement, Thing, absent, hear
from school_events.people.rules import refit as refitted
from school_events.people.snapshots import rules
from school_events.people.upkeep import RefitMessage
from tests.support.contexts import SCHOOL, a_context
from tests.support.people import (
    EVERYTHING,
    PORTAL,
    PortalMessage,
    contact_told,
    group_removed,
    group_told,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
    received,
    school_told,
    staff_told,
    tell,
)
from tests.support.snapshots import FIRST, SECOND, make_bucket, reconcile
from tests.support.tables import empty, messages, rows

_SAYS_WHAT_IS = ("kind", "pk", "sk", "record", "state", "left_on", "restricted", "ends_on", "withheld", "listing_sk")
_NO_LONGER_HERE = frozenset({"removed", "untold", "anonymised"})

type Step = tuple[str, int]
"""What happens to a thing, and with which content."""


@pytest.fixture
def _bucket(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_bucket()
    # A handful of things, of which any number may be gone: the guard has tests of its own.
    monkeypatch.setenv("SNAPSHOT_MOST_ABSENT_PERCENT", "100")


def _pupil(name: str, step: Step, version: int) -> PortalMessage:
    what, content = step
    if what == "told":
        traits = {"sen": {"status": "NKE"[content]}}
        return pupil_told(
            name, f"Name{content}", year_group=f"Year {content + 7}", characteristics=traits, version=version
        )
    if what == "left":
        return portal_message("PupilLeft", {"pupil_id": name, "left_on": f"2026-10-{content + 1:02}"}, version=version)
    return portal_message("PupilRemoved", {"pupil_id": name}, version=version)


def _contact(name: str, step: Step, version: int) -> PortalMessage:
    what, content = step
    if what == "told":
        return contact_told(name, f"Name{content}", version=version)
    return portal_message("ContactRemoved", {"contact_id": name}, version=version)


def _link(name: str, step: Step, version: int) -> PortalMessage:
    what, content = step
    ids = name.split()
    return (
        link_told(*ids, restricted=content == 1, version=version)
        if what == "told"
        else link_removed(*ids, version=version)
    )


def _staff(name: str, step: Step, version: int) -> PortalMessage:
    what, content = step
    if what == "told":
        roles: tuple[AppRole, ...] = ("staff", "finance", "school_admin")
        return staff_told(name, roles[: content + 1], version=version)
    return portal_message("StaffRemoved", {"staff_id": name}, version=version)


def _group(name: str, step: Step, version: int) -> PortalMessage:
    what, content = step
    if what == "told":
        pupils = ("pupil-1", "pupil-2")[: content + 1]
        return group_told(name, pupils, ("staff-1",)[:content], year_group=f"Year {content + 7}", version=version)
    return group_removed(name, version=version)


def _calendar(name: str, step: Step, version: int) -> PortalMessage:
    calendar = {
        "academic_year": name,
        "terms": [{"name": "Autumn", "starts_on": f"2026-09-0{step[1] + 1}", "ends_on": "2026-12-18"}],
        "half_terms": [],
        "inset_days": [],
    }
    return portal_message("TermCalendarUpdated", {"calendar": calendar}, version=version)


def _school(_name: str, step: Step, version: int) -> PortalMessage:
    return school_told(categories=(EVERYTHING, EVERYTHING[:3], EVERYTHING[2:])[step[1]], version=version)


@dataclass(frozen=True)
class _Kind:
    message: Callable[[str, Step, int], PortalMessage]
    names: tuple[str, ...]
    steps: tuple[str, ...]


KINDS: Mapping[str, _Kind] = {
    "school": _Kind(_school, (SCHOOL,), ("told",)),
    "calendar": _Kind(_calendar, ("2026-27",), ("told",)),
    "pupil": _Kind(_pupil, ("pupil-1", "pupil-2"), ("told", "told", "left", "removed")),
    "contact": _Kind(_contact, ("contact-1", "contact-2"), ("told", "told", "removed")),
    "link": _Kind(_link, ("contact-1 pupil-1", "contact-1 pupil-2", "contact-2 pupil-2"), ("told", "told", "removed")),
    "staff": _Kind(_staff, ("staff-1", "staff-2"), ("told", "told", "removed")),
    "teaching_group": _Kind(_group, ("group-1", "group-2"), ("told", "told", "removed")),
}


@dataclass(frozen=True)
class Life:
    """What really happens to one thing, each step under the next version."""

    kind: str
    name: str
    steps: tuple[Step, ...]

    def message(self, number: int) -> PortalMessage:
        """The message of a step."""
        return KINDS[self.kind].message(self.name, self.steps[number], number + 1)

    def mangled(self, number: int) -> PortalMessage:
        """The message of a step with another content."""
        what, content = self.steps[number]
        return KINDS[self.kind].message(self.name, (what, (content + 1) % 3), number + 1)

    def ghost(self, number: int) -> PortalMessage:
        """The message of a step about somebody who does not exist."""
        name = self.name if self.kind in {"school", "calendar"} else f"{self.name}-ghost"
        return KINDS[self.kind].message(name, self.steps[number], number + 1)

    def must_arrive(self, number: int) -> bool:
        """That a leaver was removed cannot be seen from their absence: leavers have a clock of their own (H1)."""
        return self.steps[number][0] == "removed" and any(what == "left" for what, _ in self.steps)

    def lines(self) -> list[PortalMessage]:
        """What a snapshot says of it in the end."""
        told = [number for number, (what, _) in enumerate(self.steps) if what == "told"]
        if not told or any(what == "removed" for what, _ in self.steps[told[-1] :]):
            return []
        left = [number for number, (what, _) in enumerate(self.steps) if what == "left" and number > told[-1]]
        return [self.message(number) for number in (told[-1], *left[-1:])]


@st.composite
def _lives(draw: st.DrawFn) -> list[Life]:
    lives = []
    for kind, shape in KINDS.items():
        for name in shape.names:
            fewest = 1 if kind == "school" else 0
            step = st.tuples(st.sampled_from(shape.steps), st.integers(0, 2))
            lives.append(Life(kind, name, tuple(draw(st.lists(step, min_size=fewest, max_size=3)))))
    return lives


class World:
    """The rules alone, with everything in memory: what is heard of each thing, and what waits for its school."""

    def __init__(self) -> None:
        self.heard: dict[Thing, Heard] = {}
        self.waiting: list[PortalMessage] = []

    @property
    def authorised(self) -> tuple[DataCategory, ...] | None:
        """What the school authorises; nothing is known of it before it is announced."""
        details = self.heard.get(Thing("school", (SCHOOL,)), NOTHING_HEARD).details
        return details.authorised_categories if isinstance(details, SchoolDetails) else None

    def tell(self, message: PortalMessage) -> None:
        """Hear a message, or keep it until the school is announced."""
        self._hear(message, lambda heard, statement: hear(heard, statement, self.authorised or ()))

    def reconcile(self, lines: Sequence[PortalMessage], taken_at: datetime) -> None:
        """Hear a snapshot, kind by kind, and take note of what it lacks."""

        def after(heard: Heard, statement: Statement) -> Heard:
            return rules.after_line(heard, statement, taken_at, self.authorised or (), may_return=True)

        for stage in range(len(rules.STAGES)):
            for line in lines:
                if rules.is_of_stage(line, stage):
                    self._hear(line, after)
        there = {received(line).statement.thing for line in lines}
        for thing, heard in self.heard.items():
            if thing not in there and thing.kind != "school":
                self.heard[thing] = absent(heard, taken_at)

    def here(self) -> dict[Thing, tuple[object, ...]]:
        """What is here."""
        return {
            thing: (heard.state, heard.details, heard.left_on, heard.withheld, heard.missing_since)
            for thing, heard in self.heard.items()
            if heard.state not in _NO_LONGER_HERE
        }

    def _hear(self, message: PortalMessage, after: Callable[[Heard, Statement], Heard]) -> None:
        statement = received(message).statement
        thing = statement.thing
        if self.authorised is None and thing.kind != "school":
            self.waiting.append(message)
            return
        self.heard[thing] = after(self.heard.get(thing, NOTHING_HEARD), statement)
        if thing.kind == "school":
            self.heard = {one: refitted(heard, self.authorised or ()) for one, heard in self.heard.items()}
            waiting, self.waiting = self.waiting, []
            for one in waiting:
                self.tell(one)


@given(lives=_lives(), data=st.data())
@settings(max_examples=150)
def test_by_the_rules_it_is_here_as_it_is_there_after_two_snapshots(lives: list[Life], data: st.DataObject) -> None:
    _ends(lives, data)


def _ends(lives: list[Life], data: st.DataObject) -> None:
    lines, arriving = _drawn(lives, data)
    expected, world = World(), World()
    for line in sorted(lines, key=lambda line: line[0] != "SchoolUpdated.v2"):
        expected.tell(line)
    for message in arriving:
        world.tell(message)
    world.reconcile(lines, FIRST)
    world.reconcile(lines, SECOND)
    assert world.here() == expected.here()


@pytest.mark.parametrize("rule", ["as_of", "_gives_back", "absent"])
def test_without_any_one_of_its_rules_it_would_not_be(rule: str) -> None:
    """Each of them is needed: without it, some history ends differently."""
    heard_as_it_is = {
        "as_of": lambda _heard, statement, _taken_at: statement,
        "_gives_back": lambda *_: False,
    }
    with pytest.MonkeyPatch.context() as patch:
        if rule == "absent":
            patch.setattr(sys.modules[__name__], "absent", lambda heard, _: heard)
        else:
            patch.setattr(rules, rule, heard_as_it_is[rule])
        any_history = settings(max_examples=300, phases=(Phase.generate,), database=None)(
            given(_lives(), st.data())(_ends)
        )
        with pytest.raises(AssertionError):
            any_history()


@pytest.mark.usefixtures("_bucket")
@given(lives=_lives(), data=st.data())
@settings(
    max_examples=6,
    phases=(Phase.explicit, Phase.generate),  # moto is slow: to make a failure smaller would take many minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_through_the_tables_it_is_here_as_it_is_there_after_two_snapshots(
    lives: list[Life], data: st.DataObject
) -> None:
    lines, arriving = _drawn(lives, data)
    empty("People", "Inbox")
    tell(*sorted(lines, key=lambda line: line[0] != "SchoolUpdated.v2"))
    expected = _here()
    empty("People", "Inbox")
    for some in itertools.batched(arriving, 6, strict=False):
        tell(*some)
    _settle()
    for taken_at in (FIRST, SECOND):
        assert reconcile(lines, taken_at).state == "finished"
        _settle()
    assert _here() == expected


def _drawn(lives: list[Life], data: st.DataObject) -> tuple[list[PortalMessage], list[PortalMessage]]:
    """What snapshots say in the end, and what arrives of the messages, each in any order."""
    lines = [line for life in lives for line in life.lines()]
    arriving = [message for life in lives for number in range(len(life.steps)) for message in _fate(data, life, number)]
    return data.draw(st.permutations(lines)), data.draw(st.permutations(arriving))


def _fate(data: st.DataObject, life: Life, number: int) -> list[PortalMessage]:
    """What arrives of a message."""
    right = life.message(number)
    if life.must_arrive(number):
        return [right]
    fate = data.draw(st.sampled_from(["right", "twice", "lost", "mangled", "both", "ghost"]))
    return {
        "right": [right],
        "twice": [right, right],
        "lost": [],
        "mangled": [life.mangled(number)],
        "both": [right, life.mangled(number)],
        "ghost": [life.ghost(number)],
    }[fate]


def _here() -> list[dict[str, Any]]:
    """What is here, without how it came to be, and without the tombstones of what is not."""
    kept = [
        {name: row[name] for name in _SAYS_WHAT_IS if name in row}
        for row in rows("People")
        if row["kind"]["S"] in KINDS and row["state"]["S"] not in _NO_LONGER_HERE
    ]
    return sorted(kept, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


def _settle() -> None:
    """The refits that a change of settings asked for, done."""
    messages("reconciliation")
    key = store.school_key_of(SCHOOL)
    school = get_many([key]).get(key)
    if school is not None and school.unsettled is not None:
        ctx = a_context(actor=PORTAL)
        ctx = a_context(actor=PORTAL, deadline=ctx.now + timedelta(minutes=14))
        refit(ctx, RefitMessage(school_id=SCHOOL, revision=int(school.unsettled), last=True), lambda: ctx.now)
