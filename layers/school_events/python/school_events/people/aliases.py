"""Random names of people for the ledger and the audit log, given at birth, mapped in one row each.

Anonymising deletes the mapping and rewrites nothing that is append-only (H2, H6).
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pynamodb.attributes import UnicodeAttribute

from school_events.core.attributes import PersonKey, ThingKey
from school_events.core.dynamodb import Key, get_many, school_key
from school_events.core.inventory import Category, Kept, Purpose, Retention
from school_events.people.store import PeopleItem

PersonKind = Literal["pupil", "contact", "staff"]
PERSON_KINDS: frozenset[str] = frozenset({"pupil", "contact", "staff"})

_MAPPING = Kept(Category.IDENTIFIER, Purpose.ACCOUNTABILITY, Retention.LEAVER)


class AliasItem(PeopleItem, discriminator="alias"):
    """The mapping from a person to their alias, findable from both ends."""

    pk: PersonKey
    alias: Annotated[UnicodeAttribute, _MAPPING] = UnicodeAttribute()
    alias_pk: PersonKey = UnicodeAttribute()
    alias_sk: ThingKey = UnicodeAttribute()


def alias_key(school_id: str, kind: str, person_id: str) -> Key[AliasItem]:
    """Where a person's mapping is."""
    return Key(AliasItem, school_key(school_id, "ALIAS", kind, person_id), "ALIAS")


def alias_item(school_id: str, kind: str, person_id: str, alias: str) -> AliasItem:
    """The mapping, to be written with the person it names.

    Args:
        school_id: the person's school.
        kind: ``pupil``, ``contact`` or ``staff``.
        person_id: who.
        alias: a fresh random id (``ctx.new_id("alias")``), never made from anything about the person.
    """
    key = alias_key(school_id, kind, person_id)
    return AliasItem(key.pk, key.sk, alias=alias, alias_pk=school_key(school_id, "ALIAS", alias), alias_sk="ALIAS")


def alias_of(school_id: str, kind: str, person_id: str) -> str | None:
    """A person's alias, read strongly; ``None`` once the mapping is gone."""
    return aliases_of(school_id, [(kind, person_id)]).get((kind, person_id))


def aliases_of(school_id: str, people: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The aliases of up to 100 people, each named by kind and id, in one read; who has none is left out."""
    keys = {person: alias_key(school_id, *person) for person in people}
    found = get_many(keys.values())
    return {person: item.alias for person, key in keys.items() if (item := found.get(key))}
