"""What is asked for when somebody is to be forgotten, and how far it has come."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from school_events.core.ids import PortalId
from school_events.core.inventory import Category, Kept, PersonId, Purpose, Record, Retention
from school_events.people.rules import Thing

_PROGRESS = Kept(Category.TECHNICAL, Purpose.WORKING, Retention.ITEM)

PersonKind = Literal["pupil", "contact"]
Step = Literal["links", "told", "groups", "invitations", "bookings", "contacts"]


class Forget(BaseModel):
    """A message of the queue ``anonymise``: something is due. What that means is decided when it is taken up.

    Args:
        school_id: whose.
        kind: ``pupil``, ``contact`` or ``link``.
        ids: the person's id; of a link, the contact's and the pupil's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    school_id: PortalId
    kind: Literal["pupil", "contact", "link"]
    ids: list[PortalId] = Field(min_length=1, max_length=2)

    @property
    def thing(self) -> Thing:
        """What is due."""
        return Thing(self.kind, tuple(self.ids))


class Anonymisation(Record):
    """A person who is being forgotten: it exists from the moment they are gone until nothing of them is left.

    Args:
        kind: ``pupil`` or ``contact``.
        person_id: who.
        begun_at: what is newer is not theirs (UTC): they may have come back as somebody new.
        contacts: of a pupil: everybody linked to them, who may have lost their last child.
        successor: of a contact: who takes over, if the Portal has merged them into another.
        done: the steps that need not be done again.
    """

    kind: Annotated[PersonKind, _PROGRESS]
    person_id: PersonId
    begun_at: Annotated[datetime, _PROGRESS]
    contacts: tuple[PersonId, ...] = ()
    successor: PersonId | None = None
    done: Annotated[tuple[Step, ...], _PROGRESS] = ()
