"""A link that does not give access refuses whatever depends on it; people are listed by name."""

from datetime import date, timedelta
from typing import Any

from school_events.core.errors import NotFound, StaleVersion
from school_events.people import rules, store
from school_events.people.groups import all_groups
from school_events.people.model import GroupDetails, LinkDetails, PupilDetails
from school_events.people.store import GroupItem, LinkItem, PupilItem
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import a_change, written
from tests.support.contexts import SCHOOL
from tests.support.tables import everything

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def _a_link(pupil_id: str, **others: Any) -> LinkItem:
    key = store.link_key(SCHOOL, "contact-1", pupil_id)
    usual: dict[str, Any] = {"revision": 1, "state": "current", "restricted": False, "record": LinkDetails()}
    item = LinkItem(
        key.pk,
        key.sk,
        change=a_change(),
        pupil_pk=f"SCH#{SCHOOL}#PUPIL#{pupil_id}",
        pupil_sk="LINK#contact-1",
        **(usual | others),
    )
    item.save()
    return item


def _a_pupil(pupil_id: str, first_name: str, last_name: str) -> None:
    key = store.pupil_key(SCHOOL, pupil_id)
    PupilItem(
        key.pk,
        key.sk,
        revision=1,
        state="current",
        change=a_change(),
        record=PupilDetails(first_name=first_name, last_name=last_name),
        listing_pk=f"SCH#{SCHOOL}#PUPILS",
        listing_sk=store.listing_position(last_name, first_name, pupil_id),
    ).save()


@broken_by(faults.checks_nothing)
def test_only_an_open_link_lets_anything_be_written(engine: Engine) -> None:
    opened = [
        _a_link("open"),
        _a_link("ends-today", ends_on=TODAY.isoformat()),
        _a_link("ends-later", ends_on=(TODAY + DAY).isoformat()),
    ]
    closed = [
        _a_link("ended-yesterday", ends_on=(TODAY - DAY).isoformat()),
        _a_link("restricted", restricted=True),
        _a_link("restricted-until-today", restricted=True, ends_on=TODAY.isoformat()),
        _a_link("nobody-said-whether-restricted", restricted=None),
        _a_link("missing-from-a-snapshot", state="missing"),
        _a_link("removed", state="removed", restricted=None, record=None),
    ]
    for item in (*opened, *closed):
        pupil_id = item.sk.removeprefix("LINK#")
        link = store.to_link(item)
        in_python = link is not None and rules.is_open(link, TODAY)
        assert in_python is (item in opened), pupil_id
        assert _depends_on_link(pupil_id) is (None if item in opened else NotFound), pupil_id
    assert _depends_on_link("absent") is NotFound


def _depends_on_link(pupil_id: str) -> type[Exception] | None:
    key = store.link_key(SCHOOL, "contact-1", pupil_id)
    return written(lambda one: one.check(key, store.link_is_open(TODAY), refusal=NotFound()))


@broken_by(faults.checks_nothing)
def test_what_the_portal_says_is_written_only_over_what_it_was_decided_from(engine: Engine) -> None:
    for revision, expected in ((0, StaleVersion), (1, None), (1, StaleVersion), (2, None)):
        item = _a_link("pupil-1") if revision == 0 else store.LinkItem.get(*_names("pupil-1"))
        before = everything()
        item.revision = revision + 1
        refusal = written(lambda one: one.put(item, store.still_at(revision), refusal=StaleVersion()))  # noqa: B023 - called at once
        assert refusal is expected
        assert (everything() == before) is (expected is StaleVersion)


def _names(pupil_id: str) -> tuple[str, str]:
    key = store.link_key(SCHOOL, "contact-1", pupil_id)
    return key.pk, key.sk


@broken_by(faults.lists_backwards, faults.gives_the_first_page, faults.ignores_where_to_start)
def test_pupils_are_listed_by_name_whatever_the_size_of_a_page(engine: Engine) -> None:
    for pupil_id, first, last in (
        ("p1", "Zoë", "Ababio"),
        ("p2", "Ben", "O'Connor"),
        ("p3", "Amelia", "O’Connor"),
        ("p4", "Chloe", "ÉCLAIR"),
        ("p5", "Ben", "O'Connor"),
    ):
        _a_pupil(pupil_id, first, last)
    in_order = ["p1", "p4", "p3", "p2", "p5"]
    for at_once in (None, 1, 2, 5):
        assert [pupil.id for pupil in store.pupils_by_name(SCHOOL, at_once=at_once)] == in_order
    assert [pupil.id for pupil in store.pupils_by_name(SCHOOL, "o'c", at_once=2)] == ["p3", "p2", "p5"]
    after = store.listing_position("O'Connor", "Ben", "p2")
    assert [pupil.id for pupil in store.pupils_by_name(SCHOOL, after=after)] == ["p5"]


@broken_by(faults.finds_nothing)
def test_links_are_read_as_they_are_now_and_by_pupil_from_an_index(engine: Engine) -> None:
    _a_link("pupil-1")
    assert [link.contact_id for link in store.links_of_pupil(SCHOOL, "pupil-1")] == ["contact-1"]
    with database_with(faults.weak_reads_are_behind):
        assert store.links_of_pupil(SCHOOL, "pupil-1") == (), "this one is an index"
        _, links = store.contact_with_links(SCHOOL, "contact-1")
    assert [link.pupil_id for link in links] == ["pupil-1"]


@broken_by(faults.finds_nothing, faults.gives_the_first_page)
def test_all_groups_of_a_school_are_read_as_they_are_now_however_large(engine: Engine) -> None:
    """More than the megabyte a page has: whoever forgets a pupil must see every group."""
    pupils = tuple(f"pupil-{number:058d}" for number in range(500))
    names = [f"group-{number:02d}" for number in range(34)]
    for name in names:
        key = store.group_key(SCHOOL, name)
        details = GroupDetails(name=name, pupil_ids=pupils)
        GroupItem(key.pk, key.sk, revision=1, state="current", change=a_change(), record=details).save()
    with database_with(faults.weak_reads_are_behind):
        assert [group.id for group in all_groups(SCHOOL)] == names
