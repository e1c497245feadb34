"""What follows from a change of an invitation: an audit line, and for a new one a message and the family told (C1).

From a round that is asked for follows that it is worked off. That an audience stands, or does no more, is audited.
"""

from school_events.core.consequences import Consequences, Message, Subject, TellingKind, ToInvite, ToTell
from school_events.core.dynamodb import Item
from school_events.invitations.late_joiners.store import StandingItem
from school_events.invitations.model import Invitation
from school_events.invitations.rounds.store import RoundItem
from school_events.invitations.store import InvitationItem, to_invitation


def of(item: Item) -> Consequences | None:
    """What follows from the change an item carries; nothing, if it is none of invitations' items.

    The audit line names the pupil, so that it names nobody once they are anonymised: an invitation's id would.
    """
    if isinstance(item, RoundItem):
        asked = item.record
        return Consequences(
            Subject("event", asked.event_id), to_invite=ToInvite(event_id=asked.event_id, round_id=asked.id)
        )
    if isinstance(item, StandingItem):
        return Consequences(Subject("event", item.record.event_id))
    if not isinstance(item, InvitationItem):
        return None
    invitation = to_invitation(item)
    subject = Subject("pupil", invitation.pupil_id)
    if item.change.action == "invitation.reminded":
        return Consequences(subject, tellings=(_told("reminded", invitation),))
    if item.change.action != "invitation.sent":
        return Consequences(subject)
    detail = {"version": invitation.version, "event_id": invitation.event_id, "pupil_id": invitation.pupil_id}
    message = Message("InvitationSent", detail)
    return Consequences(subject, messages=(message,), tellings=(_told("invited", invitation),))


def _told(kind: TellingKind, invitation: Invitation) -> ToTell:
    return ToTell(
        kind,
        event_id=invitation.event_id,
        thing="invitation",
        thing_id=invitation.id,
        pupil_id=invitation.pupil_id,
    )
