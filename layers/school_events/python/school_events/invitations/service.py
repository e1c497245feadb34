"""Previewing an audience, inviting it, listing who is invited, and declining (B5, C1, C2)."""

import contextlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import batched, islice

from school_events.core import feed, requests
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.dynamodb import Refused, Transaction
from school_events.core.requests import AnsweredMeanwhile, Request
from school_events.events.store import find_event
from school_events.invitations import inviting, rules, store
from school_events.invitations.api import (
    Counts,
    InvitationPage,
    InvitationRef,
    InvitationView,
    Invited,
    InvitedPupil,
    LateJoiners,
    LateJoinersEnded,
    Preview,
    PreviewedPupil,
    Reminded,
    YearCount,
    invitation_ref,
    round_view,
)
from school_events.invitations.audience import Audience
from school_events.invitations.inviting import BookedPupils
from school_events.invitations.late_joiners import store as standing
from school_events.invitations.model import Invitation, event_and_pupil
from school_events.invitations.rounds import store as rounds
from school_events.invitations.rounds.model import RoundDetails, RoundPurpose
from school_events.invitations.teaching import Teaching
from school_events.people import access
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.readings import note_reading

MOST_IN_A_REQUEST = 4 * inviting.AT_ONCE
"""So many are invited while whoever asks is waiting; more, in the background."""


def preview(ctx: Context, event_id: str, audience: Audience) -> Preview:
    """Whom an audience would invite to an event; nothing is sent. In the audit log: it may tell of special needs (H6).

    Raises:
        NotFound: there is no such event.
        Invalid: a rule asks for data the school has not authorised, or names a pupil, group or teacher nobody knows.
    """
    find_event(ctx.school_id, event_id)
    teaching = inviting.teaching_for(ctx, audience)
    pupils = _members(ctx, audience, teaching)
    invited = {invitation.pupil_id for invitation in store.invitations_of_event(ctx.school_id, event_id)}
    years = Counter(pupil.year_group for pupil in pupils)
    note_reading(ctx, "audience.read", "event", event_id)
    return Preview(
        explanation=rules.explain(audience, teaching),
        count=len(pupils),
        already_invited=sum(pupil.id in invited for pupil in pupils),
        year_groups=[YearCount(year_group=year, count=count) for year, count in years.items()],
        items=[PreviewedPupil(**dict(_invited_pupil(pupil)), already_invited=pupil.id in invited) for pupil in pupils],
    )


def invite(ctx: Context, request: Request, event_id: str, audience: Audience, *, late_joiners: bool = False) -> Invited:
    """Invite those of an audience who are not invited yet; if it breaks off, asking again goes on.

    A large audience is invited in the background: its round is followed up from the table's stream.

    Args:
        ctx: the moment.
        request: what is asked.
        event_id: to what.
        audience: whom.
        late_joiners: whether to invite, too, who comes to belong to it as long as booking is open (C3).

    Raises:
        NotFound: there is no such event.
        WrongState: it is not published; for late joiners, booking is over.
        Invalid: as :func:`preview`; for late joiners, it names pupils.
    """
    earlier = requests.find_earlier_answer(ctx, request, Invited)
    if earlier is not None:
        return earlier
    event = find_event(ctx.school_id, event_id)
    rules.require_published(event.status)
    pupils = _ids_of_members(ctx, audience)
    if late_joiners:
        rules.check_can_stand(audience, "audience")
        rules.require_open(event.window.closes_at, ctx.now)
        standing.keep(ctx, event_id, audience, event.window.closes_at)
        # Asked again: who came to belong to it before it stood, is not followed from the stream.
        pupils = _ids_of_members(ctx, audience)
    known = {invitation.pupil_id for invitation in store.invitations_of_event(ctx.school_id, event_id)}
    new = [one for one in pupils if one not in known]
    if len(new) > MOST_IN_A_REQUEST:
        later = Invited(event_id=event_id, matched=len(pupils), invited=0, waiting=len(new))
        return _ask_for_round(ctx, request, "invite", later, audience)
    made = sum(inviting.invite_new(ctx, event_id, some) for some in batched(new, inviting.AT_ONCE, strict=False))
    return _remembered(ctx, Transaction(ctx), request, Invited(event_id=event_id, matched=len(pupils), invited=made))


def remind(ctx: Context, request: Request, event_id: str, booked: BookedPupils) -> Reminded:
    """Ask for everybody to be reminded who has not answered; in the background, each at most once a day (C3).

    Args:
        ctx: the moment.
        request: what is asked.
        event_id: of what.
        booked: tells who has a place.

    Raises:
        NotFound: there is no such event.
        WrongState: it is not published, or booking is over.
    """
    earlier = requests.find_earlier_answer(ctx, request, Reminded)
    if earlier is not None:
        return earlier
    event = find_event(ctx.school_id, event_id)
    rules.require_published(event.status)
    rules.require_open(event.window.closes_at, ctx.now)
    answer = Reminded(event_id=event_id, waiting=_counts(ctx, event_id, booked).no_answer)
    return _ask_for_round(ctx, request, "remind", answer)


def end_late_joiners(ctx: Context, event_id: str) -> LateJoinersEnded:
    """Let an event invite nobody by itself any more; ending it again changes nothing.

    Raises:
        NotFound: there is no such event.
    """
    event = find_event(ctx.school_id, event_id)
    if standing.find(ctx.school_id, event_id) is not None:
        standing.end(ctx, event_id, event.window.closes_at)
    return LateJoinersEnded(event_id=event_id)


def list_invitations(
    ctx: Context, event_id: str, limit: int, cursor: str | None, booked: BookedPupils
) -> InvitationPage:
    """A page of an event's invitations by pupil; in the audit log, as who comes is (H6).

    Args:
        ctx: the moment.
        event_id: whose.
        limit: at most this many.
        cursor: where to go on.
        booked: tells who has a place.

    Raises:
        NotFound: there is no such event.
        Invalid: the cursor is not one of this list.
    """
    find_event(ctx.school_id, event_id)
    scope = f"{ctx.school_id}/events/{event_id}/invitations"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    page = list(islice(store.invitations_of_event(ctx.school_id, event_id, after), limit + 1))
    shown = page[:limit]
    note_reading(ctx, "invitations.read", "event", event_id)
    return InvitationPage(
        items=_views(ctx, shown),
        counts=_counts(ctx, event_id, booked) if cursor is None else None,
        rounds=[round_view(one) for one in rounds.latest_rounds(ctx.school_id, event_id)] if cursor is None else None,
        late_joiners=_late_joiners(ctx, event_id) if cursor is None else None,
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
    return bool(_of_children(ctx, event_id))


def look_at(ctx: Context, event_id: str) -> bool:
    """As :func:`is_invited`, for a contact who is shown the event: it is noted that their invitations were seen."""
    found = _of_children(ctx, event_id)
    note_seen(ctx, found.values())
    return bool(found)


def note_seen(ctx: Context, invitations: Iterable[Invitation]) -> None:
    """Note of invitations that a contact looks at them, once for each, not at every look.

    Whoever looks is not refused for it: what DynamoDB is too busy to note is noted at the next look.
    """
    for invitation in invitations:
        if invitation.seen_at is None:
            store.note_seen(ctx, invitation)


def _of_children(ctx: Context, event_id: str) -> dict[str, Invitation]:
    children = [link.pupil_id for link in access.open_links(ctx, ctx.actor.id)]
    return store.find_invitations(ctx.school_id, event_id, children)


def _late_joiners(ctx: Context, event_id: str) -> LateJoiners | None:
    found = standing.find(ctx.school_id, event_id)
    if found is None:
        return None
    teaching = inviting.teaching_for(ctx, found.audience)
    return LateJoiners(explanation=rules.explain(found.audience, teaching), since=found.since)


def _ids_of_members(ctx: Context, audience: Audience) -> list[str]:
    return [pupil.id for pupil in _members(ctx, audience, inviting.teaching_for(ctx, audience))]


def _members(ctx: Context, audience: Audience, teaching: Teaching) -> list[Pupil]:
    pupils = inviting.pupils_of(ctx)
    found = inviting.members(ctx, audience, pupils, teaching)
    rules.check_named(audience, {pupil.id for pupil in pupils}, "audience")
    return found


def _ask_for_round[A: (Invited, Reminded)](
    ctx: Context, request: Request, purpose: RoundPurpose, answer: A, audience: Audience | None = None
) -> A:
    """Have the answer's pupils reached in the background."""
    asked = stamp(ctx, "invitations.asked" if purpose == "invite" else "reminders.asked")
    details = RoundDetails(
        id=ctx.new_id("round"),
        event_id=answer.event_id,
        purpose=purpose,
        total=answer.waiting,
        created_at=asked.at,
    )
    transaction = Transaction(ctx).create(rounds.round_item(ctx.school_id, details, audience, asked))
    store.require_published(transaction, ctx.school_id, answer.event_id)
    return _remembered(ctx, transaction, request, answer)


def _remembered[A: (Invited, Reminded)](ctx: Context, transaction: Transaction, request: Request, answer: A) -> A:
    """Commit, if there is anything to, and keep the answer with it."""
    requests.remember(ctx, transaction, request, answer)
    try:
        if len(transaction):
            transaction.commit()
    except AnsweredMeanwhile:
        return requests.find_earlier_answer(ctx, request, type(answer)) or answer
    return answer


def _views(ctx: Context, invitations: Sequence[Invitation]) -> list[InvitationView]:
    pupils = people.find_pupils(ctx.school_id, [invitation.pupil_id for invitation in invitations])
    return [
        InvitationView(
            **dict(invitation_ref(invitation)),
            created_at=invitation.created_at,
            seen=invitation.seen_at is not None,
            pupil=_invited_pupil(pupils[invitation.pupil_id]) if invitation.pupil_id in pupils else None,
        )
        for invitation in invitations
    ]


def _counts(ctx: Context, event_id: str, booked: BookedPupils) -> Counts:
    with_place = booked(ctx, event_id)
    of_event = list(store.invitations_of_event(ctx.school_id, event_id))
    has_place = sum(one.pupil_id in with_place for one in of_event)
    no_answer = sum(rules.is_unanswered(one, with_place) for one in of_event)
    declined = len(of_event) - has_place - no_answer
    seen = sum(one.seen_at is not None for one in of_event)
    return Counts(invited=len(of_event), seen=seen, booked=has_place, declined=declined, no_answer=no_answer)


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
