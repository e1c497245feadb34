"""The demo school is the same every time, true to life, and speaks the Portal's language."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator, FormatChecker

from local.demo_school import CAST, DemoSchool, build, portal_messages, sign_in_people
from local.demo_school.__main__ import main
from local.demo_school.households import YEAR_SIZES
from local.demo_school.model import Pupil
from local.schemas import message_type, schema_files
from local.sign_in.people import load_people
from school_events.messages import PORTAL_MESSAGES


@pytest.fixture(scope="module")
def school() -> DemoSchool:
    """The school everybody sees who changes nothing."""
    return build()


@pytest.fixture(scope="module")
def pupils(school: DemoSchool) -> dict[str, Pupil]:
    """Its pupils by identifier."""
    return {pupil.id: pupil for pupil in school.pupils}


def share(part: int, whole: int) -> float:
    """A part in per cent of a whole."""
    return 100 * part / whole


def test_the_same_seed_makes_the_same_messages_and_another_seed_makes_others(school: DemoSchool) -> None:
    assert [message.line() for message in portal_messages(build())] == [
        message.line() for message in portal_messages(school)
    ]
    assert build(7).pupils != school.pupils


def test_every_message_is_what_the_schemas_and_models_accept_with_nothing_dropped(school: DemoSchool) -> None:
    validators = {
        message_type(schema): Draft4Validator(json.loads(schema.read_text()), format_checker=FormatChecker())
        for schema in schema_files("portal")
    }
    for message in portal_messages(school):
        validators[message.type].validate(message.detail)
        assert PORTAL_MESSAGES[message.type].read(message.detail).unknown_fields(message.detail) == ()


def test_messages_come_in_the_portals_order_and_each_has_its_own_identifier(school: DemoSchool) -> None:
    messages = list(portal_messages(school))
    assert [name for name, _ in groupby(messages, key=lambda message: message.type)] == [
        "SchoolUpdated.v2",
        "TermCalendarUpdated",
        "StaffChanged",
        "PupilChanged",
        "TeachingGroupChanged",
        "ContactChanged",
        "LinkChanged",
    ]
    assert len({message.detail["message_id"] for message in messages}) == len(messages)


def test_an_entry_is_what_put_events_takes(school: DemoSchool) -> None:
    entry = next(portal_messages(school)).entry("school-events-portal")
    assert entry.keys() == {"EventBusName", "Source", "DetailType", "Detail"}
    assert entry["Source"] == "portal"
    assert json.loads(entry["Detail"])["school_id"] == "demo-school"


def test_the_school_has_the_size_of_a_secondary(school: DemoSchool) -> None:
    assert len(school.pupils) == 1000
    assert Counter(pupil.year for pupil in school.pupils) == YEAR_SIZES
    assert 1400 <= len(school.contacts) <= 1600
    assert len(school.staff) == 70
    forms = Counter(pupil.form for pupil in school.pupils)
    assert len(forms) == 5 * 6 + 2 * 4
    assert max(forms.values()) <= 30


def test_characteristics_come_at_about_national_rates(school: DemoSchool) -> None:
    everyone = [pupil.characteristics for pupil in school.pupils]
    to_year_11 = [pupil.characteristics for pupil in school.pupils if pupil.year <= 11]
    assert share(sum(one.sen == "K" for one in everyone), len(everyone)) == pytest.approx(13.3, abs=2.5)
    assert share(sum(one.sen == "E" for one in everyone), len(everyone)) == pytest.approx(3.2, abs=1.5)
    assert share(sum(one.free_school_meals.eligible for one in everyone), len(everyone)) == pytest.approx(25.7, abs=3)
    assert share(sum(one.pupil_premium.eligible for one in to_year_11), len(to_year_11)) == pytest.approx(26, abs=4)


def test_free_school_meals_are_not_pupil_premium(school: DemoSchool) -> None:
    meals_only = [one for one in school.pupils if _meals(one) and not one.characteristics.pupil_premium.eligible]
    premium_only = [one for one in school.pupils if not _meals(one) and one.characteristics.pupil_premium.eligible]
    assert meals_only
    assert premium_only
    assert not any(one.characteristics.pupil_premium.eligible for one in school.pupils if one.year > 11)


def _meals(pupil: Pupil) -> bool:
    return pupil.characteristics.free_school_meals.eligible


def test_everybody_is_taught_by_somebody_who_teaches_the_subject(school: DemoSchool, pupils: dict[str, Pupil]) -> None:
    roles = {member.id: member.role for member in school.staff}
    subjects = Counter(pupil_id for group in school.groups for pupil_id in group.pupil_ids)
    assert {subjects[one.id] for one in school.pupils if one.year <= 11} == {7}
    assert {subjects[one.id] for one in school.pupils if one.year > 11} == {3}
    assert len({group.name for group in school.groups}) == len(school.groups) == 5 * 6 * 7 + 2 * 13
    for group in school.groups:
        assert 3 <= len(group.pupil_ids) <= 30
        assert {f"Year {pupils[one].year}" for one in group.pupil_ids} == {group.year_group}
        assert f"Teacher of {group.subject}" in {roles[one] for one in group.staff_ids}
    assert sum(CAST.teacher in group.staff_ids for group in school.groups) == 2


def test_names_are_as_varied_as_on_a_real_roll(school: DemoSchool) -> None:
    names = [f"{pupil.first_name} {pupil.last_name}" for pupil in school.pupils]
    assert any("'" in name for name in names)
    assert any("-" in name for name in names)
    assert any(unicodedata.combining(letter) for name in names for letter in unicodedata.normalize("NFD", name))
    assert any(unicodedata.bidirectional(letter) in {"R", "AL"} for name in names for letter in name)
    assert any(unicodedata.category(letter) == "So" for name in names for letter in name)


def test_siblings_are_spread_over_the_years_and_twins_are_rare(school: DemoSchool, pupils: dict[str, Pupil]) -> None:
    children = defaultdict(list)
    for link in school.links:
        if link.priority == 1:
            children[link.contact_id].append(pupils[link.pupil_id].year)
    families = [years for years in children.values() if len(years) > 1]
    across = sum(len(set(years)) == len(years) for years in families)
    assert share(len(families), len(children)) > 20
    assert 85 < share(across, len(families)) < 100


def test_families_are_not_all_alike(school: DemoSchool) -> None:
    contacts_of = Counter(link.pupil_id for link in school.links)
    assert len(contacts_of) == 1000
    assert set(contacts_of.values()) == {1, 2, 3}
    assert {link.parental_responsibility for link in school.links} == {True, False, None}
    assert 1 < sum(link.restricted for link in school.links) < 15
    assert any(link.ends_on for link in school.links)


def test_a_restricted_link_never_leaves_a_child_without_an_unrestricted_one(school: DemoSchool) -> None:
    reachable = {link.pupil_id for link in school.links if not link.restricted and link.ends_on is None}
    assert {link.pupil_id for link in school.links if link.restricted} <= reachable


def test_nobody_real_can_be_rung_or_written_to(school: DemoSchool) -> None:
    drama = re.compile(r"(07700900|447700900|01632960|02079460|01614960)\d{3}")
    phones = [contact.phone for contact in school.contacts if contact.phone]
    assert len(phones) > 1300
    assert all(drama.fullmatch(re.sub(r"\D", "", phone)) for phone in phones)
    emails = [contact.email for contact in school.contacts if contact.email]
    emails.extend(member.email for member in school.staff)
    assert all(email.endswith(("@example.org", "@example.net", ".test")) for email in emails)
    assert len(set(emails)) == len(emails)


@pytest.mark.parametrize("seed", [1, 2026, 99])
def test_the_cast_is_who_it_says_whatever_the_seed(seed: int) -> None:
    school = build(seed)
    year = {pupil.id: pupil.year for pupil in school.pupils}
    children = defaultdict(list)
    restricted = set()
    for link in school.links:
        children[link.contact_id].append(link.pupil_id)
        if link.restricted:
            restricted.add((link.contact_id, link.pupil_id))
    assert children[CAST.parent_of_two] == children[CAST.other_parent_of_two] == list(CAST.two_children)
    assert [year[one] for one in CAST.two_children] == [8, 8]
    assert children[CAST.parent_of_one] == [CAST.one_child]
    assert year[CAST.one_child] == 8
    assert (CAST.restricted_parent, CAST.protected_child) in restricted
    assert (CAST.protecting_parent, CAST.protected_child) not in restricted
    assert children[CAST.protecting_parent] == [CAST.protected_child]
    assert [year[one] for one in children[CAST.parent_of_year_11]] == [11]
    assert [year[one] for one in children[CAST.parent_across_years]] == [11, 9, 7]
    assert children[CAST.teacher_parent_contact] == [CAST.teacher_parent_child]
    roles = {member.id: member.app_roles for member in school.staff}
    assert roles[CAST.admin] == ("school_admin",)
    assert roles[CAST.finance] == ("finance",)
    assert roles[CAST.teacher] == roles[CAST.teacher_parent] == ("staff",)


def test_there_is_one_administrator_one_finance_officer_and_somebody_without_access(school: DemoSchool) -> None:
    roles = Counter(role for member in school.staff for role in member.app_roles)
    assert roles["school_admin"] == roles["finance"] == 1
    assert any(not member.app_roles for member in school.staff)


def test_everyone_on_the_sign_in_page_has_memberships_of_this_school(school: DemoSchool) -> None:
    people = {person.key: person for person in sign_in_people(school)}
    known = {member.id for member in school.staff} | {contact.id for contact in school.contacts}
    assert people["teacher-parent"].memberships == ("demo-school:stf-004:staff", "demo-school:con-0009:parent")
    for person in people.values():
        for membership in person.memberships:
            school_id, person_id, _ = membership.split(":")
            assert school_id == school.id
            assert person_id in known


def test_the_command_writes_files_a_person_can_read(
    school: DemoSchool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    lines = [line for path in sorted(tmp_path.glob("*.jsonl")) for line in path.read_text().splitlines()]
    assert lines == [message.line() for message in portal_messages(school)]
    first: dict[str, Any] = json.loads(lines[0])
    assert first["detail-type"] == "SchoolUpdated.v2"
    assert load_people(tmp_path / "people.json").keys() == {person.key for person in sign_in_people(school)}
    assert json.loads((tmp_path / "cast.json").read_text())["admin"] == CAST.admin
    assert "1000 messages" in capsys.readouterr().out
