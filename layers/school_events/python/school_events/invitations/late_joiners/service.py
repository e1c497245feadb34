"""Inviting late joiners: whoever comes to belong to an audience that stands, as the Portal changes them (C3).

What is asked about is how things are now, not what the message said: one that comes twice, late or out of order
invites nobody twice and nobody who has left. A school in which no audience stands costs one read for many pupils.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import batched

from school_events.core import clock, logs
from school_events.core.consequences import Joining, Telling
from school_events.core.context import Context
from school_events.core.errors import Invalid, NotFound
from school_events.events.model import SchoolEvent
from school_events.events.store import find_events
from school_events.invitations import inviting, rules
from school_events.invitations import store as invitations
from school_events.invitations.late_joiners import store
from school_events.invitations.late_joiners.model import StandingAudience
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.rules import today

Tell = Callable[[Iterable[Telling]], None]
"""Puts tellings on the notification queue: of ``bookings``, which sits above."""


def consider(ctx: Context, joining: Joining, tell: Tell) -> None:
    """Invite those of the pupils whom an audience includes that stands, and tell contacts who see a child anew.

    Args:
        ctx: the moment.
        joining: whom it may concern.
        tell: tells families.

    Raises:
        TryAgain: too busy, or it cannot be seen who left meanwhile; the next try goes on.
    """
    if joining.pupil_ids:
        _invite_joiners(ctx, joining.pupil_ids)
    if joining.links:
        tell(_tellings(ctx, joining.links))


def _invite_joiners(ctx: Context, pupil_ids: Sequence[str]) -> None:
    standing = _in_use(ctx, store.all_standing(ctx.school_id))
    if not standing:
        return
    pupils = list(people.find_pupils(ctx.school_id, pupil_ids).values())
    for one in standing:
        for some in batched(_members(ctx, one, pupils), inviting.AT_ONCE, strict=False):
            known = invitations.find_invitations(ctx.school_id, one.event_id, some)
            new = [pupil_id for pupil_id in some if pupil_id not in known]
            logs.count("LateJoinersInvited", inviting.invite_new(ctx, one.event_id, new))


def _in_use(ctx: Context, standing: Sequence[StandingAudience]) -> list[StandingAudience]:
    """Those of the audiences whose event can still be booked; the others are forgotten."""
    events = find_events(ctx.school_id, [one.event_id for one in standing]) if standing else {}
    in_use = [one for one in standing if _takes_bookings(ctx, events.get(one.event_id))]
    for one in standing:
        if one not in in_use:
            store.forget(ctx, one)
    return in_use


def _takes_bookings(ctx: Context, event: SchoolEvent | None) -> bool:
    return event is not None and rules.takes_bookings(event.status, event.window.closes_at, ctx.now)


def _members(ctx: Context, standing: StandingAudience, pupils: Sequence[Pupil]) -> list[str]:
    """The pupils an audience includes; none, while it asks for what the school does not let us look at any more."""
    try:
        teaching = inviting.teaching_for(ctx, standing.audience)
        return [pupil.id for pupil in inviting.members(ctx, standing.audience, pupils, teaching)]
    except (Invalid, NotFound) as refusal:
        logs.logger.warning("a standing audience invites nobody", reason=refusal.slug)
        return []


def _tellings(ctx: Context, links: Iterable[tuple[str, str]]) -> Iterable[Telling]:
    """What each contact is to be told of a child they see anew who has not left: invitations they may still answer."""
    pupils = people.find_pupils(ctx.school_id, {pupil_id for _, pupil_id in links}).values()
    here = [pupil.id for pupil in pupils if pupil.is_on_roll(today(ctx.now))]
    open_ones = {pupil_id: list(invitations.invitations_of_pupils(ctx.school_id, [pupil_id])) for pupil_id in here}
    events = find_events(ctx.school_id, [one.event_id for some in open_ones.values() for one in some])
    return [
        Telling(
            school_id=ctx.school_id,
            change_id=one.id,
            kind="invited",
            occurred_at=clock.to_text(one.created_at),
            pupil_id=pupil_id,
            contact_id=contact_id,
            event_id=one.event_id,
            thing="invitation",
            thing_id=one.id,
        )
        for contact_id, pupil_id in links
        for one in open_ones.get(pupil_id, ())
        if one.state == "invited" and _takes_bookings(ctx, events.get(one.event_id))
    ]
