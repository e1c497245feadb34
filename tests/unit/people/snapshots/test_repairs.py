"""After two snapshots a school is here as it is there, whatever was missed or mangled on the way (A2)."""

import pytest

from school_events.people import access, store
from tests.support.contexts import PARENT, SCHOOL, a_context
from tests.support.people import (
    PortalMessage,
    contact_told,
    link_told,
    pupil_told,
    school_told,
    staff_told,
    tell,
)
from tests.support.snapshots import make_bucket, reconcile

HOUSEHOLD: tuple[PortalMessage, ...] = (school_told(), pupil_told(), contact_told(), link_told(), staff_told())


@pytest.fixture(autouse=True)
def _bucket(tables: None) -> None:
    make_bucket()


def test_what_was_never_heard_is_there_after_one_snapshot_and_counted_as_missing() -> None:
    found = reconcile(HOUSEHOLD)
    assert found.state == "finished"
    assert store.find_pupils(SCHOOL, ["pupil-1"])["pupil-1"].first_name == "Amelia"
    assert [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")] == ["pupil-1"]
    assert found.drift.missing == {"school": 1, "pupil": 1, "contact": 1, "link": 1, "staff": 1}


def test_a_snapshot_of_what_is_known_changes_nothing() -> None:
    tell(*HOUSEHOLD)
    found = reconcile(HOUSEHOLD)
    assert found.differing == 0
    assert found.drift.missing == found.drift.wrong == found.drift.extra == {}
