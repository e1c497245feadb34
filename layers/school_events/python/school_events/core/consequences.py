"""What follows from a change, as data: an audit line, messages of ours, people to tell.

Each capability's ``consequences.py`` says what follows from its own items; the outbox makes it happen, reading
the tables' streams. Everything carries the change's id, so that happening twice tells once (F2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

TellingKind = Literal[
    "invited",
    "reminded",
    "booked",
    "cancelled",
    "changed",
    "consent_asked",
    "payment_due",
    "payment_received",
    "payment_failed",
    "refunded",
    "refund_failed",
    "offered",
    "waiting_over",
    "register_absence",
    "register_absence_over",
]


@dataclass(frozen=True)
class Subject:
    """What a change was done to; a person is named in the audit log by alias.

    Args:
        kind: ``event``, ``booking``, ``payment``, … or ``pupil``, ``contact``, ``staff``.
        id: which.
    """

    kind: str
    id: str

    @property
    def is_person(self) -> bool:
        """Whether the subject is named by alias."""
        return self.kind in {"pupil", "contact", "staff"}


@dataclass(frozen=True)
class Message:
    """A message of ours for the bus ``school-events``.

    Args:
        type: the detail-type, such as ``BookingConfirmed`` (``events_schemas/school_events``).
        detail: the thing's part of the detail; the outbox adds ``message_id``, ``school_id``, ``occurred_at``.
    """

    type: str
    detail: Mapping[str, Any]


class Telling(BaseModel):
    """Somebody is to be told: the body of a message on the notification queue. Ids only.

    ``change_id`` and ``kind`` name the occurrence. It goes to every contact with an open link to ``pupil_id``,
    or, of those, only to ``contact_id`` if that is given too; links are read when it is delivered, not when it is
    queued. Without a pupil it concerns the contact alone (their own payment). A ``quiet`` one makes no entry and no
    push: their next refresh shows what became of the thing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    school_id: str
    change_id: str
    kind: TellingKind
    occurred_at: str
    pupil_id: str | None = None
    contact_id: str | None = None
    event_id: str
    thing: Literal["invitation", "booking", "payment", "event", "waiting"]
    thing_id: str
    quiet: bool | None = None


class Inviting(BaseModel):
    """A round of an event is to be worked off: the body of a message on the invitations queue. Ids only.

    Doing it twice does no harm.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    school_id: str
    event_id: str
    round_id: str


class Joining(BaseModel):
    """The Portal has changed pupils, who may belong to an audience now, or whose contacts see them anew.

    The body of a message on the invitations queue. Ids only; each of ``links`` is (contact, pupil). Doing it twice
    does no harm.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    school_id: str
    pupil_ids: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Joined:
    """What one change adds to a :class:`Joining`."""

    pupil_ids: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ToInvite:
    """An :class:`Inviting` before the outbox adds the school."""

    event_id: str
    round_id: str


@dataclass(frozen=True)
class ToTell:
    """A :class:`Telling` before the outbox adds the school, the change and its time."""

    kind: TellingKind
    event_id: str
    thing: Literal["invitation", "booking", "payment", "event", "waiting"]
    thing_id: str
    pupil_id: str | None = None
    contact_id: str | None = None
    quiet: bool = False


@dataclass(frozen=True)
class ToShow:
    """Whoever of the staff works at an event sees it in their next refresh (F3): asked for when it is followed."""

    event_id: str
    what: Literal["created", "changed"]


@dataclass(frozen=True)
class Consequences:
    """Everything that follows from one change of one item."""

    subject: Subject
    messages: tuple[Message, ...] = ()
    tellings: tuple[ToTell, ...] = ()
    to_invite: ToInvite | None = None
    to_show: ToShow | None = None
    joined: Joined | None = None
