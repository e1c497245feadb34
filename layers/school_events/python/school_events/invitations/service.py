"""Previewing an audience, inviting it, listing who is invited, and declining (B5, C1, C2)."""

import contextlib
from collections import Counter
from collections.abc import Sequence
from itertools import batched, islice

from school_events.core import feed, requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.dynamodb import MOST_ACTIONS, Refused, Transaction
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events.store import find_event
from school_events.invitations import rules, store
from school_events.invitations.api import (
    Counts,
    InvitationPage,
    InvitationRef,
    InvitationView,
    Invited,
    InvitedPupil,
    Preview,
    PreviewedPupil,
    YearCount,
    invitation_ref,
)
from school_events.invitations.audience import Audience
from school_events.invitations.model import Invitation, event_and_pupil
from school_events.people import access
from school_events.people import rules as people_rules
from school_events.people import store as people
from school_events.people.model import Pupil

_AT_ONCE = MOST_ACTIONS - 1
"""Invitations a transaction writes, beside a look at the event."""


def preview(ctx: Context, event_id: str, audience: Audience) -> Preview:
    """Whom an audience would invite to an event; nothing is sent.

    Raises:
        NotFound: there is no such event.
        Invalid: a rule asks for data the school has not authorised, or names somebody who is no pupil.
    """
    find_event(ctx.school_id, event_id)
    pupils = _members(ctx, audience)
    invited = {invitation.pupil_id for invitation in store.invitations_of_event(ctx.school_id, event_id)}
    years = Counter(pupil.year_group for pupil in pupils)
    return Preview(
        explanation=rules.explain(audience),
        count=len(pupils),
        already_invited=sum(pupil.id in invited for pupil in pupils),
        year_groups=[YearCount(year_group=year, count=count) for year, count in years.items()],
        items=[PreviewedPupil(**dict(_invited_pupil(pupil)), already_invited=pupil.id in invited) for pupil in pupils],
    )


def invite(ctx: Context, request: Request, event_id: str, audience: Audience) -> Invited:
    """Invite those of an audience who are not invited yet; if it breaks off, asking again goes on.

    Raises:
        NotFound: there is no such event.
        WrongState: it is not published.
        Invalid: as :func:`preview`.
    """
    earlier = requests.find_earlier_answer(ctx, request, Invited)
    if earlier is not None:
        return earlier
    rules.require_published(find_event(ctx.school_id, event_id).status)
    pupils = [pupil.id for pupil in _members(ctx, audience)]
    known = {invitation.pupil_id for invitation in store.invitations_of_event(ctx.school_id, event_id)}
    made = 0
    for some in batched((one for one in pupils if one not in known), _AT_ONCE, strict=False):
        made += _invite_new(ctx, event_id, some)
    answer = Invited(event_id=event_id, matched=len(pupils), invited=made)
    return _remembered(ctx, request, answer)


def list_invitations(ctx: Context, event_id: str, limit: int, cursor: str | None) -> InvitationPage:
    """A page of an event's invitations by pupil.

    Raises:
        NotFound: there is no such event.
        Invalid: the cursor is not one of this list.
    """
    find_event(ctx.school_id, event_id)
    scope = f"{ctx.school_id}/events/{event_id}/invitations"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    page = list(islice(store.invitations_of_event(ctx.school_id, event_id, after), limit + 1))
    shown = page[:limit]
    return InvitationPage(
        items=_views(ctx, shown),
        counts=_counts(ctx, event_id) if cursor is None else None,
        next_cursor=seal({"after": shown[-1].pupil_id}, scope) if len(page) > limit else None,
    )


def decline(ctx: Context, asked_id: str) -> InvitationRef:
    """Say for a child that it will not come; a place it has already stays until it is cancelled.

    Declining again changes nothing. Everybody with an open link to the child sees it at the next refresh.

    Raises:
        NotFound: there is no such invitation, or it is no child of the caller's.
    """
    event_id, pupil_id = event_and_pupil(asked_id)
    access.require_open_link(ctx, ctx.actor.id, pupil_id)
    invitation = store.find_invitation(ctx.school_id, event_id, pupil_id)
    if invitation.state == "invited":
        _decline(ctx, invitation)
        invitation = store.find_invitation(ctx.school_id, event_id, pupil_id)
    return invitation_ref(invitation)


def is_invited(ctx: Context, event_id: str) -> bool:
    """Whether a child the calling contact has an open link to is invited to an event, read fresh."""
    children = [link.pupil_id for link in access.open_links(ctx, ctx.actor.id)]
    return bool(store.find_invitations(ctx.school_id, event_id, children))


def _members(ctx: Context, audience: Audience) -> list[Pupil]:
    school = people.find_school(ctx.school_id)
    rules.check_authorised(audience, school.authorised_categories, "audience")
    today = people_rules.today(ctx.now)
    pupils = list(people.all_pupils(ctx.school_id, today))
    rules.check_named(audience, {pupil.id for pupil in pupils}, "audience")
    return rules.members(audience, pupils, today)


def _invite_new(ctx: Context, event_id: str, pupil_ids: Sequence[str]) -> int:
    """Invite these pupils, all or none, leaving out who was invited meanwhile; says how many were new."""
    while pupil_ids:
        transaction = Transaction(ctx)
        store.require_published(transaction, ctx.school_id, event_id)
        for pupil_id in pupil_ids:
            store.add(transaction, ctx, event_id, pupil_id)
        try:
            transaction.commit()
        except store.AlreadyInvited:
            known = store.find_invitations(ctx.school_id, event_id, pupil_ids)
            pupil_ids = [one for one in pupil_ids if one not in known]
        else:
            break
    return len(pupil_ids)


def _remembered(ctx: Context, request: Request, answer: Invited) -> Invited:
    transaction = Transaction(ctx)
    requests.remember(ctx, transaction, request, answer)
    try:
        if len(transaction):
            transaction.commit()
    except AnsweredMeanwhile:
        return requests.find_earlier_answer(ctx, request, Invited) or answer
    return answer


def _views(ctx: Context, invitations: Sequence[Invitation]) -> list[InvitationView]:
    pupils = people.find_pupils(ctx.school_id, [invitation.pupil_id for invitation in invitations])
    return [
        InvitationView(
            **dict(invitation_ref(invitation)),
            created_at=invitation.created_at,
            pupil=_invited_pupil(pupils[invitation.pupil_id]) if invitation.pupil_id in pupils else None,
        )
        for invitation in invitations
    ]


def _counts(ctx: Context, event_id: str) -> Counts:
    states = Counter(invitation.state for invitation in store.invitations_of_event(ctx.school_id, event_id))
    return Counts(invited=states["invited"], declined=states["declined"])


def _invited_pupil(pupil: Pupil) -> InvitedPupil:
    return InvitedPupil(
        pupil_id=pupil.id,
        first_name=pupil.first_name,
        last_name=pupil.last_name,
        year_group=pupil.year_group,
        registration_group=pupil.registration_group,
    )


def _decline(ctx: Context, invitation: Invitation) -> None:
    """Decline, unless another contact of the child just did; the caller's link is looked at in the same write."""
    transaction = Transaction(ctx)
    access.check_link(transaction, ctx, ctx.actor.id, invitation.pupil_id)
    store.decline(transaction, ctx, invitation, stamp(ctx, "invitation.declined"))
    for contact_id in sorted({*access.family_of(ctx, invitation.pupil_id), ctx.actor.id}):
        row = feed.row(ctx, "contact", contact_id, thing="invitation", thing_id=invitation.id, what="changed")
        transaction.put(row)
    with contextlib.suppress(Refused):
        transaction.commit()
