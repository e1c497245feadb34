"""Use cases of the caller's own: who am I, what are my children invited to, what is booked, what was I told."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from school_events.core import cursors
from school_events.core.caller import Membership
from school_events.core.context import Context
from school_events.core.errors import Forbidden, NotFound, Unauthenticated
from school_events.core.http import Page
from school_events.core.requests import Request, find_earlier_answer
from school_events.family import reading
from school_events.family.api import (
    PAGE_SIZE,
    EntriesRead,
    EntryView,
    FamilyBookingView,
    FamilyInvitationView,
    Me,
    MembershipView,
    ReadEntries,
)
from school_events.invitations.service import note_seen
from school_events.invitations.store import invitations_of_pupils
from school_events.notifications import rules as inbox_rules
from school_events.notifications import service as notifications
from school_events.notifications import store as inboxes
from school_events.notifications.model import InboxEntry
from school_events.payments.api import PaymentView
from school_events.payments.model import PaymentState
from school_events.people import access
from school_events.people.rules import today
from school_events.people.store import find_contacts, find_school, find_staff

_MOST_READ_UP_TO = 400

_OWED = frozenset({PaymentState.CREATED, PaymentState.OPEN, PaymentState.PROCESSING})
_PASSED = frozenset({PaymentState.MERGED, PaymentState.EXPIRED})
"""The states of payments that are no longer, or not now, paid by themselves."""


def who_am_i(memberships: Iterable[Membership], context_in: Callable[[Membership], Context]) -> Me:
    """What the caller is in each school, and their children there.

    What the token claims and the school no longer confirms is left out.

    Args:
        memberships: what the token claims.
        context_in: the moment, in the school of one of them.
    """
    views = (_membership_view(context_in(membership), membership) for membership in memberships)
    return Me(memberships=[view for view in views if view is not None])


def _membership_view(ctx: Context, membership: Membership) -> MembershipView | None:
    try:
        access.check(ctx, membership)
        if membership.kind == "contact":
            access.require_contact(ctx, membership.person_id)
        school_name = find_school(ctx.school_id).name
        is_open = True
    except Unauthenticated:
        school_name, is_open = "", False
    except (Forbidden, NotFound):
        return None
    pupils = reading.open_pupils(ctx) if is_open else None
    return MembershipView(
        school_id=membership.school_id,
        school_name=school_name,
        person_id=membership.person_id,
        kind="staff" if membership.kind == "staff" else "contact",
        name=_name_of(ctx) if is_open else "",
        roles=sorted(membership.roles),
        access="open" if is_open else "second_factor_needed",
        children=reading.children(ctx, pupils) if pupils else [],
    )


def _name_of(ctx: Context) -> str:
    person_id = ctx.actor.id
    people = find_staff if ctx.actor.kind == "staff" else find_contacts
    person = people(ctx.school_id, [person_id]).get(person_id)
    return "" if person is None else person.full_name


def invitations(ctx: Context) -> Page[FamilyInvitationView]:
    """What the caller's children are invited to; it is noted that they have seen it."""
    pupils = reading.open_pupils(ctx) or frozenset()
    found = invitations_of_pupils(ctx.school_id, pupils)
    note_seen(ctx, found)
    return Page(items=reading.invitation_views(ctx, found, pupils))


def bookings(ctx: Context) -> Page[FamilyBookingView]:
    """What is and was booked for the caller's children."""
    pupils = reading.open_pupils(ctx) or frozenset()
    return Page(items=reading.booking_views(ctx, reading.bookings_of(ctx, sorted(pupils))))


def payments(ctx: Context) -> Page[PaymentView]:
    """What the caller has to pay for their children, by its day, then what they paid, newest first.

    Payments that are paid together with others are shown as those.
    """
    pupils = reading.open_pupils(ctx) or frozenset()
    ids = reading.payments_of(reading.bookings_of(ctx, sorted(pupils)))
    found = [one for one in reading.payment_views(ctx, ids, pupils) if one.state not in _PASSED]
    owed = [one for one in found if one.state in _OWED]
    rest = [one for one in found if one.state not in _OWED]
    owed.sort(key=lambda one: (one.due_on or today(one.created_at), one.id))
    rest.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return Page(items=owed + rest)


def inbox(ctx: Context, cursor: str | None) -> Page[EntryView]:
    """A page of what the caller was told, newest first; of children no longer theirs, nothing (A8).

    Raises:
        Invalid: the cursor is not of this list.
    """
    scope = f"{ctx.school_id}/{ctx.actor.kind}/{ctx.actor.id}/inbox"
    before = cursors.open_cursor(cursor, scope)["before"] if cursor else None
    entries = notifications.inbox(ctx, reading.open_pupils(ctx), before=before, limit=PAGE_SIZE + 1)
    page = entries[:PAGE_SIZE]
    more = cursors.seal({"before": page[-1].id}, scope) if len(entries) > PAGE_SIZE else None
    return Page(items=reading.entry_views(ctx, page), next_cursor=more)


def mark_read(ctx: Context, body: ReadEntries, request: Request) -> EntriesRead:
    """Note that the caller has read entries; what is read already, or not theirs to see, is passed over.

    Raises:
        TryAgain: too busy; asking again is safe.
    """
    earlier = find_earlier_answer(ctx, request, EntriesRead)
    if earlier is not None:
        return earlier
    unread = [entry.id for entry in islice(_unread(ctx, body), _MOST_READ_UP_TO + 1)]
    answer = EntriesRead(marked=len(unread[:_MOST_READ_UP_TO]), more=len(unread) > _MOST_READ_UP_TO)
    inboxes.mark_read(ctx, unread[:_MOST_READ_UP_TO], request, answer)
    return answer


def _unread(ctx: Context, body: ReadEntries) -> Iterator[InboxEntry]:
    """Those of the entries named that are unread and that the caller may see now (A8)."""
    pupils = reading.open_pupils(ctx)
    if body.ids is not None:
        named: Iterable[InboxEntry] = inboxes.find_entries(ctx.school_id, ctx.actor, body.ids).values()
    else:
        named = inboxes.entries(ctx.school_id, ctx.actor, up_to=body.up_to, unread=True)
    return (entry for entry in named if entry.read_at is None and inbox_rules.may_see(entry, pupils))
