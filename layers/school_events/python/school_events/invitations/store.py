"""The Events table's invitations: one item per pupil and event, kept with the pupil, listed by event."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import batched
from typing import Annotated, ClassVar, cast

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError

from school_events.core.attributes import PersonKey, ThingKey, VersionAttribute
from school_events.core.change import Change, stamp
from school_events.core.context import Context
from school_events.core.dynamodb import (
    Document,
    InstantAttribute,
    Key,
    Transaction,
    delete_if,
    get_many,
    is_busy,
    school_key,
    update_if,
)
from school_events.core.errors import Conflict, NotFound, WrongState
from school_events.core.indexes import ByEvent
from school_events.events.store import EventsTableItem, event_key, is_published
from school_events.invitations.model import ANSWERED, SEEN, Invitation, InvitationDetails, InvitationState

_MOST_KEYS = 100
_PREFIX = "INVITATION#"


class InvitationItem(EventsTableItem, discriminator="invitation"):
    """An invitation; ``state`` is what writes depend on."""

    pk: PersonKey
    state: Annotated[UnicodeAttribute, ANSWERED] = UnicodeAttribute()
    version: VersionAttribute = NumberAttribute()
    record = Document(InvitationDetails)
    change = Document(Change)
    seen_at: Annotated[InstantAttribute, SEEN] = InstantAttribute(null=True)
    reminded_on: Annotated[UnicodeAttribute, ANSWERED] = UnicodeAttribute(null=True)
    event_pk: ThingKey = UnicodeAttribute()
    event_sk: PersonKey = UnicodeAttribute()
    by_event: ClassVar[ByEvent] = ByEvent()


def invitation_key(school_id: str, pupil_id: str, event_id: str) -> Key[InvitationItem]:
    """Names a pupil's invitation to an event."""
    return Key(InvitationItem, school_key(school_id, "PUPIL", pupil_id), f"{_PREFIX}{event_id}")


def invitation_item(school_id: str, invitation: Invitation, change: Change) -> InvitationItem:
    """An invitation as it is kept."""
    key = invitation_key(school_id, invitation.pupil_id, invitation.event_id)
    return InvitationItem(
        key.pk,
        key.sk,
        state=invitation.state,
        version=invitation.version,
        record=InvitationDetails(
            event_id=invitation.event_id, pupil_id=invitation.pupil_id, created_at=invitation.created_at
        ),
        change=change,
        event_pk=school_key(school_id, "EVENT", invitation.event_id),
        event_sk=f"{_PREFIX}{invitation.pupil_id}",
    )


def to_invitation(item: InvitationItem) -> Invitation:
    """The invitation an item keeps."""
    return Invitation(
        **dict(item.record),
        state=cast(InvitationState, item.state),
        version=int(item.version),
        seen_at=item.seen_at,
    )


def find_invitation(school_id: str, event_id: str, pupil_id: str) -> Invitation:
    """A pupil's invitation to an event (strongly consistent).

    Raises:
        NotFound: the pupil is not invited.
    """
    key = invitation_key(school_id, pupil_id, event_id)
    try:
        return to_invitation(InvitationItem.get(key.pk, key.sk, consistent_read=True))
    except InvitationItem.DoesNotExist:
        raise NotFound from None


def find_invitations(school_id: str, event_id: str, pupil_ids: Iterable[str]) -> dict[str, Invitation]:
    """Those of the pupils who are invited to an event, by pupil (strongly consistent)."""
    invitations: dict[str, Invitation] = {}
    for some in batched(sorted(set(pupil_ids)), _MOST_KEYS, strict=False):
        keys = [invitation_key(school_id, pupil_id, event_id) for pupil_id in some]
        found = get_many(keys)
        items = [found.get(key) for key in keys]
        invitations |= {item.record.pupil_id: to_invitation(item) for item in items if item is not None}
    return invitations


def invitations_of_pupils(school_id: str, pupil_ids: Iterable[str]) -> tuple[Invitation, ...]:
    """Everything these pupils are invited to (strongly consistent), by pupil."""
    return tuple(
        to_invitation(item)
        for pupil_id in sorted(set(pupil_ids))
        for item in InvitationItem.query(
            school_key(school_id, "PUPIL", pupil_id), InvitationItem.sk.startswith(_PREFIX), consistent_read=True
        )
    )


def items_of_pupil(school_id: str, pupil_id: str) -> Iterator[InvitationItem]:
    """What a child is invited to, as it is kept, read strongly."""
    yield from InvitationItem.query(
        school_key(school_id, "PUPIL", pupil_id), InvitationItem.sk.startswith(_PREFIX), consistent_read=True
    )


def delete_unchanged(item: InvitationItem) -> None:
    """Delete an invitation unless it has changed since it was read."""
    delete_if(Key(InvitationItem, item.pk, item.sk), InvitationItem.version == item.version)


def restamp(item: InvitationItem, change: Change) -> None:
    """Put another stamp on an invitation unless it has changed since it was read."""
    key = Key(InvitationItem, item.pk, item.sk)
    update_if(key, [InvitationItem.change.set(change)], InvitationItem.version == item.version)


def invitations_of_event(school_id: str, event_id: str, after: str = "") -> Iterator[Invitation]:
    """An event's invitations, by pupil; one made a moment ago may be missing (index).

    Args:
        school_id: whose.
        event_id: which.
        after: a pupil's id; only what comes after it.
    """
    items = InvitationItem.by_event.query(
        school_key(school_id, "EVENT", event_id), ByEvent.event_sk.between(f"{_PREFIX}{after} ", f"{_PREFIX}~")
    )
    return (to_invitation(item) for item in items)


class AlreadyInvited(Conflict):
    """The pupil is invited to the event already."""

    slug = "already-invited"
    title = "This pupil is already invited"


def add(transaction: Transaction, ctx: Context, event_id: str, pupil_id: str) -> None:
    """Invite a pupil, in a transaction; refused with :class:`AlreadyInvited`."""
    sent = stamp(ctx, "invitation.sent")
    invitation = Invitation(event_id=event_id, pupil_id=pupil_id, created_at=sent.at, state="invited", version=1)
    transaction.create(invitation_item(ctx.school_id, invitation, sent), refusal=AlreadyInvited())


def require_published(transaction: Transaction, school_id: str, event_id: str) -> None:
    """Only go ahead if an event is still published; refused with :class:`WrongState`."""
    transaction.check(event_key(school_id, event_id), is_published(), refusal=WrongState())


def remind(transaction: Transaction, ctx: Context, invitation: Invitation, day: date) -> None:
    """Note that a family is reminded, in a transaction; refused if it answered, or was reminded on that local day."""
    again = InvitationItem.reminded_on.does_not_exist() | (InvitationItem.reminded_on < day.isoformat())
    transaction.update(
        invitation_key(ctx.school_id, invitation.pupil_id, invitation.event_id),
        [
            InvitationItem.reminded_on.set(day.isoformat()),
            InvitationItem.version.set(InvitationItem.version + 1),
            InvitationItem.change.set(stamp(ctx, "invitation.reminded")),
        ],
        (InvitationItem.state == "invited") & again,
    )


def note_seen(ctx: Context, invitation: Invitation) -> None:
    """Note that an invitation is seen now, unless it is noted already or gone, or DynamoDB is too busy for it."""
    key = invitation_key(ctx.school_id, invitation.pupil_id, invitation.event_id)
    unseen = InvitationItem.seen_at.does_not_exist() & InvitationItem.record.exists()
    try:
        update_if(key, [InvitationItem.seen_at.set(ctx.now)], unseen)
    except UpdateError as error:
        if not is_busy(error):
            raise


def decline(transaction: Transaction, ctx: Context, invitation: Invitation, change: Change) -> None:
    """Decline an invitation that is open, in a transaction."""
    transaction.update(
        invitation_key(ctx.school_id, invitation.pupil_id, invitation.event_id),
        [
            InvitationItem.state.set("declined"),
            InvitationItem.version.set(InvitationItem.version + 1),
            InvitationItem.change.set(change),
        ],
        InvitationItem.state == "invited",
    )
