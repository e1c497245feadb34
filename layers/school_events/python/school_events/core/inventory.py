"""What every stored field is, why it is kept and until when: the data inventory is made from these annotations.

A field is annotated by its type, for example ``name: PupilName`` where
``PupilName = Annotated[str, Kept(Category.IDENTITY, Purpose.TARGETING, Retention.LEAVER)]``.
Attributes of items that are no documents are annotated in the same way (``core.attributes``).
A stored field without one fails ``tests/unit/core/test_inventory.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

from school_events.core.ids import OpaqueId, PortalId
from school_events.core.money import Money


class Category(StrEnum):
    """What sort of data a field is."""

    IDENTIFIER = "identifier"
    IDENTITY = "identity"
    CONTACT_DETAILS = "contact details"
    CHARACTERISTIC = "characteristic"
    SPECIAL = "special category (health, diet)"
    FAMILY = "family relationship"
    PORTAL = "all that the Portal says of a person: identity, contact details, characteristics, family relationship"
    SCHOOL = "school's own content"
    ACTIVITY = "activity"
    MONEY = "money"
    TECHNICAL = "technical"


class Purpose(StrEnum):
    """Why it is kept."""

    TARGETING = "choosing and inviting pupils"
    RUNNING = "running the event"
    BOOKING = "taking bookings and consent"
    PAYING = "taking and answering for money"
    TELLING = "telling people"
    ACCESS = "deciding who may see what"
    ACCOUNTABILITY = "showing what was done"
    WORKING = "making the software work"


class Retention(StrEnum):
    """Until when it is kept (REQUIREMENTS H1–H3, D3)."""

    LEAVER = "until the person is anonymised, two academic years after they leave"
    CONTRACT = "until the school's contract ends"
    BOOKING_OPEN = "until booking for the event closes"
    AFTER_EVENT = "until 30 days after the event"
    EIGHT_YEARS = "at most 8 years"
    DAY = "24 hours"
    WAIT = "until the school is announced, at most 14 days"
    STRIPE = "40 days, longer than Stripe repeats itself"
    FEED = "60 days"
    INBOX = "400 days, a school year and its holidays"
    ROUND = "30 days, as long as whoever asked may follow it"
    SNAPSHOT = "400 days, to compare with the year before"
    ITEM = "as long as the rest of its item"
    ALWAYS = "as long as the product runs: it is about no person and no school"


@dataclass(frozen=True)
class Kept:
    """The annotation of a stored field."""

    category: Category
    purpose: Purpose
    retention: Retention


_ID = Kept(Category.IDENTIFIER, Purpose.WORKING, Retention.CONTRACT)
_TECHNICAL = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.CONTRACT)
_SCHOOL = Kept(Category.SCHOOL, Purpose.RUNNING, Retention.CONTRACT)
_ACTIVITY = Kept(Category.ACTIVITY, Purpose.BOOKING, Retention.CONTRACT)

SchoolId = Annotated[PortalId, _ID]
PersonId = Annotated[PortalId, Kept(Category.IDENTIFIER, Purpose.ACCESS, Retention.LEAVER)]
ThingId = Annotated[OpaqueId, _ID]
Alias = Annotated[OpaqueId, Kept(Category.IDENTIFIER, Purpose.ACCOUNTABILITY, Retention.EIGHT_YEARS)]
Instant = Annotated[datetime, _ACTIVITY]
Day = Annotated[date, _ACTIVITY]
Text = Annotated[str, _SCHOOL]
LocalTime = Annotated[datetime, _SCHOOL]
WallClock = Annotated[time, _SCHOOL]
Count = Annotated[int, _TECHNICAL]
Flag = Annotated[bool, _TECHNICAL]
Amount = Annotated[Money, Kept(Category.MONEY, Purpose.PAYING, Retention.EIGHT_YEARS)]
State = Annotated[str, _ACTIVITY]


class Record(BaseModel):
    """A thing this product stores; every field of it is annotated with :class:`Kept`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def kept(field: FieldInfo) -> Kept | None:
    """What a field says of itself, also inside other types as in ``Alias | None``; nothing if it says nothing."""
    return next((mark for mark in field.metadata if isinstance(mark, Kept)), kept_in(field.annotation))


def kept_in(annotation: Any) -> Kept | None:
    """What a type says, as ``Alias`` does; nothing if it says nothing."""
    return next((mark for mark in _marks(annotation) if isinstance(mark, Kept)), None)


def records_in(annotation: Any) -> Iterator[type[Record]]:
    """The records a type is made of, whose own fields say what they are."""
    if isinstance(annotation, type) and issubclass(annotation, Record):
        yield annotation
    for part in get_args(annotation):
        yield from records_in(part)


def unannotated_fields(record: type[Record]) -> Iterator[str]:
    """The fields of a record type that do not say what they are, as ``Record.field``."""
    for name, field in record.model_fields.items():
        if kept(field) is None and not any(records_in(field.annotation)):
            yield f"{record.__name__}.{name}"


def _marks(annotation: Any) -> Iterator[Any]:
    """What is annotated anywhere inside a type."""
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)
