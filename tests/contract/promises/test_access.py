"""Who has access is read as it is now; a school's people and snapshots are walked by key."""

from datetime import timedelta

from school_events.core.context import Actor
from school_events.core.errors import NotFound
from school_events.people import access, store
from school_events.people.heard import thing_of
from school_events.people.snapshots.model import SnapshotReport
from school_events.people.snapshots.store import SnapshotItem, name_of, reports, snapshot_key
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.faults import database_with
from tests.contract.things import outcome
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import (
    PortalMessage,
    contact_told,
    group_removed,
    group_told,
    link_told,
    portal_message,
    pupil_told,
    school_told,
    staff_told,
    tell,
)


def _removed(kind: str, thing_id: str, **others: str) -> PortalMessage:
    return portal_message(f"{kind.title()}Removed", {f"{kind}_id": thing_id} | others, version=2)


def _children(contact_id: str) -> list[str]:
    """As both ways of asking say."""
    ctx = a_context(actor=Actor("contact", contact_id))
    listed = [link.pupil_id for link in access.open_links(ctx, contact_id)]
    for pupil_id in ("pupil-1", "pupil-2"):
        refused = outcome(lambda: access.require_open_link(ctx, contact_id, pupil_id))  # noqa: B023 - called at once
        assert refused is (None if pupil_id in listed else NotFound)
    return listed


@broken_by(faults.finds_nothing, faults.finds_one_of_many)
def test_access_is_as_the_latest_message_says_whatever_an_index_knows(engine: Engine) -> None:
    tell(school_told(), contact_told("contact-1"), contact_told("contact-2"))
    for pupil_id in ("pupil-1", "pupil-2"):
        tell(pupil_told(pupil_id), link_told("contact-1", pupil_id), link_told("contact-2", pupil_id))
    with database_with(faults.weak_reads_are_behind):
        assert _children("contact-1") == _children("contact-2") == ["pupil-1", "pupil-2"]
        tell(link_told("contact-1", "pupil-1", restricted=True, version=2))
        assert (_children("contact-1"), _children("contact-2")) == (["pupil-2"], ["pupil-1", "pupil-2"])
        tell(_removed("pupil", "pupil-2"))
        assert (_children("contact-1"), _children("contact-2")) == ([], ["pupil-1"])
        tell(_removed("contact", "contact-2", merged_into="contact-1"))
        assert _children("contact-2") == []
        assert access.persons_now(SCHOOL, ["contact-2"]) == {"contact-2": "contact-1"}


@broken_by(faults.finds_nothing)
def test_every_thing_of_a_school_is_in_one_listing_what_is_gone_too(engine: Engine) -> None:
    tell(
        school_told(),
        staff_told(),
        *(pupil_told(one) for one in ("pupil-1", "pupil-2")),
        *(contact_told(one) for one in ("contact-1", "contact-2")),
        link_told(),
        link_told("contact-2"),
        *(group_told(one) for one in ("group-1", "group-2")),
        *(_removed("pupil", "pupil-2"), _removed("contact", "contact-2"), group_removed("group-2")),
        portal_message("LinkRemoved", {"contact_id": "contact-2", "pupil_id": "pupil-1"}, version=2),
    )
    listed = {one: sorted("/".join(thing_of(item).ids) for item in store.things(SCHOOL, one)) for one in store.LISTINGS}
    assert listed == {
        "PUPILS": ["pupil-1"],
        "CONTACTS": ["contact-1"],
        "STAFF": ["staff-1"],
        "LINKS": ["contact-1/pupil-1"],
        "CALENDARS": [],
        "TEACHING_GROUPS": ["group-1"],
        "GONE": ["contact-2", "contact-2/pupil-1", "group-2", "pupil-2"],
    }
    assert [pupil.id for pupil in store.pupils_by_name(SCHOOL)] == ["pupil-1"]


@broken_by(faults.lists_backwards, faults.gives_the_first_page, faults.ignores_where_to_start)
def test_snapshots_are_listed_the_latest_first_from_any_of_them_on(engine: Engine) -> None:
    names = []
    for day in range(12):
        taken_at = NOW + timedelta(days=day)
        report = SnapshotReport(id="s", taken_at=taken_at, version=1, records=0, began_at=taken_at)
        names.append(name_of(taken_at, "s"))
        key = snapshot_key(SCHOOL, names[-1])
        SnapshotItem(key.pk, key.sk, report=report).save()
    latest_first = [name_of(one.taken_at, one.id) for one in reports(SCHOOL)]
    assert latest_first == names[::-1]
    assert [name_of(one.taken_at, one.id) for one in reports(SCHOOL, names[9])] == names[8::-1]
