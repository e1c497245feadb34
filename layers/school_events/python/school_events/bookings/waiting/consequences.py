"""What follows from a change of a turn on a waiting list."""

from school_events.bookings.waiting.store import WaitingEntryItem
from school_events.core import clock
from school_events.core.consequences import Consequences, Message, Subject, TellingKind, ToTell
from school_events.core.dynamodb import Item

_ENDED_UNASKED = frozenset({"waiting.expired", "waiting.lapsed", "waiting.over"})
"""What happens to a turn without the family having asked for it."""

_SEEN_ONLY = frozenset(
    {"waiting.joined", "waiting.accepted", "waiting.left", "waiting.declined", "waiting.offer_ends_sooner"}
)
"""What nobody is told of: the apps of all who may accept an offer show the turn as it is all the same (F3)."""


def of(item: Item) -> Consequences | None:
    """The consequences of an item's latest change; None if it is no turn."""
    if not isinstance(item, WaitingEntryItem):
        return None
    subject = Subject("waiting", item.record.id)
    if item.change.action in _SEEN_ONLY:
        messages = (_joined(item),) if item.change.action == "waiting.joined" else ()
        return Consequences(subject, messages, _tellings(item, "changed", quiet=True))
    if item.change.action == "waiting.offered":
        return Consequences(subject, _offered(item), _tellings(item, "offered"))
    if item.change.action in _ENDED_UNASKED:
        return Consequences(subject, (), _tellings(item, "waiting_over"))
    return Consequences(subject)


def _tellings(item: WaitingEntryItem, kind: TellingKind, *, quiet: bool = False) -> tuple[ToTell, ...]:
    """Each child's family; who has several of the children has one entry for all, as of any one change."""
    entry = item.record
    return tuple(
        ToTell(kind=kind, pupil_id=pupil_id, event_id=entry.event_id, thing="waiting", thing_id=entry.ref, quiet=quiet)
        for pupil_id in entry.pupil_ids
    )


def _joined(item: WaitingEntryItem) -> Message:
    entry = item.record
    return Message(
        "BookingWaitlisted",
        {
            "version": entry.version,
            "waiting_id": entry.id,
            "event_id": entry.event_id,
            "pupil_ids": list(entry.pupil_ids),
            "joined_at": clock.to_text(entry.joined_at),
        },
    )


def _offered(item: WaitingEntryItem) -> tuple[Message, ...]:
    entry = item.record
    if entry.offer is None:
        return ()
    detail = {
        "version": entry.version,
        "waiting_id": entry.id,
        "event_id": entry.event_id,
        "pupil_ids": list(entry.pupil_ids),
        "offered_until": clock.to_text(entry.offer.until),
    }
    return (Message("BookingOffered", detail),)
