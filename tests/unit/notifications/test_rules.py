"""Entries are named by what happened to whom; a push says nothing of either."""

import json
from datetime import UTC, datetime
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from school_events.core import clock
from school_events.core.consequences import Telling, TellingKind
from school_events.core.inventory import unannotated_fields
from school_events.notifications import rules
from school_events.notifications.model import Device, InboxEntry

MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - naive bounds
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
KINDS = st.sampled_from([kind for kind in get_args(TellingKind) if kind != "reminded"])


@st.composite
def tellings(draw: st.DrawFn) -> Telling:
    return Telling(
        school_id=draw(NAMES),
        change_id=draw(NAMES),
        kind=draw(KINDS),
        occurred_at=clock.to_text(draw(MOMENTS)),
        pupil_id=draw(NAMES),
        event_id=draw(NAMES),
        thing="booking",
        thing_id=draw(NAMES),
    )


@given(tellings(), NAMES)
def test_the_same_telling_has_the_same_entry_for_the_same_person(telling: Telling, person: str) -> None:
    again = Telling.model_validate_json(telling.model_dump_json(exclude_none=True))
    assert rules.entry_of(telling, person) == rules.entry_of(again, person)


@given(tellings(), NAMES, NAMES, KINDS.filter(lambda kind: kind != "invited"), NAMES)
def test_another_change_kind_or_person_has_another_entry(
    telling: Telling, person: str, other_person: str, kind: str, change: str
) -> None:
    other = telling.model_copy(update={"kind": kind, "change_id": change})
    same = (telling, person) == (other, other_person)
    assert (rules.entry_id(telling, person) == rules.entry_id(other, other_person)) is same


@given(tellings(), NAMES, NAMES, NAMES)
def test_of_an_invitation_a_person_has_one_entry_whoever_has_them_told(
    telling: Telling, person: str, change: str, contact: str
) -> None:
    one = telling.model_copy(update={"kind": "invited"})
    other = one.model_copy(update={"change_id": change, "contact_id": contact})
    assert rules.entry_id(one, person) == rules.entry_id(other, person)


@given(tellings(), tellings(), NAMES)
def test_entries_sort_by_when_it_happened(one: Telling, other: Telling, person: str) -> None:
    early, late = sorted((one, other), key=lambda telling: telling.occurred_at)
    if early.occurred_at < late.occurred_at:
        assert rules.entry_id(early, person) < rules.entry_id(late, person)


@given(tellings(), NAMES)
def test_a_push_names_no_person_no_event_and_no_kind(telling: Telling, person: str) -> None:
    entry_id = rules.entry_id(telling, person)
    blank = rules.push_message("ID")
    assert rules.push_message(entry_id) == blank.replace("ID", entry_id)


def test_a_push_says_something_new_and_an_id_to_both_platforms() -> None:
    message = json.loads(rules.push_message("entry_1"))
    assert json.loads(message["default"]) == {"kind": "something_new", "id": "entry_1"}
    assert json.loads(message["GCM"]) == {"data": {"kind": "something_new", "id": "entry_1"}}
    apple = json.loads(message["APNS"])
    assert (apple["kind"], apple["id"]) == ("something_new", "entry_1")
    assert apple["aps"] == {"alert": {"loc-key": "SOMETHING_NEW"}, "sound": "default"}


def test_every_stored_field_says_why_it_is_kept() -> None:
    assert [*unannotated_fields(InboxEntry), *unannotated_fields(Device)] == []
