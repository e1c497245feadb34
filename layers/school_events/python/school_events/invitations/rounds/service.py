"""Working a round off: everybody it is for is reached once, however often it is begun, and by whomever (C1)."""

from dataclasses import replace
from functools import partial
from itertools import batched

from school_events.core import logs
from school_events.core.change import Change
from school_events.core.context import Actor, Context
from school_events.core.dynamodb import Transaction
from school_events.core.errors import Invalid, NotFound, WrongState
from school_events.invitations import inviting
from school_events.invitations.rounds import store
from school_events.invitations.rounds.model import Round
from school_events.invitations.store import find_invitations


def work(ctx: Context, event_id: str, round_id: str) -> None:
    """Reach everybody a round is for who is not reached yet.

    Whoever was killed on the way has lost nothing: what was written counts, and who is left is found again.

    Args:
        ctx: the moment; what is written names whoever asked for the round.
        event_id: whose round.
        round_id: which; one that is over, or gone, is nothing to do.

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
        _invite(_on_behalf(ctx, change), asked)
    except (Invalid, NotFound, WrongState) as refusal:
        logs.logger.warning("round stopped", reason=refusal.slug)
        store.end(ctx, asked, "stopped")
    else:
        store.end(ctx, asked, "done")


def _invite(ctx: Context, asked: Round) -> None:
    """Invite who is not invited yet, as it stands now: somebody may have come or gone since it was asked for."""
    if asked.audience is None:
        return
    members = [pupil.id for pupil in inviting.members(ctx, asked.audience, inviting.pupils_of(ctx))]
    count = partial(_count, ctx, asked)
    for some in batched(members, inviting.AT_ONCE, strict=False):
        known = find_invitations(ctx.school_id, asked.event_id, some)
        new = [pupil_id for pupil_id in some if pupil_id not in known]
        logs.count("InvitationsInRounds", inviting.invite_new(ctx, asked.event_id, new, count))


def _count(ctx: Context, asked: Round, transaction: Transaction, more: int) -> None:
    store.count_reached(transaction, ctx, asked, more)


def _on_behalf(ctx: Context, change: Change) -> Context:
    """The moment as of whoever asked: the audit log names them, not the worker (H6)."""
    actor = Actor(change.actor_kind, change.actor_id)
    return replace(ctx, actor=actor, request_id=change.request_id, origin=change.origin)
