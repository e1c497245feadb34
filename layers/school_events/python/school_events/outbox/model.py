"""What the outbox reads and what it makes: stream records in, follow-ups out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from school_events.core.audit import AuditLine
from school_events.core.consequences import Consequences, Telling
from school_events.core.dynamodb import Item

type ConsequencesOf = Callable[[Item], Consequences | None]
"""A capability's answer to "what follows from this item as it now is?"; ``None`` if it is none of its items."""

type AliasOf = Callable[[str, str, str], str | None]
"""The alias of a person: ``(school_id, kind, person_id)``; ``None`` once the person is anonymised."""


@dataclass(frozen=True)
class StreamRecord:
    """A change of one item, as a table's stream tells it.

    Args:
        sequence_number: its place in the stream.
        school_id: the school whose partition the item is in; empty for the few partitions of no school.
        new: the item afterwards, as DynamoDB writes it; ``None`` if it is gone.
        old: the item before; ``None`` if it is new.
    """

    sequence_number: str
    school_id: str
    new: Mapping[str, Any] | None
    old: Mapping[str, Any] | None


@dataclass(frozen=True)
class FollowUp:
    """Everything to be done about one record.

    Args:
        sequence_number: the record's.
        audit: the line of the audit log.
        messages: entries for our bus, as ``PutEvents`` takes them, without the bus.
        tellings: for the notification queue.
    """

    sequence_number: str
    audit: AuditLine
    messages: tuple[dict[str, Any], ...]
    tellings: tuple[Telling, ...]
