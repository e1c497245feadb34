"""What the outbox reads and what it makes: stream records in, follow-ups out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from school_events.core.change import Change
from school_events.core.consequences import Consequences, Inviting, Joined, Telling, ToShow
from school_events.core.dynamodb import Item

type ConsequencesOf = Callable[[Item], Consequences | None]
"""A capability's answer to "what follows from this item as it now is?"; ``None`` if it is none of its items."""

type Person = tuple[str, str]
"""Kind (``pupil``, ``contact``, ``staff``) and id."""

type AliasesOf = Callable[[str, Iterable[Person]], Mapping[Person, str]]
"""The aliases of up to 100 people of a school; who is anonymised has none."""

type Aliases = Mapping[tuple[str, Person], str]
"""Aliases by school and person."""

type Show = Callable[[str, ToShow], None]
"""Lets the staff of a school's event see it in their next refresh; doing it again does no harm."""

_PEOPLE = frozenset({"contact", "staff"})


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
class Changed:
    """A record that put a new stamp on an item.

    Args:
        sequence_number: the record's.
        school_id: the item's.
        change: the stamp.
        consequences: what the item's capability says follows.
    """

    sequence_number: str
    school_id: str
    change: Change
    consequences: Consequences

    @property
    def people(self) -> frozenset[Person]:
        """Who did it and to whom, as far as those are people: the audit log names them by alias."""
        actor, subject = (self.change.actor_kind, self.change.actor_id), self.consequences.subject
        did = {actor} if self.change.actor_kind in _PEOPLE else set()
        return frozenset(did | ({(subject.kind, subject.id)} if subject.is_person else set()))


@dataclass(frozen=True)
class FollowUp:
    """What is to be sent about one record, once its audit line is written.

    Args:
        sequence_number: the record's.
        school_id: the item's.
        messages: entries for our bus, as ``PutEvents`` takes them, without the bus.
        tellings: for the notification queue.
        inviting: for the invitations queue, if anything is.
        joined: for the invitations queue, together with what other records say of the same school.
    """

    sequence_number: str
    school_id: str
    messages: tuple[dict[str, Any], ...]
    tellings: tuple[Telling, ...]
    inviting: Inviting | None = None
    joined: Joined | None = None
