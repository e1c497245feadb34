"""Lines of the audit log: who, what, when, from where; opaque ids only; written once, never changed (H6).

The outbox writes the line of every change from its stamp; a read of sensitive data is written by who reads.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Annotated

from pynamodb.attributes import UnicodeAttribute

from school_events.core import clock, settings
from school_events.core.dynamodb import (
    MOST_ACTIONS,
    InstantAttribute,
    Item,
    Transaction,
    create_all,
    put_if_absent,
    school_key,
)
from school_events.core.inventory import Category, Kept, Purpose, Retention

UNKNOWN_ALIAS = "anonymised"
"""Stands for a person whose mapping is gone."""

_DONE = Kept(Category.ACTIVITY, Purpose.ACCOUNTABILITY, Retention.EIGHT_YEARS)
_WHO = Kept(Category.IDENTIFIER, Purpose.ACCOUNTABILITY, Retention.EIGHT_YEARS)


class AuditItem(Item, discriminator="audit_line"):
    """A line of the audit log."""

    class Meta:
        table_name = settings.table_name("AUDIT")

    action: Annotated[UnicodeAttribute, _DONE] = UnicodeAttribute()
    at: Annotated[InstantAttribute, _DONE] = InstantAttribute()
    actor_kind: Annotated[UnicodeAttribute, _DONE] = UnicodeAttribute()
    actor: Annotated[UnicodeAttribute, _WHO] = UnicodeAttribute()
    subject_kind: Annotated[UnicodeAttribute, _DONE] = UnicodeAttribute()
    subject: Annotated[UnicodeAttribute, _WHO] = UnicodeAttribute()
    request_id: Annotated[UnicodeAttribute, _DONE] = UnicodeAttribute()
    origin: Annotated[UnicodeAttribute, _WHO] = UnicodeAttribute()


@dataclass(frozen=True)
class AuditLine:
    """What happened.

    Args:
        school_id: whose log.
        change_id: names the occurrence; the same one is written once.
        action: what was done, such as ``booking.confirmed`` or ``register.read``.
        at: when, UTC.
        actor_kind: what the actor is.
        actor: the actor's alias (people) or name (systems).
        subject_kind: what it was done to.
        subject: its opaque id; a person is named by alias.
        request_id: the request it happened in.
        origin: where the request came from.
    """

    school_id: str
    change_id: str
    action: str
    at: datetime
    actor_kind: str
    actor: str
    subject_kind: str
    subject: str
    request_id: str
    origin: str


def append(line: AuditLine) -> None:
    """Add a line; adding the same occurrence again changes nothing."""
    put_if_absent(_item(line))


def append_with(transaction: Transaction, line: AuditLine) -> None:
    """Add a line in the transaction of what it tells of."""
    transaction.create(_item(line))


def append_all(lines: Iterable[AuditLine]) -> None:
    """Add many lines in few round trips, as an import makes them; those that are there already are left as they are."""
    for some in batched(lines, MOST_ACTIONS, strict=False):
        if len(some) == 1 or not create_all([_item(line) for line in some]):
            for line in some:
                append(line)


def _item(line: AuditLine) -> AuditItem:
    return AuditItem(
        school_key(line.school_id, "AUDIT", f"{line.at:%Y-%m}"),
        f"{clock.to_text(line.at)}#{line.change_id}",
        action=line.action,
        at=line.at,
        actor_kind=line.actor_kind,
        actor=line.actor,
        subject_kind=line.subject_kind,
        subject=line.subject,
        request_id=line.request_id,
        origin=line.origin,
    )
