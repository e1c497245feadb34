"""From a stamp and its consequences to what is sent: pure, so that the same record always makes the same things."""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from school_events.core import clock
from school_events.core.audit import AuditLine
from school_events.core.change import Change
from school_events.core.consequences import Consequences, Inviting, Joining, Message, Telling, ToInvite, ToTell
from school_events.messages.school_events import SCHOOL_EVENT_MESSAGES
from school_events.outbox.model import FollowUp

SOURCE = "school_events"

_MOST_JOINING = 300
"""So many ids travel in one message at the most, so that ten of them fit into one call."""


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
    """Somebody to be told, as the notification queue carries it; of what was done together as one occurrence."""
    return Telling(
        school_id=school_id,
        change_id=change.told_with or change.id,
        kind=told.kind,
        occurred_at=clock.to_text(change.at),
        pupil_id=told.pupil_id,
        contact_id=told.contact_id,
        event_id=told.event_id,
        thing=told.thing,
        thing_id=told.thing_id,
        quiet=told.quiet or None,
    )


def inviting(school_id: str, asked: ToInvite) -> Inviting:
    """A round to be worked off, as the invitations queue carries it."""
    return Inviting(school_id=school_id, event_id=asked.event_id, round_id=asked.round_id)


def joinings(follow_ups: Iterable[FollowUp]) -> Iterator[tuple[tuple[str, ...], Joining]]:
    """What the records of a batch say of pupils and their contacts, in as few messages as can be, one school each.

    Returns:
        The sequence numbers of the records a message follows from, and the message.
    """
    by_school: dict[str, list[FollowUp]] = {}
    for one in follow_ups:
        if one.joined is not None:
            by_school.setdefault(one.school_id, []).append(one)
    for school_id, some in by_school.items():
        numbers = tuple(one.sequence_number for one in some)
        for pupil_ids in _parts({pupil_id for one in some if one.joined for pupil_id in one.joined.pupil_ids}):
            yield numbers, Joining(school_id=school_id, pupil_ids=pupil_ids)
        for links in _parts({link for one in some if one.joined for link in one.joined.links}):
            yield numbers, Joining(school_id=school_id, links=links)


def _parts[T: (str, tuple[str, str])](ids: set[T]) -> Iterator[tuple[T, ...]]:
    yield from batched(sorted(ids), _MOST_JOINING, strict=False)
