"""What follows from a change of an invitation."""

import json

from school_events.core.change import stamp
from school_events.core.consequences import Subject, ToTell
from school_events.events.store import event_item
from school_events.invitations import consequences, store
from school_events.invitations.model import Invitation
from school_events.messages.school_events.invitation_sent_v1 import InvitationSent
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.unit.events.things import a_trip


def _item(action: str) -> store.InvitationItem:
    invitation = Invitation(event_id="event_1", pupil_id="pupil-1", created_at=NOW, state="invited", version=1)
    return store.invitation_item(SCHOOL, invitation, stamp(a_context(), action))


def test_an_invitation_is_told_to_others_and_to_the_family() -> None:
    followed = consequences.of(_item("invitation.sent"))
    assert followed is not None
    assert followed.subject == Subject("pupil", "pupil-1")
    (message,) = followed.messages
    common = {"school_id": SCHOOL, "message_id": "msg_1", "occurred_at": "2026-11-23T09:00:00Z"}
    assert InvitationSent.model_validate_json(json.dumps(common | dict(message.detail))).pupil_id == "pupil-1"
    assert followed.tellings == (ToTell("invited", "event_1", "invitation", "event_1~pupil-1", pupil_id="pupil-1"),)


def test_declining_is_only_audited() -> None:
    followed = consequences.of(_item("invitation.declined"))
    assert followed is not None
    assert (followed.messages, followed.tellings) == ((), ())


def test_nothing_follows_from_what_is_no_invitation() -> None:
    assert consequences.of(event_item(SCHOOL, a_trip(), stamp(a_context(), "event.created"))) is None
