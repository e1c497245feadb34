"""From a stamp and its consequences to what is sent: pure, so that the same record always makes the same things."""

import json
from typing import Any

from school_events.core import clock
from school_events.core.audit import AuditLine
from school_events.core.change import Change
from school_events.core.consequences import Consequences, Inviting, Message, Telling, ToInvite, ToTell
from school_events.messages.school_events import SCHOOL_EVENT_MESSAGES

SOURCE = "school_events"


def audit_line(school_id: str, change: Change, consequences: Consequences, *, actor: str, subject: str) -> AuditLine:
    """The line of the audit log (H6).

    Args:
        school_id: whose log.
        change: the stamp.
        consequences: what the change was done to.
        actor: the actor's alias, or a system's name.
        subject: the subject's alias, or its opaque id.
    """
    return AuditLine(
        school_id=school_id,
        change_id=change.id,
        action=change.action,
        at=change.at,
        actor_kind=change.actor_kind,
        actor=actor,
        subject_kind=consequences.subject.kind,
        subject=subject,
        request_id=change.request_id,
        origin=change.origin,
    )


def bus_entry(school_id: str, change: Change, message: Message) -> dict[str, Any]:
    """One of our messages as ``PutEvents`` takes it, checked against its schema's model.

    The ``message_id`` is made from the change and the type: however often it goes out, it is the same message.

    Raises:
        KeyError: there is no schema of that type.
        pydantic.ValidationError: the detail is not what the schema says.
    """
    detail = {
        **message.detail,
        "school_id": school_id,
        "message_id": f"{change.id}-{message.type.replace('.', '-')}",
        "occurred_at": clock.to_text(change.at),
    }
    checked = SCHOOL_EVENT_MESSAGES[message.type].read(detail)
    return {
        "Source": SOURCE,
        "DetailType": message.type,
        "Detail": json.dumps(checked.detail(), separators=(",", ":")),
        "Time": change.at,
    }


def telling(school_id: str, change: Change, told: ToTell) -> Telling:
    """Somebody to be told, as the notification queue carries it."""
    return Telling(
        school_id=school_id,
        change_id=change.id,
        kind=told.kind,
        occurred_at=clock.to_text(change.at),
        pupil_id=told.pupil_id,
        contact_id=told.contact_id,
        event_id=told.event_id,
        thing=told.thing,
        thing_id=told.thing_id,
    )


def inviting(school_id: str, asked: ToInvite) -> Inviting:
    """A round to be worked off, as the invitations queue carries it."""
    return Inviting(school_id=school_id, event_id=asked.event_id, round_id=asked.round_id)
