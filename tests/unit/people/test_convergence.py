"""Every history of one household, in every order, each message once or twice: one state, the Portal's own (A5)."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from school_events.core.dynamodb import get_many
from school_events.core.inventory import Record
from school_events.people import rules
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import read
from school_events.people.rules import NOTHING_HEARD, Heard, Statement, Thing
from tests.support.contexts import SCHOOL
from tests.support.people import (
    EVERYTHING,
    PortalMessage,
    contact_told,
    group_removed,
    group_told,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    tell,
)
from tests.support.tables import empty, rows


def _pupil(step: str, version: int) -> PortalMessage:
    if step == "left":
        return portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": f"2026-10-{version:02}"}, version=version)
    if step == "removed":
        return portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=version)
    return pupil_told(first_name=f"Name{version}", version=version)


def _contact(contact_id: str, step: str, version: int) -> PortalMessage:
    if step == "merged":
        content = {"contact_id": contact_id, "merged_into": "contact-2"}
        return portal_message("ContactRemoved", content, version=version)
    return contact_told(contact_id, first_name=f"Name{version}", version=version)


def _link(contact_id: str, step: str, version: int) -> PortalMessage:
    if step == "removed":
        return link_removed(contact_id, version=version)
    return link_told(contact_id, restricted=step == "restricted", version=version)


def _group(group_id: str, step: str, version: int) -> PortalMessage:
    if step == "removed":
        return group_removed(group_id, version=version)
    return group_told(group_id, [f"pupil-{version}", "pupil-1"], [f"staff-{version}"], version=version)


_MOST = 5
_LIVES: dict[str, tuple[tuple[str, ...], int]] = {
    "pupil": (("told", "left", "removed"), 3),
    "contact-1": (("told", "merged"), 2),
    "contact-2": (("told",), 1),
    "link of contact-1": (("told", "restricted", "removed"), 2),
    "link of contact-2": (("told",), 1),
}
"""What can happen to each member of the household, and how often at most; each time under the next version."""


def _message(member: str, step: str, version: int) -> PortalMessage:
    if member == "pupil":
        return _pupil(step, version)
    if member.startswith("link of "):
        return _link(member.removeprefix("link of "), step, version)
    return _contact(member, step, version)


def _lives(member: str) -> Iterator[tuple[PortalMessage, ...]]:
    steps, most = _LIVES[member]
    for length in range(most + 1):
        for life in itertools.product(steps, repeat=length):
            yield tuple(_message(member, step, version) for version, step in enumerate(life, 1))


def _histories() -> Iterator[list[PortalMessage]]:
    for lives in itertools.product(*(tuple(_lives(member)) for member in _LIVES)):
        history = [message for life in lives for message in life]
        if 0 < len(history) <= _MOST:
            yield history


@dataclass(frozen=True)
class Known:
    """What a plain model says of a thing."""

    state: str = "untold"
    details: Record | None = None
    left_on: date | None = None


def _portal_state(statements: Iterable[Statement]) -> dict[Thing, Known]:
    """The plain model: everything in the Portal's own order, the last word counts."""
    known: dict[Thing, Known] = {}
    for one in sorted(statements, key=lambda one: (one.order, _content(one))):
        before = known.get(one.thing, Known())
        if one.what == "told":
            known[one.thing] = Known("current", one.details)
        elif one.what == "removed":
            known[one.thing] = Known("removed")
        elif before.details is None:
            known[one.thing] = Known("removed" if before.state == "removed" else "untold", None, one.left_on)
        else:
            known[one.thing] = Known("left", before.details, one.left_on)
    return known


def _content(one: Statement) -> str:
    return one.details.model_dump_json() if one.details else str(one.left_on)


def _heard(statements: Iterable[Statement]) -> dict[Thing, Heard]:
    heard: dict[Thing, Heard] = {}
    for one in statements:
        heard[one.thing] = rules.hear(heard.get(one.thing, NOTHING_HEARD), one, EVERYTHING)
    return heard


def _known(heard: dict[Thing, Heard]) -> dict[Thing, Known]:
    return {thing: Known(one.state, one.details, one.left_on) for thing, one in heard.items()}


def _statements(messages: Iterable[PortalMessage]) -> list[Statement]:
    return [read(*message).statement for message in messages]


class _Hearings:
    """Hearing the statements of one history in many orders; what a beginning led to is worked out once.

    Equal outcomes are one object, so that very many of them can be compared.
    """

    def __init__(self, statements: list[Statement]) -> None:
        self._statements = statements
        self._after: dict[tuple[int, ...], Heard] = {(): NOTHING_HEARD}
        self._same: dict[Heard, Heard] = {}

    def of(self, order: Iterable[int]) -> dict[Thing, Heard]:
        """What is heard of each thing in this order of the statements' numbers."""
        heard: dict[Thing, tuple[int, ...]] = {}
        for number in order:
            thing = self._statements[number].thing
            before = heard.get(thing, ())
            heard[thing] = (*before, number)
            if heard[thing] not in self._after:
                now = rules.hear(self._after[before], self._statements[number], EVERYTHING)
                self._after[heard[thing]] = self._same.setdefault(now, now)
        return {thing: self._after[numbers] for thing, numbers in heard.items()}


def test_every_order_of_every_history_of_up_to_five_messages_each_once_and_twice_ends_in_the_portals_state() -> None:
    count = 0
    for history in _histories():
        statements = _statements(history)
        hearings = _Hearings(statements)
        assert _known(hearings.of(range(len(statements)))) == _portal_state(statements)
        ends: set[tuple[int, ...]] = set()
        for order in itertools.permutations(range(len(statements))):
            for told in (order, order + order, tuple(number for number in order for _ in "twice")):
                heard = hearings.of(told)
                ends.add(tuple(id(heard[statement.thing]) for statement in statements))
                count += 1
        assert len(ends) == 1, [name for name, _ in history]
    assert count > 200_000


class _Sometimes:
    """The steps of longer histories over several households."""

    pupils = st.builds(_pupil, st.sampled_from(("told", "left", "removed")), st.integers(1, 9))
    contacts = st.builds(
        _contact, st.sampled_from(("contact-1", "contact-3")), st.sampled_from(("told", "merged")), st.integers(1, 9)
    )
    groups = st.builds(
        _group, st.sampled_from(("group-1", "group-2")), st.sampled_from(("told", "removed")), st.integers(1, 9)
    )
    links = st.builds(
        _link,
        st.sampled_from(("contact-1", "contact-2")),
        st.sampled_from(("told", "restricted", "removed")),
        st.integers(1, 9),
    )


LONG_HISTORIES = st.lists(
    st.one_of(_Sometimes.pupils, _Sometimes.contacts, _Sometimes.groups, _Sometimes.links), max_size=40
)


@given(history=LONG_HISTORIES, data=st.data())
@settings(max_examples=300)
def test_longer_histories_also_with_versions_used_twice_end_in_the_portals_state(
    history: list[PortalMessage], data: st.DataObject
) -> None:
    statements = _statements(history)
    told = data.draw(st.permutations(statements + data.draw(st.lists(st.sampled_from(statements or [None])))))  # type: ignore[list-item]
    assert _known(_heard(one for one in told if one)) == _portal_state(statements)


@pytest.mark.usefixtures("tables")
@given(history=LONG_HISTORIES.filter(lambda history: len(history) > 5), data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_kept_after_a_long_history_in_any_batches_is_the_portals_state(
    history: list[PortalMessage], data: st.DataObject
) -> None:
    empty("People", "Inbox")
    told = data.draw(st.permutations(history))
    announced = data.draw(st.integers(0, len(told)))
    for batch in itertools.batched((*told[:announced], school_told(), *told[announced:]), 10, strict=False):
        tell(*batch)
    expected = _portal_state(_statements(history))
    found = get_many(key_of(SCHOOL, thing) for thing in expected)
    kept = {thing: heard_of(found.get(key_of(SCHOOL, thing))) for thing in expected}
    assert _known(kept) == expected
    assert not [row for row in rows("People") if row["kind"]["S"] == "waiting"]
