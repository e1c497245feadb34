"""Turns of people who are anonymised: a child's turn ends, a contact's is nobody's in particular from then on (H2).

A turn that is over already is not looked for: it vanishes within a day of its end.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from school_events.bookings.waiting import store
from school_events.bookings.waiting.model import LIVE_TURNS, WaitingEntry, WaitingState
from school_events.core import clock
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction

type NewId = Callable[[], str]


def forget_pupil(ctx: Context, pupil_id: str, before: datetime, nobody: NewId) -> None:
    """End the turns of a child, and take the child and who joined out of them; doing it again changes nothing.

    Args:
        ctx: the moment.
        pupil_id: the child.
        before: only turns taken earlier (UTC).
        nobody: makes the ids that take the place of people's.

    Raises:
        StaleVersion: one has moved on since it was read; calling again goes on.
    """
    for entry in _turns(ctx, [pupil_id], before):
        ids = tuple(nobody() if one == pupil_id else one for one in entry.pupil_ids)
        ended = entry.model_copy(update={"state": WaitingState.LAPSED, "pupil_ids": ids, "joined_by": nobody()})
        transaction = Transaction(ctx)
        store.replace(transaction, ctx.school_id, entry, ended, stamp(ctx, "waiting.anonymised"))
        store.drop_turns(transaction, ctx.school_id, entry)
        if entry.state is WaitingState.OFFERED and entry.offer is not None:
            # Due now, whatever moment the stamp is to tell: nothing is looked for in the past (decision 0002).
            store.return_places(transaction, replace(ctx, now=clock.utc_now()), entry, entry.offer)
        transaction.commit()


def forget_contact(ctx: Context, contact_id: str, pupil_ids: Iterable[str], before: datetime, instead: NewId) -> None:
    """Take a contact out of the turns they took for children, which keep them; doing it again changes nothing.

    Args:
        ctx: the moment.
        contact_id: who joined.
        pupil_ids: every child they were ever linked to here.
        before: only turns taken earlier (UTC).
        instead: makes the id that takes the place of theirs.

    Raises:
        StaleVersion: one has moved on since it was read; calling again goes on.
    """
    for entry in _turns(ctx, pupil_ids, before):
        if entry.joined_by != contact_id:
            continue
        transaction = Transaction(ctx)
        after = entry.model_copy(update={"joined_by": instead()})
        due_at = clock.utc_now() if entry.offer is None else entry.offer.until
        change = stamp(ctx, "waiting.anonymised")
        store.replace(transaction, ctx.school_id, entry, after, change, due_at=due_at)
        transaction.commit()


def _turns(ctx: Context, pupil_ids: Iterable[str], before: datetime) -> list[WaitingEntry]:
    refs = {ref for pupil_id in pupil_ids for ref in store.turns_of(ctx.school_id, pupil_id)}
    found = store.find_entries(ctx.school_id, sorted(refs)).values()
    return [entry for entry in found if entry.state in LIVE_TURNS and entry.joined_at < before]
