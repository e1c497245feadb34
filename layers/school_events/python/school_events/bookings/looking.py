"""What decides whether a household may come to places of an event: read at once, strongly, then checked."""

from collections.abc import Iterable
from typing import Any

from school_events.bookings import rules
from school_events.bookings.ways import Wish
from school_events.core.context import Context
from school_events.core.dynamodb import Found, Key, get_many
from school_events.core.errors import NotFound
from school_events.core.requests import Request
from school_events.events.model import SchoolEvent, Session
from school_events.events.store import event_key, session_key, to_event
from school_events.invitations.store import invitation_key, to_invitation
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people
from school_events.people.model import Pupil


def look(ctx: Context, contact_id: str, event_id: str, wishes: Iterable[Wish], request: Request) -> Found:
    """Everything that decides, in one round trip."""
    school_id = ctx.school_id
    request_key = request.item_key(ctx)
    keys: list[Key[Any]] = [event_key(school_id, event_id)]
    if request_key is not None:
        keys.append(request_key)
    for wish in wishes:
        keys += access.keys_of(ctx, contact_id, wish.pupil_id)
        keys.append(invitation_key(school_id, wish.pupil_id, event_id))
        if wish.session_id is not None:
            keys.append(session_key(school_id, event_id, wish.session_id))
    return get_many(keys)


def checked_event(ctx: Context, contact_id: str, event_id: str, wishes: Iterable[Wish], found: Found) -> SchoolEvent:
    """The event, if these children can be booked for it now by this contact.

    Raises:
        NotFound: no such event for this contact, or a child that is not theirs, not on roll or not invited.
        WrongState: the event, or a session, cannot be booked now.
        Invalid: a session where none can be named, or none where one must be.
    """
    item = found.get(event_key(ctx.school_id, event_id))
    require_open_links(ctx, contact_id, wishes, found)
    for wish in wishes:
        on_roll(ctx, wish.pupil_id, found)
        invitation = found.get(invitation_key(ctx.school_id, wish.pupil_id, event_id))
        rules.require_invited(None if invitation is None else to_invitation(invitation))
    if item is None:
        raise NotFound
    event = to_event(item)
    rules.require_bookable(event, ctx.now)
    rules.require_sessions(event, [(wish.session_id, _session(ctx, event_id, wish, found)) for wish in wishes], ctx.now)
    return event


def _session(ctx: Context, event_id: str, wish: Wish, found: Found) -> Session | None:
    item = None if wish.session_id is None else found.get(session_key(ctx.school_id, event_id, wish.session_id))
    return None if item is None else item.record


def require_open_links(ctx: Context, contact_id: str, wishes: Iterable[Wish], found: Found) -> None:
    """Every child is the contact's now.

    Raises:
        NotFound: one is not.
    """
    for wish in wishes:
        access.open_link_in(ctx, found, contact_id, wish.pupil_id)


def on_roll(ctx: Context, pupil_id: str, found: Found) -> Pupil:
    """A child who is on roll; one who has left answers like one who does not exist (I2).

    Raises:
        NotFound: there is none.
    """
    pupil = people.to_pupil(found.get(people.pupil_key(ctx.school_id, pupil_id)))
    if pupil is None or not pupil.is_on_roll(people_rules.today(ctx.now)):
        raise NotFound
    return pupil
