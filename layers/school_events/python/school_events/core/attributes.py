"""The types of attributes that many items have, each with what is kept in it (``core.inventory``).

An attribute is annotated by its type, as a record's field is: ``state: StateAttribute = UnicodeAttribute()``. One
without fails ``tests/unit/core/test_inventory.py``; a document's own fields say what they are.
"""

from typing import Annotated

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from school_events.core.inventory import Category, Kept, Purpose, Retention

TECHNICAL = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.ITEM)

ThingKey = Annotated[UnicodeAttribute, Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.ITEM)]
"""A key made of the ids of schools and things and of instants (``infra/decisions``, "Item keys")."""

PersonKey = Annotated[UnicodeAttribute, Kept(Category.IDENTIFIER, Purpose.ACCESS, Retention.LEAVER)]
"""A key that holds the id or the alias of a person."""

IdAttribute = Annotated[UnicodeAttribute, Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.CONTRACT)]
StateAttribute = Annotated[UnicodeAttribute, Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.CONTRACT)]
VersionAttribute = Annotated[NumberAttribute, TECHNICAL]
