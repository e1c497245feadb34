"""What a person is told and where: entries of an inbox, devices that are pushed to."""

from datetime import datetime
from typing import Annotated, Literal

from school_events.core.consequences import TellingKind
from school_events.core.ids import PortalId
from school_events.core.inventory import Category, Kept, Purpose, Record, Retention

TOLD = Kept(Category.ACTIVITY, Purpose.TELLING, Retention.INBOX)
WHOM = Kept(Category.IDENTIFIER, Purpose.TELLING, Retention.INBOX)
DEVICE = Kept(Category.TECHNICAL, Purpose.TELLING, Retention.INBOX)

Platform = Literal["ios", "android"]


class InboxEntry(Record):
    """Something a person was told; ids only, so that what is shown is what is true when it is read.

    Args:
        id: ours, opaque, sortable by when it happened; the same occurrence has the same id for the same person.
        kind: what happened.
        event_id: the event it is about.
        pupil_id: the child it is about, if any; a contact sees it only as long as their link is open.
        thing: what to open.
        thing_id: which.
        others: more of the same kind, to which the same happened at once.
        created_at: when it happened, UTC.
        read_at: when the person said that they have read it, UTC.
    """

    id: Annotated[str, TOLD]
    kind: Annotated[TellingKind, TOLD]
    event_id: Annotated[str, TOLD]
    pupil_id: Annotated[PortalId | None, WHOM] = None
    thing: Annotated[Literal["invitation", "booking", "payment", "event", "waiting"], TOLD]
    thing_id: Annotated[str, TOLD]
    others: Annotated[tuple[str, ...], TOLD] = ()
    created_at: Annotated[datetime, TOLD]
    read_at: Annotated[datetime | None, TOLD] = None


class Device(Record):
    """An app on a device, as its person registered it.

    Args:
        id: chosen by the app.
        platform: whose push service.
        endpoint: SNS's name of it; none where no push service is set up.
        seen_at: when the app last registered, UTC.
    """

    id: Annotated[str, DEVICE]
    platform: Annotated[Platform, DEVICE]
    endpoint: Annotated[str | None, DEVICE] = None
    seen_at: Annotated[datetime, DEVICE]
