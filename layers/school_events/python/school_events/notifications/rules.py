"""What is decided about telling people, without asking anybody."""

import hashlib
import json
from collections.abc import Collection
from datetime import datetime, time, timedelta

from ulid import ULID

from school_events.core import clock
from school_events.core.consequences import Telling
from school_events.notifications.model import InboxEntry
from school_events.people.rules import today

LIFE = timedelta(days=400)
"""How long entries and unused devices stay."""

MOST_DEVICES = 20

_RANDOM_BYTES = 10
_ONCE_A_DAY = frozenset({"reminded"})
_ONCE = frozenset({"invited"})
"""Of what a person is told once, whoever has them told: when it is made, or when they first see the child."""


def entry_id(telling: Telling, person_id: str) -> str:
    """The id of the entry a telling makes in one person's inbox: the same for the same change and kind (F2).

    A reminder has the same id as any other of that day, so that nobody gets two, whatever they are about (C3). An
    invitation has one id for ever.

    It sorts by the instant of the change, a reminder by the beginning of its day. What makes it one's own is a digest
    over the person as well, so that an id that a push service sees says nothing about what happened, nor that two
    people were told of the same thing.
    """
    occurred_at = clock.from_text(telling.occurred_at)
    occasion = telling.thing_id if telling.kind in _ONCE else telling.change_id
    if telling.kind in _ONCE_A_DAY:
        occurred_at = datetime.combine(today(occurred_at), time(), occurred_at.tzinfo)
        occasion = occurred_at.date().isoformat()
    milliseconds = int(occurred_at.timestamp() * 1000)
    name = "\n".join((telling.school_id, person_id, occasion, telling.kind))
    rest = hashlib.sha256(name.encode()).digest()[:_RANDOM_BYTES]
    return f"entry_{str(ULID(milliseconds.to_bytes(6) + rest)).lower()}"


def entry_of(telling: Telling, person_id: str) -> InboxEntry:
    """The entry a telling makes in one person's inbox."""
    return InboxEntry(
        id=entry_id(telling, person_id),
        kind=telling.kind,
        event_id=telling.event_id,
        pupil_id=telling.pupil_id,
        thing=telling.thing,
        thing_id=telling.thing_id,
        created_at=clock.from_text(telling.occurred_at),
    )


def names_others(entry: InboxEntry) -> bool:
    """Whether an entry names everything it is about; who was reminded today is not told of what else."""
    return entry.kind not in _ONCE_A_DAY


def push_message(entry: str) -> str:
    """What a push service is given: that there is something new, and an opaque id; never a word about whom (F1).

    Args:
        entry: the entry's id.

    Returns:
        The message for ``sns:Publish`` with ``MessageStructure=json``.
    """
    news = {"kind": "something_new", "id": entry}
    apple = json.dumps({"aps": {"alert": {"loc-key": "SOMETHING_NEW"}, "sound": "default"}} | news)
    return json.dumps(
        {
            "default": json.dumps(news),
            "APNS": apple,
            "APNS_SANDBOX": apple,
            "GCM": json.dumps({"data": news}),
        }
    )


def may_see(entry: InboxEntry, open_pupils: Collection[str] | None) -> bool:
    """Whether a person may still see an entry.

    Args:
        entry: of their own inbox.
        open_pupils: the children they have an open link to; ``None`` for a member of staff.

    Returns:
        Whether it is about a child who is theirs now (A8), or about them alone (their own payment) as long as any
        child of the school is theirs.
    """
    if open_pupils is None:
        return True
    return entry.pupil_id in open_pupils if entry.pupil_id is not None else bool(open_pupils)
