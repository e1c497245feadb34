"""Most lines plainly say what is held, and are only glanced at; whatever is not plain is left to the rules."""

from datetime import date

import pytest

from school_events.people import store
from school_events.people.snapshots import comparing
from school_events.people.snapshots.reader import Contents
from tests.support.contexts import SCHOOL
from tests.support.people import (
    EVERYTHING,
    PortalMessage,
    contact_told,
    link_told,
    portal_message,
    pupil_told,
    received,
    school_told,
    staff_told,
    tell,
)
from tests.support.snapshots import FIRST, make_bucket, reconcile
from tests.support.tables import empty

pytestmark = pytest.mark.usefixtures("tables")

HOUSEHOLD: tuple[PortalMessage, ...] = (school_told(), pupil_told(), contact_told(), link_told(), staff_told())


LEFT = portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-10-23"}, version=2)
DIFFERENT: dict[str, tuple[PortalMessage, PortalMessage]] = {
    "content": (pupil_told(), pupil_told(first_name="Mia")),
    "version": (pupil_told(), pupil_told(version=2)),
    "last day": (LEFT, portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-10-22"}, version=2)),
    "restriction": (link_told(), link_told(restricted=True)),
    "freedom": (link_told(restricted=True), link_told()),
    "end": (link_told(), link_told(ends_on=date(2027, 1, 1))),
    "no end": (link_told(ends_on=date(2027, 1, 1)), link_told()),
    "roles": (staff_told(), staff_told(app_roles=("finance",))),
}


def _differ(lines: list[PortalMessage]) -> list[bool]:
    """Whether each line differs from what is held."""
    authorised = store.find_school(SCHOOL).authorised_categories
    said = [received(line) for line in lines]
    return [one.differs for one in comparing.compare(SCHOOL, said, Contents(), authorised, FIRST)]


@pytest.mark.parametrize("line", HOUSEHOLD[1:], ids=[message_type for message_type, _ in HOUSEHOLD[1:]])
def test_of_what_plainly_says_the_same_nothing_is_made(line: PortalMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    for authorised in (EVERYTHING, EVERYTHING[:4]):
        tell(school_told(categories=authorised, version=len(EVERYTHING) - len(authorised) + 1), line)
        lines = [school_told(categories=authorised, version=len(EVERYTHING) - len(authorised) + 1), line]
        with monkeypatch.context() as patch:
            patch.setattr(comparing, "_judge", lambda *_: pytest.fail("the quick look has missed it"))
            assert _differ(lines) == [False, False]
        empty("People")


@pytest.mark.parametrize(("told", "line"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_quick_look_misses_no_difference(told: PortalMessage, line: PortalMessage) -> None:
    tell(school_told(), told)
    assert _differ([line]) == [True]


def test_a_quick_look_does_not_pass_over_what_a_snapshot_lacked_nor_what_was_withheld() -> None:
    make_bucket()
    tell(*HOUSEHOLD)
    reconcile([*HOUSEHOLD[:3], HOUSEHOLD[4]])
    assert _differ([link_told()]) == [True]
    tell(school_told(categories=EVERYTHING[1:], version=2))
    tell(pupil_told(version=2))
    tell(school_told(version=3))
    assert _differ([pupil_told(version=2)]) == [True]
