"""Register entries of people who are anonymised: who came, and when, stays; whose it was is taken out (H2).

Who marked a register stays in it: that is the school's business until its contract ends (decision 0016).
"""

from collections.abc import Callable
from datetime import datetime

from school_events.bookings.model import Booking
from school_events.bookings.registers import store
from school_events.bookings.registers.model import Mark, RegisterEntry
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction

type NewId = Callable[[], str]


def forget_pupil(transaction: Transaction, ctx: Context, before: Booking, after: Booking, nobody: NewId) -> None:
    """Take a child, and who collected it, out of a booking's entries, in the transaction that anonymises the booking.

    Args:
        transaction: what else is to be done.
        ctx: the moment.
        before: the booking as it was.
        after: the booking with ids that are nobody's.
        nobody: makes more such ids.
    """
    for entry in store.entries_of_booking(ctx.school_id, before.id):
        marks = _with_other_ids(entry.marks)
        forgotten = entry.model_copy(
            update={"pupil_id": after.pupil_id, "marks": tuple(_collected_by(one, nobody) for one in marks)}
        )
        _replace(transaction, ctx, entry, forgotten)


def forget_contact(ctx: Context, booking_id: str, contact_id: str, before: datetime, instead: NewId) -> None:
    """Take a contact out of a booking's entries, where they collected the child; doing it again changes nothing.

    Args:
        ctx: the moment.
        booking_id: the booking of a child of theirs.
        contact_id: who.
        before: only what came in earlier (UTC): they may be back as somebody new.
        instead: makes the id that takes the place of theirs.

    Raises:
        StaleVersion: somebody else was faster.
    """
    transaction = Transaction(ctx)
    for entry in store.entries_of_booking(ctx.school_id, booking_id):
        theirs = {one.id for one in entry.marks if one.collected_by == contact_id and one.received_at < before}
        if theirs:
            marks = tuple(_collected_by(one, instead) if one.id in theirs else one for one in entry.marks)
            _replace(transaction, ctx, entry, entry.model_copy(update={"marks": marks}))
    if len(transaction):
        transaction.commit()


def _replace(transaction: Transaction, ctx: Context, entry: RegisterEntry, forgotten: RegisterEntry) -> None:
    after = forgotten.model_copy(update={"version": entry.version + 1})
    store.replace(transaction, ctx.school_id, entry, after, stamp(ctx, "register.anonymised"))


def _collected_by(mark: Mark, instead: NewId) -> Mark:
    return mark if mark.collected_by is None else mark.model_copy(update={"collected_by": instead()})


def _with_other_ids(marks: tuple[Mark, ...]) -> list[Mark]:
    """Devices chose the ids, and may have put a name into one."""
    ids: dict[str | None, str | None] = {None: None}
    ids |= {one.id: f"mark_{number}" for number, one in enumerate(marks, 1)}
    return [one.model_copy(update={"id": ids[one.id], "replaces": ids.get(one.replaces)}) for one in marks]
