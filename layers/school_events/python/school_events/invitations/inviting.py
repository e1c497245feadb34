"""Whom an audience includes now, and inviting those of them who are new: for a request and for the worker alike."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from school_events.core.context import Context
from school_events.core.dynamodb import MOST_ACTIONS, Refused, Transaction
from school_events.core.errors import TryAgain
from school_events.invitations import rules, store
from school_events.invitations.audience import Audience, leaves
from school_events.invitations.teaching import NOT_ASKED, Teaching, teaching_of
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people
from school_events.people.groups import all_groups
from school_events.people.model import Pupil

AT_ONCE = (MOST_ACTIONS - 2) // 2
"""Pupils of a transaction: each is looked at beside their invitation, and so is the event; a round is counted."""


type BookedPupils = Callable[[Context, str], Collection[str]]
"""Who has a place at an event: of ``bookings``, which sits above."""


class Beside(Protocol):
    """Adds to the transaction that invites these pupils what else it is to do."""

    def __call__(self, transaction: Transaction, pupil_ids: Sequence[str], /) -> None: ...


def pupils_of(ctx: Context) -> list[Pupil]:
    """Everybody on roll today."""
    return list(people.all_pupils(ctx.school_id, people_rules.today(ctx.now)))


def members(ctx: Context, audience: Audience, pupils: Sequence[Pupil], teaching: Teaching) -> list[Pupil]:
    """Those of the pupils whom an audience includes today.

    Args:
        ctx: the moment.
        audience: the expression.
        pupils: everybody on roll.
        teaching: as :func:`teaching_for` the audience.

    Raises:
        Invalid: it asks for data the school has not authorised, or names a group or teacher who is not there any more.
    """
    school = people.find_school(ctx.school_id)
    rules.check_authorised(audience, school.authorised_categories, "audience")
    rules.check_taught(audience, teaching, "audience")
    return rules.members(audience, pupils, people_rules.today(ctx.now), teaching)


def teaching_for(ctx: Context, audience: Audience) -> Teaching:
    """Who is taught where, as far as an audience asks; for one that does not, nothing is read."""
    asked = [leaf for _, leaf in leaves(audience, "audience") if leaf.rule in {"teaching_groups", "taught_by"}]
    if not asked:
        return NOT_ASKED
    teachers = {staff_id for leaf in asked if leaf.rule == "taught_by" for staff_id in leaf.taught_by}
    return teaching_of(all_groups(ctx.school_id), people.find_staff(ctx.school_id, teachers).values())


def invite_new(ctx: Context, event_id: str, pupil_ids: Sequence[str], beside: Beside | None = None) -> int:
    """Invite these pupils, all or none, leaving out who was invited meanwhile; says how many were new.

    Each is looked at in the same write: whoever has left or is forgotten since they were read is not invited.

    Args:
        ctx: the moment; its actor is who invites.
        event_id: to what.
        pupil_ids: at most :data:`AT_ONCE`.
        beside: what else the transaction does, if anything: one action at the most.

    Raises:
        WrongState: the event is not published (any more).
        TryAgain: it cannot be seen who has left.
    """
    while pupil_ids:
        transaction = Transaction(ctx)
        store.require_published(transaction, ctx.school_id, event_id)
        for pupil_id in pupil_ids:
            store.add(transaction, ctx, event_id, pupil_id)
            access.check_on_roll(transaction, ctx, pupil_id)
        if beside is not None:
            beside(transaction, pupil_ids)
        try:
            transaction.commit()
        except store.AlreadyInvited:
            known = store.find_invitations(ctx.school_id, event_id, pupil_ids)
            pupil_ids = [one for one in pupil_ids if one not in known]
        except Refused:
            still = _on_roll(ctx, pupil_ids)
            if len(still) == len(pupil_ids):
                raise TryAgain from None
            pupil_ids = still
        else:
            break
    return len(pupil_ids)


def _on_roll(ctx: Context, pupil_ids: Sequence[str]) -> list[str]:
    pupils = people.find_pupils(ctx.school_id, pupil_ids)
    day = people_rules.today(ctx.now)
    return [one for one in pupil_ids if one in pupils and pupils[one].is_on_roll(day)]
