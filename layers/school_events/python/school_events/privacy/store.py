"""The People table's running anonymisations, and what is due in it."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from school_events.core import due
from school_events.core.attributes import PersonKey, ThingKey
from school_events.core.context import Context
from school_events.core.dynamodb import Document, Key, Transaction, get_many, school_key, update_if
from school_events.core.indexes import Due
from school_events.people.heard import key_of, thing_of
from school_events.people.leavers import LAST_DAY, LEAVER, LINK_END
from school_events.people.model import School
from school_events.people.rules import Thing
from school_events.people.store import (
    ContactItem,
    HeardItem,
    LinkItem,
    PeopleItem,
    link_key,
    school_key_of,
    to_school,
)
from school_events.privacy.model import Anonymisation

_MOST_KEYS = 100


class AnonymisationItem(PeopleItem, discriminator="anonymisation"):
    """A running anonymisation; due from its beginning on, so that one that was interrupted is taken up again."""

    pk: PersonKey
    due_pk: ThingKey = UnicodeAttribute(null=True)
    due_sk: ThingKey = UnicodeAttribute(null=True)
    record = Document(Anonymisation)


def due_things(now: datetime) -> Iterator[tuple[str, Thing]]:
    """People whose time, or last day, is over, links to look at, what was interrupted, as (school, thing), by age.

    Args:
        now: the present instant, UTC.
    """
    for kind in (LAST_DAY, LEAVER, LINK_END):
        for item in due.sweep(kind, now, _due_items):
            yield item.pk.split("#")[1], _thing_of(item)


def _due_items(pk: str, end: str) -> Iterator[Any]:
    found: Iterator[Any] = PeopleItem.due.query(pk, Due.due_sk <= end)
    return found


def _thing_of(item: HeardItem | AnonymisationItem) -> Thing:
    if isinstance(item, AnonymisationItem):
        return Thing(item.record.kind, (item.record.person_id,))
    return thing_of(item)


def find(school_id: str, thing: Thing) -> Anonymisation | None:
    """The running anonymisation of a person, read strongly."""
    key = _key(school_id, thing)
    item = get_many([key]).get(key)
    return None if item is None else item.record


def begin(transaction: Transaction, ctx: Context, begun: Anonymisation) -> None:
    """Note that a person is being forgotten, in the transaction that removes them; refused if they are already."""
    key = _key(ctx.school_id, Thing(begun.kind, (begun.person_id,)))
    due_pk, due_sk = due.due_key(LEAVER, begun.begun_at, f"{key.pk}|{key.sk}")
    transaction.create(AnonymisationItem(key.pk, key.sk, due_pk=due_pk, due_sk=due_sk, record=begun))


def note(school_id: str, running: Anonymisation) -> None:
    """Note how far it has come; nothing, if another run has ended it."""
    key = _key(school_id, Thing(running.kind, (running.person_id,)))
    update_if(key, [AnonymisationItem.record.set(running)], AnonymisationItem.pk.exists())


def end(school_id: str, running: Anonymisation) -> None:
    """Forget that there was an anonymisation; that it was is in the audit log, without a name."""
    key = _key(school_id, Thing(running.kind, (running.person_id,)))
    AnonymisationItem(key.pk, key.sk).delete()


def read_thing(school_id: str, thing: Thing) -> tuple[School | None, HeardItem | None]:
    """A thing with its school, read strongly together."""
    key, school = key_of(school_id, thing), school_key_of(school_id)
    found = get_many([key, school])
    return to_school(found.get(school)), found.get(key)


def links_of_pupil(school_id: str, pupil_id: str) -> list[LinkItem]:
    """Every link of a pupil, removed ones too: which there are as the index knows it, each as it is now."""
    listed: Iterator[Any] = LinkItem.by_pupil.query(school_key(school_id, "PUPIL", pupil_id))
    keys = [link_key(school_id, *thing_of(item).ids) for item in listed]
    items = (
        found.get(key) for some in batched(keys, _MOST_KEYS, strict=False) for found in [get_many(some)] for key in some
    )
    return [item for item in items if item is not None]


def partition_of_contact(school_id: str, contact_id: str) -> tuple[ContactItem | None, list[LinkItem]]:
    """A contact and every link of theirs, removed ones too: one strong read."""
    items = list(HeardItem.query(school_key(school_id, "CONTACT", contact_id), consistent_read=True))
    contact = next((item for item in items if isinstance(item, ContactItem)), None)
    return contact, [item for item in items if isinstance(item, LinkItem)]


def _key(school_id: str, thing: Thing) -> Key[AnonymisationItem]:
    return Key(AnonymisationItem, school_key(school_id, "ANONYMISATION", thing.kind, *thing.ids), "ANONYMISATION")
