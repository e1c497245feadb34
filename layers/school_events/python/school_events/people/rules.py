"""Decisions about people, without I/O and without a clock: which message counts, what may be kept, who has access."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from school_events.core import clock
from school_events.core.inventory import Record
from school_events.people.model import (
    Characteristics,
    ContactDetails,
    DataCategory,
    Link,
    LinkDetails,
    PupilDetails,
    StaffDetails,
    Standing,
)

ThingKind = Literal["school", "calendar", "pupil", "contact", "link", "staff"]
What = Literal["told", "left", "removed"]
State = Standing | Literal["untold"]
"""``untold``: a leaving arrived before the pupil it names; nobody sees them yet."""

_RANK: dict[What, int] = {"told": 0, "left": 1, "removed": 2}
_VERSION_DIGITS = 16


@dataclass(frozen=True)
class Thing:
    """Names what a message is about; ``ids`` are (contact, pupil) for a link, one id for everything else."""

    kind: ThingKind
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """What one message says of one thing.

    Args:
        thing: what it is about.
        order: its place among all statements about the thing (:func:`order`).
        what: that the thing is so (``told``), that the pupil ``left``, or that the thing was ``removed``.
        details: how the thing is, if told.
        left_on: the last day on roll (local), if left.
    """

    thing: Thing
    order: str
    what: What
    details: Record | None = None
    left_on: date | None = None


@dataclass(frozen=True)
class Heard:
    """All that still matters of what was said about one thing; the order of hearing leaves no trace (A5).

    It is three registers, each keeping the highest statement of its kind, so that hearing is commutative,
    associative and idempotent. ``told``, ``left`` and ``removed`` are the orders of the statements kept, or ``""``.
    """

    told: str = ""
    details: Record | None = None
    left: str = ""
    left_on: date | None = None
    removed: str = ""

    @property
    def state(self) -> State:
        """What the thing now is."""
        if self.told:
            return "left" if self.left else "current"
        return "removed" if self.removed else "untold"


NOTHING_HEARD = Heard()


def order(version: int, occurred_at: datetime, what: What, digest: str) -> str:
    """Where a statement stands among all about the same thing, as sortable text.

    By version, then by when it happened. Where both are equal, a removal beats a leaving beats a change, so that
    doubt never lets anybody in; and of two changes the content decides, so that every order of arrival agrees.
    """
    return f"{version:0{_VERSION_DIGITS}d}.{clock.to_text(occurred_at)}.{_RANK[what]}.{digest}"


def hear(heard: Heard, statement: Statement) -> Heard:
    """What matters after one more statement; one heard before, or overtaken, changes nothing."""
    if statement.order <= getattr(heard, statement.what):
        return heard
    if statement.what == "told":
        heard = replace(heard, told=statement.order, details=statement.details)
    elif statement.what == "left":
        heard = replace(heard, left=statement.order, left_on=statement.left_on)
    else:
        heard = replace(heard, removed=statement.order)
    return _without_what_is_overtaken(heard)


def clashes(heard: Heard, statement: Statement) -> bool:
    """Whether the Portal has used one version for two different states of the thing; the winner is :func:`order`'s."""
    version = statement.order[:_VERSION_DIGITS]
    known = (heard.told, heard.left, heard.removed)
    return statement.order not in known and any(one.startswith(version) for one in known)


def _without_what_is_overtaken(heard: Heard) -> Heard:
    """A removal takes everything said before it along, for good: a late update finds the removal's order (A5)."""
    if heard.told < heard.removed:
        heard = replace(heard, told="", details=None)
    if heard.left < max(heard.told, heard.removed):
        heard = replace(heard, left="", left_on=None)
    return heard


def permitted(details: Record | None, authorised: Collection[DataCategory]) -> Record | None:
    """What may be kept of the details: only the categories the school has authorised (A4).

    What closes a link (``restricted``, ``ends_on``) and what a member of staff may do here are always kept: leaving
    them out would let somebody in.
    """
    if isinstance(details, PupilDetails):
        return _permitted_of_pupil(details, authorised)
    if isinstance(details, ContactDetails):
        return _permitted_of_contact(details, authorised)
    if isinstance(details, Link) and "relationship" not in authorised:
        return details.model_copy(update=dict.fromkeys(LinkDetails.model_fields))
    if isinstance(details, StaffDetails) and "staff" not in authorised:
        return StaffDetails(first_name="", last_name="", app_roles=details.app_roles)
    return details


def _permitted_of_pupil(pupil: PupilDetails, authorised: Collection[DataCategory]) -> PupilDetails:
    withheld: dict[str, object] = {}
    if "pupil_name" not in authorised:
        withheld |= {"first_name": "", "last_name": "", "legal_first_name": None}
    if "year_group" not in authorised:
        withheld["year_group"] = None
    if "registration_group" not in authorised:
        withheld["registration_group"] = None
    traits = pupil.characteristics
    meals = "free_school_meals" in authorised
    withheld["characteristics"] = Characteristics(
        sen=traits.sen if "sen" in authorised else None,
        free_school_meals=traits.free_school_meals if meals else None,
        fsm_ever6=traits.fsm_ever6 if meals else None,
        pupil_premium=traits.pupil_premium if "pupil_premium" in authorised else None,
    )
    return pupil.model_copy(update=withheld)


def _permitted_of_contact(contact: ContactDetails, authorised: Collection[DataCategory]) -> ContactDetails:
    withheld: dict[str, object] = {}
    if "contact_name" not in authorised:
        withheld |= {"title": None, "first_name": None, "last_name": ""}
    if "contact_details" not in authorised:
        withheld |= {"email": None, "phone": None}
    return contact.model_copy(update=withheld)


def today(now: datetime) -> date:
    """The local day at an instant. All schools of the United Kingdom share one time zone."""
    return now.astimezone(clock.LONDON).date()


def is_open(link: Link, day: date) -> bool:
    """Whether a link gives access on a local day: there, not restricted, not ended (A8)."""
    return link.state == "current" and not link.restricted and (link.ends_on is None or day <= link.ends_on)


def looks_different_to_families(before: Record | None, after: Record | None) -> bool:
    """Whether what a parent sees of a child has changed; characteristics are not shown to them."""
    return _shown(before) != _shown(after)


def _shown(details: Record | None) -> tuple[str | None, ...] | None:
    if not isinstance(details, PupilDetails):
        return None
    return details.first_name, details.last_name, details.year_group, details.registration_group
