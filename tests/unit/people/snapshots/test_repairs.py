"""What messages missed or mangled is put right, and what a snapshot lacks goes when a second agrees (A2)."""

from datetime import date, timedelta
from typing import Any

import pytest

from school_events.core.dynamodb import get_many
from school_events.people import access, dropped, rules, store, writing
from school_events.people.aliases import alias_key
from school_events.people.heard import heard_of, key_of
from school_events.people.intake import Received
from school_events.people.model import School
from school_events.people.rules import Heard, Thing
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.people import (
    PORTAL,
    PortalMessage,
    contact_told,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
    received,
    school_told,
    staff_told,
    tell,
)
from tests.support.snapshots import FIRST, SECOND, asked, make_bucket, put, reconcile, report, work
from tests.support.tables import messages, rows

HOUSEHOLD: tuple[PortalMessage, ...] = (school_told(), pupil_told(), contact_told(), link_told(), staff_told())
PUPIL, CONTACT, LINK = (
    Thing("pupil", ("pupil-1",)),
    Thing("contact", ("contact-1",)),
    Thing("link", ("contact-1", "pupil-1")),
)
THIRD = SECOND + timedelta(days=1)


@pytest.fixture(autouse=True)
def _bucket(tables: None) -> None:
    make_bucket()


def _without(*things: int) -> list[PortalMessage]:
    return [line for number, line in enumerate(HOUSEHOLD) if number not in things]


def _heard(thing: Thing) -> Heard:
    key = key_of(SCHOOL, thing)
    return heard_of(get_many([key]).get(key))


def _children() -> list[str]:
    return [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")]


def test_what_was_never_heard_is_there_after_one_snapshot_and_counted_as_missing() -> None:
    found = reconcile(HOUSEHOLD)
    assert found.state == "finished"
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Amelia"
    assert _children() == ["pupil-1"]
    assert found.drift.missing == {"school": 1, "pupil": 1, "contact": 1, "link": 1, "staff": 1}
    assert set(found.drift.named_missing) >= {"pupil#pupil-1", "link#contact-1#pupil-1"}


def test_a_snapshot_of_what_is_known_writes_nothing_but_its_report() -> None:
    tell(*HOUSEHOLD)
    before = rows("People")
    found = reconcile(HOUSEHOLD)
    assert [row for row in rows("People") if row["kind"]["S"] != "snapshot"] == before
    assert found.differing == 0
    assert found.drift == type(found.drift)()


def test_content_mangled_under_the_same_version_is_put_right_and_its_late_copies_are_overtaken() -> None:
    mangled = pupil_told(first_name="Zzz", characteristics={"sen": {"status": "E"}})
    tell(school_told(), mangled, *HOUSEHOLD[2:])
    found = reconcile(HOUSEHOLD)
    assert (found.drift.wrong, found.drift.wrong_fields) == ({"pupil": 1}, {"first_name": 1, "characteristics": 1})
    tell(mangled)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Amelia"
    assert reconcile(HOUSEHOLD, SECOND).differing == 0


def test_a_message_of_a_later_version_than_the_snapshot_wins() -> None:
    message_type, detail = pupil_told(first_name="Newest", version=2)
    tell(*HOUSEHOLD, (message_type, detail | {"occurred_at": "2026-11-22T03:00:30Z"}))
    found = reconcile(HOUSEHOLD)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Newest"
    assert (found.drift.wrong, found.drift.contradicted) == ({}, {})


def test_what_came_after_the_snapshot_was_taken_is_not_absent_from_it() -> None:
    message_type, detail = pupil_told("pupil-2")
    tell(*HOUSEHOLD, (message_type, detail | {"occurred_at": "2026-11-22T03:00:00Z"}))
    assert reconcile(HOUSEHOLD).drift.extra == {}
    assert reconcile(HOUSEHOLD, SECOND).drift.extra == {"pupil": 1}


def test_a_pupil_who_is_absent_stays_until_a_second_snapshot_agrees() -> None:
    tell(*HOUSEHOLD)
    first = reconcile(_without(1))
    assert (first.drift.extra, first.drift.removed, first.drift.named_extra) == ({"pupil": 1}, {}, ("pupil#pupil-1",))
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].state == "current"
    second = reconcile(_without(1), SECOND)
    assert (second.drift.extra, second.drift.removed) == ({"pupil": 1}, {"pupil": 1})
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}
    assert reconcile(_without(1), THIRD).drift.extra == {}


def test_a_snapshot_delivered_again_is_no_second_one() -> None:
    tell(*HOUSEHOLD)
    reconcile(_without(1))
    reconcile(_without(1))
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].state == "current"


def test_an_absent_pupil_who_is_in_the_next_snapshot_begins_anew_if_absent_again() -> None:
    tell(*HOUSEHOLD)
    reconcile(_without(1))
    found = reconcile(HOUSEHOLD, SECOND)
    assert found.drift.wrong_fields == {"presence": 1}
    reconcile(_without(1), THIRD)
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].state == "current"


def test_an_absent_link_gives_no_access_at_once_and_again_when_it_is_back() -> None:
    tell(*HOUSEHOLD)
    reconcile(_without(3))
    assert _children() == []
    reconcile(HOUSEHOLD, SECOND)
    assert _children() == ["pupil-1"]


def test_what_went_by_absence_comes_back_when_a_snapshot_has_it_again() -> None:
    tell(*HOUSEHOLD)
    reconcile(_without(1, 3))
    reconcile(_without(1, 3), SECOND)
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}
    found = reconcile(HOUSEHOLD, THIRD)
    assert found.drift.missing == {"pupil": 1, "link": 1}
    assert _children() == ["pupil-1"]


def test_what_the_portal_has_removed_no_snapshot_brings_back() -> None:
    tell(*HOUSEHOLD, portal_message("PupilRemoved", {"pupil_id": "pupil-1"}, version=2), link_removed())
    found = reconcile(HOUSEHOLD)
    assert found.drift.contradicted == {"pupil": 1, "link": 1}
    assert store.find_pupils(SCHOOL, ["pupil-1"]) == {}
    assert _children() == []


def test_a_leaver_is_in_the_snapshot_by_two_lines() -> None:
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-10-23"}, version=2)
    found = reconcile([*HOUSEHOLD, left])
    pupil = store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"]
    assert (pupil.state, pupil.left_on) == ("left", date(2026, 10, 23))
    assert found.drift.missing["pupil"] == 1
    assert reconcile([*HOUSEHOLD, left], SECOND).differing == 0


def test_a_leaver_whom_the_portal_no_longer_sends_has_a_clock_of_their_own() -> None:
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-10-23"}, version=2)
    tell(*HOUSEHOLD, left)
    for taken_at in (FIRST, SECOND, THIRD):
        assert reconcile(_without(1), taken_at).drift.extra == {}
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].state == "left"


def test_settings_that_were_missed_are_applied_before_anything_else_and_give_back_what_they_authorise() -> None:
    traits = {"sen": {"status": "K"}}
    tell(school_told(categories=["year_group"]), pupil_told(characteristics=traits), *HOUSEHOLD[2:])
    lines = [pupil_told(characteristics=traits), *HOUSEHOLD[2:], school_told(version=2)]
    found = reconcile(lines)
    pupil = store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"]
    assert (pupil.first_name, pupil.characteristics.sen and pupil.characteristics.sen.status) == ("Amelia", "K")
    assert found.drift.wrong == {"school": 1}


def test_settings_that_withdraw_something_have_the_school_refitted() -> None:
    tell(*HOUSEHOLD)
    reconcile([school_told(categories=["pupil_name"], version=2), *HOUSEHOLD[1:]])
    assert [one["kind"] for one in messages("reconciliation")] == ["refit"]


def test_what_waited_for_its_school_is_taken_up_by_the_snapshot_that_announces_it() -> None:
    tell(staff_told("staff-2"))
    reconcile(HOUSEHOLD)
    assert set(store.find_staff(SCHOOL, ["staff-1", "staff-2"])) == {"staff-1", "staff-2"}


def test_a_line_that_is_not_valid_is_named_and_keeps_no_other_back() -> None:
    tell(school_told(), pupil_told())
    wrong = pupil_told(first_name="Canary", year_group="Year 77", version=2)
    found = reconcile([school_told(), wrong, pupil_told("pupil-2")])
    assert [(one.number, one.reason) for one in found.drift.invalid_lines] == [(2, "invalid: pupil.year_group")]
    assert found.drift.extra == {}
    assert found.absences_judged
    assert store.find_pupils(SCHOOL, ["pupil-1", "pupil-2"]).keys() == {"pupil-1", "pupil-2"}
    assert "Canary" not in str(rows("People"))


def test_after_a_line_that_cannot_be_read_nothing_is_absent() -> None:
    tell(*HOUSEHOLD)
    for taken_at in (FIRST, SECOND):
        found = reconcile([school_told(), b"{\n"], taken_at)
        assert not found.absences_judged
        assert (found.drift.extra, found.drift.invalid_lines[0].reason) == ({}, "not-a-record")
    assert _children() == ["pupil-1"]


def _anonymise(*things: Thing) -> None:
    ctx = a_context(actor=PORTAL, now=FIRST - timedelta(days=1))
    keys = {thing: key_of(SCHOOL, thing) for thing in things}
    found = get_many(keys.values())
    school = School(id=SCHOOL, **dict(_school_details()))
    for thing, key in keys.items():
        item = found.get(key)
        write = writing.decide(ctx, school, thing, item, rules.anonymised(heard_of(item), ctx.now))
        assert write is not None
        assert writing.commit(ctx, [write])
        if thing.kind != "link":
            alias = alias_key(SCHOOL, thing.kind, thing.ids[0])
            alias.item(alias.pk, alias.sk).delete()


def _school_details() -> dict[str, object]:
    read: Received = received(school_told())
    return dict(read.statement.details or {})


@pytest.mark.parametrize("leaving", [1, 2])
def test_a_leaver_who_was_anonymised_does_not_come_back_nor_do_those_who_were_here_for_them(leaving: int) -> None:
    """Whether the leaving has a version of its own or that of the pupil's last state."""
    left = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2023-07-21"}, version=leaving)
    tell(*HOUSEHOLD, left)
    _anonymise(PUPIL, LINK, CONTACT)
    before = [_heard(thing) for thing in (PUPIL, LINK, CONTACT)]
    for taken_at in (FIRST, SECOND):
        found = reconcile([*HOUSEHOLD, left], taken_at)
        assert (found.drift.missing, found.drift.wrong, found.differing) == ({}, {}, 0)
    assert [_heard(thing) for thing in (PUPIL, LINK, CONTACT)] == before


def test_a_contact_who_was_anonymised_comes_back_with_the_pupil_they_are_linked_to() -> None:
    tell(*HOUSEHOLD)
    _anonymise(PUPIL, LINK, CONTACT)
    assert _children() == []
    reconcile([HOUSEHOLD[2], HOUSEHOLD[3], HOUSEHOLD[1], HOUSEHOLD[0], HOUSEHOLD[4]])
    assert _children() == ["pupil-1"]
    assert store.find_contacts(SCHOOL, ["contact-1"])["contact-1"].first_name == "Niamh"


def test_a_contact_who_was_anonymised_does_not_come_back_for_a_restricted_link() -> None:
    tell(*HOUSEHOLD, link_told(restricted=True, version=2))
    _anonymise(CONTACT)
    reconcile([*_without(3), link_told(restricted=True, version=2)])
    assert store.find_contacts(SCHOOL, ["contact-1"]) == {}


def test_a_snapshot_taken_before_one_that_is_done_is_passed_over() -> None:
    reconcile(HOUSEHOLD, SECOND)
    before = rows("People")
    older = put(b"never read", records=1, taken_at=FIRST)
    work(older, now=SECOND + timedelta(hours=2))
    assert rows("People") == before
    assert (asked(), report(SECOND).state) == ([], "finished")


def test_a_report_names_at_most_a_hundred_and_counts_all() -> None:
    pupils = [pupil_told(f"pupil-{number}") for number in range(130)]
    found = reconcile([school_told(), *pupils, *(b"{\n" for _ in range(120))])
    assert found.drift.missing == {"school": 1, "pupil": 130}
    assert len(found.drift.named_missing) == 100
    assert (found.drift.invalid, len(found.drift.invalid_lines)) == (120, 100)
    assert len(list(store.all_pupils(SCHOOL, date(2026, 11, 22)))) == 130


def test_fields_that_are_left_out_are_counted_by_name() -> None:
    message_type, detail = pupil_told()
    with_more = (message_type, detail | {"pupil": detail["pupil"] | {"date_of_birth": "2014-02-03"}})
    counted: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dropped, "tell", lambda names: counted.append(dict(names)))
        reconcile([school_told(), with_more])
    assert counted == [{"pupil.date_of_birth": 1}]
    assert "2014-02-03" not in str(rows("People"))
