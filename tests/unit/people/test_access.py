"""A cut link, a removed member of staff, a missing second factor: each is felt at the very next request (A8, I1)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

import pytest

from school_events.core.caller import Membership
from school_events.core.context import Role
from school_events.core.dynamodb import Refused, Transaction
from school_events.core.errors import Forbidden, NotFound, Unauthenticated
from school_events.people import access, store
from tests.support.contexts import PARENT, SCHOOL, TEACHER, a_context
from tests.support.people import (
    PortalMessage,
    a_small_school,
    contact_told,
    link_removed,
    link_told,
    portal_message,
    school_told,
    staff_told,
    tell,
)

pytestmark = pytest.mark.usefixtures("tables")


def _children() -> list[str]:
    return [link.pupil_id for link in access.open_links(a_context(actor=PARENT), "contact-1")]


def _staff(*roles: Role, mfa: bool = True) -> None:
    access.check(a_context(actor=TEACHER, mfa=mfa), Membership(SCHOOL, "staff-1", frozenset(roles)))


def _parent(*, mfa: bool) -> None:
    access.check(a_context(actor=PARENT, mfa=mfa), Membership(SCHOOL, "contact-1", frozenset({"parent"})))


@pytest.mark.parametrize(
    "cut",
    [
        link_removed(version=2),
        link_told(restricted=True, version=2),
        link_told(ends_on=date(2026, 11, 22), version=2),
        portal_message("ContactRemoved", {"contact_id": "contact-1"}, version=2),
    ],
    ids=["removed", "restricted", "ended yesterday", "contact removed"],
)
def test_a_cut_link_denies_the_very_next_request(cut: PortalMessage) -> None:
    a_small_school()
    assert _children() == ["pupil-1"]
    assert access.require_open_link(a_context(actor=PARENT), "contact-1", "pupil-1").pupil_id == "pupil-1"
    tell(cut)
    assert _children() == []
    with pytest.raises(NotFound):
        access.require_open_link(a_context(actor=PARENT), "contact-1", "pupil-1")


def test_somebody_elses_child_is_like_a_child_that_does_not_exist() -> None:
    a_small_school()
    tell(link_told("contact-2", "pupil-2"))
    for pupil_id in ("pupil-2", "nobody"):
        with pytest.raises(NotFound) as caught:
            access.require_open_link(a_context(actor=PARENT), "contact-1", pupil_id)
        assert caught.value.detail == ""


def test_a_link_ends_with_its_last_day_in_london_not_in_greenwich() -> None:
    a_small_school()
    tell(link_told(ends_on=date(2026, 7, 1), version=2))
    last_minute = datetime(2026, 7, 1, 22, 59, tzinfo=UTC)
    assert access.open_links(a_context(actor=PARENT, now=last_minute), "contact-1")
    assert not access.open_links(a_context(actor=PARENT, now=datetime(2026, 7, 1, 23, 0, tzinfo=UTC)), "contact-1")


@pytest.mark.parametrize(
    ("links", "holds"),
    [
        ([], False),
        ([link_told()], True),
        ([link_told(restricted=True)], False),
        ([link_told(ends_on=date(2026, 11, 23))], True),
        ([link_told(ends_on=date(2026, 11, 22))], False),
        ([link_told(), link_removed()], False),
        ([link_removed()], False),
    ],
)
def test_a_write_can_hang_on_an_open_link(links: Iterable[PortalMessage], holds: bool) -> None:
    tell(school_told(), *links)
    ctx = a_context()
    transaction = Transaction(ctx).check(
        store.link_key(SCHOOL, "contact-1", "pupil-1"), store.link_is_open(date(2026, 11, 23))
    )
    if holds:
        transaction.commit()
        return
    with pytest.raises(Refused):
        transaction.commit()


def test_staff_are_out_at_the_next_request_after_their_removal() -> None:
    a_small_school()
    _staff("staff")
    tell(portal_message("StaffRemoved", {"staff_id": "staff-1"}, version=2))
    with pytest.raises(NotFound):
        _staff("staff")


def test_a_role_taken_away_is_gone_whatever_the_token_still_says() -> None:
    a_small_school()
    with pytest.raises(Forbidden):
        _staff("school_admin")
    tell(staff_told(app_roles=("staff", "finance"), version=2))
    _staff("staff", "finance")
    tell(staff_told(app_roles=(), version=3))
    with pytest.raises(Forbidden):
        _staff("staff")


def test_staff_always_need_a_second_factor() -> None:
    tell(school_told(parents_mfa_exempt=True), staff_told())
    with pytest.raises(Unauthenticated):
        _staff("staff", mfa=False)


def test_parents_need_a_second_factor_unless_their_school_exempts_them() -> None:
    with pytest.raises(Unauthenticated):
        _parent(mfa=False)
    tell(school_told(), contact_told())
    with pytest.raises(Unauthenticated):
        _parent(mfa=False)
    _parent(mfa=True)
    tell(school_told(parents_mfa_exempt=True, version=2))
    _parent(mfa=False)
