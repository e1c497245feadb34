"""Who sees which turns: families those of their children, staff the list of an event they work at (C2, I2)."""

from collections.abc import Iterable, Mapping

from school_events.bookings.api import listed_child
from school_events.bookings.model import Place
from school_events.bookings.reading import require_event
from school_events.bookings.rules import session_of
from school_events.bookings.waiting import rules, store
from school_events.bookings.waiting.api import FamilyTurnView, ListedTurn
from school_events.bookings.waiting.model import WaitingEntry, WaitingState
from school_events.core.context import Context
from school_events.events.model import SchoolEvent
from school_events.events.store import find_events
from school_events.people import access
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.readings import note_reading


def own_turns(ctx: Context) -> list[FamilyTurnView]:
    """The turns of the caller's children that are not over, first who joined first (read strongly)."""
    pupils = frozenset(link.pupil_id for link in access.open_links(ctx, ctx.actor.id))
    return family_views(ctx, store.find_entries(ctx.school_id, live_turns(ctx, pupils)).values(), pupils)


def live_turns(ctx: Context, pupil_ids: Iterable[str]) -> list[str]:
    """The names of children's turns that are not over, read strongly."""
    return sorted({ref for pupil_id in pupil_ids for ref in store.turns_of(ctx.school_id, pupil_id)})


def family_views(ctx: Context, entries: Iterable[WaitingEntry], pupils: frozenset[str]) -> list[FamilyTurnView]:
    """Turns as a family sees them.

    Args:
        ctx: the moment; its actor is the contact.
        entries: the turns; those of none of the contact's children are left out.
        pupils: all of the contact's children.
    """
    shown = rules.in_order(one for one in entries if pupils.intersection(one.pupil_ids))
    known = find_events(ctx.school_id, [one.event_id for one in shown])
    joined_by = access.persons_now(ctx.school_id, [one.joined_by for one in shown])
    return [_for_family(ctx, one, pupils, known, mine=joined_by[one.joined_by] == ctx.actor.id) for one in shown]


def turns_of_event(ctx: Context, event_id: str) -> list[ListedTurn]:
    """Who waits for places of an event, in order; the reading is in the audit log (H6).

    Raises:
        NotFound: no such event for this member of staff.
    """
    require_event(ctx, event_id)
    listed = rules.in_order(item.record for item in store.live_items(ctx.school_id, event_id))
    pupils = people.find_pupils(ctx.school_id, {pupil_id for entry in listed for pupil_id in entry.pupil_ids})
    note_reading(ctx, "waiting_list.read", "event", event_id)
    return [_for_staff(entry, pupils) for entry in listed]


def _for_family(
    ctx: Context, entry: WaitingEntry, pupils: frozenset[str], known: Mapping[str, SchoolEvent], *, mine: bool
) -> FamilyTurnView:
    """Of children who are not the caller's nothing is said, not even in a turn together with theirs."""
    event = known.get(entry.event_id)
    before = None
    if entry.state is WaitingState.WAITING:
        turns = (item.record for item in store.live_items(ctx.school_id, entry.event_id, entry.pool))
        before = rules.families_before(turns, entry)
    return FamilyTurnView(
        id=entry.ref,
        state=entry.state,
        event_id=entry.event_id,
        event_title=None if event is None else event.title,
        session_id=_session_of(entry),
        pupil_ids=[one for one in entry.pupil_ids if one in pupils],
        together=len(entry.pupil_ids) > 1,
        mine=mine,
        joined_at=entry.joined_at,
        families_before=before,
        offered_until=entry.offer.until if entry.is_offered(ctx.now) and entry.offer is not None else None,
    )


def _for_staff(entry: WaitingEntry, pupils: Mapping[str, Pupil]) -> ListedTurn:
    return ListedTurn(
        id=entry.ref,
        state=entry.state,
        session_id=_session_of(entry),
        children=[listed_child(pupils[one]) for one in entry.pupil_ids if one in pupils],
        joined_at=entry.joined_at,
        offered_until=None if entry.offer is None else entry.offer.until,
    )


def _session_of(entry: WaitingEntry) -> str | None:
    return session_of(Place(event_id=entry.event_id, pool=entry.pool, number=1))
