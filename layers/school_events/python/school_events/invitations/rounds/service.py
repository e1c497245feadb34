"""Working a round off: everybody it is for is reached once, however often it is begun, and by whomever (C1)."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from itertools import batched

from school_events.core import logs
from school_events.core.change import Change
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import Refused, Transaction
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.invitations import inviting, rules
from school_events.invitations import store as store_of_invitations
from school_events.invitations.inviting import BookedPupils
from school_events.invitations.model import Invitation
from school_events.invitations.rounds import store
from school_events.invitations.rounds.model import Round
from school_events.people.rules import today


def work(ctx: Context, event_id: str, round_id: str, booked: BookedPupils) -> None:
    """Reach everybody a round is for who is not reached yet.

    Whoever was killed on the way has lost nothing: what was written counts, and who is left is found again.

    Args:
        ctx: the moment; what is written names whoever asked for the round.
        event_id: whose round.
        round_id: which; one that is over, or gone, is nothing to do.
        booked: tells who has a place at the event, and so is not reminded.

    Raises:
        TryAgain: too busy until the deadline; the next try goes on.
    """
    try:
        asked, change = store.find_round(ctx.school_id, event_id, round_id)
    except NotFound:
        return
    if asked.state != "waiting":
        return
    try:
        on_behalf = _on_behalf(ctx, change)
        if asked.purpose == "invite":
            _invite(on_behalf, asked)
        else:
            _remind(on_behalf, asked, booked(ctx, event_id))
    except (Invalid, NotFound, WrongState) as refusal:
        logs.logger.warning("round stopped", reason=refusal.slug)
        store.end(ctx, asked, "stopped")
    else:
        store.end(ctx, asked, "done")


def _invite(ctx: Context, asked: Round) -> None:
    """Invite who is not invited yet, as it stands now: somebody may have come or gone since it was asked for."""
    if asked.audience is None:
        return
    teaching = inviting.teaching_for(ctx, asked.audience)
    members = [pupil.id for pupil in inviting.members(ctx, asked.audience, inviting.pupils_of(ctx), teaching)]
    count = partial(_count, ctx, asked)
    for some in batched(members, inviting.AT_ONCE, strict=False):
        known = store_of_invitations.find_invitations(ctx.school_id, asked.event_id, some)
        new = [pupil_id for pupil_id in some if pupil_id not in known]
        logs.count("InvitationsInRounds", inviting.invite_new(ctx, asked.event_id, new, count))


def _remind(ctx: Context, asked: Round, booked: Collection[str]) -> None:
    """Remind who has not answered and was not reminded today."""
    invitations = store_of_invitations.invitations_of_event(ctx.school_id, asked.event_id)
    unanswered = (one for one in invitations if rules.is_unanswered(one, booked))
    for some in batched(unanswered, inviting.AT_ONCE, strict=False):
        if not _remind_together(ctx, asked, some):
            for one in some:
                _remind_together(ctx, asked, (one,))


def _remind_together(ctx: Context, asked: Round, some: Sequence[Invitation]) -> bool:
    """Remind these families, or none of them if one has answered or was reminded today; says which.

    Raises:
        WrongState: the event is not published any more.
    """
    transaction = Transaction(ctx)
    store_of_invitations.require_published(transaction, ctx.school_id, asked.event_id)
    for invitation in some:
        store_of_invitations.remind(transaction, ctx, invitation, today(ctx.now))
    store.count_reached(transaction, ctx, asked, len(some))
    try:
        transaction.commit()
    except Refused:
        return False
    logs.count("RemindersInRounds", len(some))
    return True


def _count(ctx: Context, asked: Round, transaction: Transaction, pupil_ids: Sequence[str]) -> None:
    store.count_reached(transaction, ctx, asked, len(pupil_ids))


def _on_behalf(ctx: Context, change: Change) -> Context:
    """The moment as of whoever asked: the audit log names them, not the worker (H6)."""
    actor = Actor(change.actor_kind, change.actor_id)
    return replace(ctx, actor=actor, request_id=change.request_id, origin=change.origin)
