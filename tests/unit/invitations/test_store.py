"""What the Events table gives back of invitations."""

import pytest

from school_events.core.change import stamp
from school_events.core.errors import NotFound
from school_events.invitations import store
from school_events.invitations.model import Invitation, event_and_pupil
from tests.support.contexts import NOW, SCHOOL, a_context

pytestmark = pytest.mark.usefixtures("tables")


def _invite(pupil_id: str, event_id: str = "event_1") -> Invitation:
    invitation = Invitation(event_id=event_id, pupil_id=pupil_id, created_at=NOW, state="invited", version=1)
    store.invitation_item(SCHOOL, invitation, stamp(a_context(), "invitation.sent")).save()
    return invitation


def test_an_invitation_comes_back_as_it_was_kept() -> None:
    invitation = _invite("pupil-1")
    assert store.find_invitation(SCHOOL, "event_1", "pupil-1") == invitation
    assert event_and_pupil(invitation.id) == ("event_1", "pupil-1")


def test_a_pupil_who_is_not_invited_has_no_invitation() -> None:
    _invite("pupil-1")
    with pytest.raises(NotFound):
        store.find_invitation(SCHOOL, "event_2", "pupil-1")
    with pytest.raises(NotFound):
        store.find_invitation("school-2", "event_1", "pupil-1")


def test_invitations_are_found_by_pupil_and_by_event() -> None:
    one, two, three = _invite("pupil-1"), _invite("pupil-2"), _invite("pupil-1", "event_2")
    assert store.invitations_of_pupils(SCHOOL, ["pupil-1"]) == (one, three)
    assert tuple(store.invitations_of_event(SCHOOL, "event_1")) == (one, two)
    assert store.find_invitations(SCHOOL, "event_1", ["pupil-1", "pupil-9"]) == {"pupil-1": one}
