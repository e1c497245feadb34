"""Bringing marks into a session's register: any batch, again and in any order, and the register is the same (D7).

What is said of a child is one entry, written under the condition that neither it nor the child's booking has changed
since it was read; so devices that come at once merge, and a batch that broke off is sent again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import batched

from school_events.bookings import store as bookings
from school_events.bookings.model import Booking
from school_events.bookings.reading import require_event
from school_events.bookings.registers import rules, store
from school_events.bookings.registers.api import MarkBody, MarkedRegister, MarkResult, RegisterMarks
from school_events.bookings.registers.model import Mark, RegisterEntry
from school_events.bookings.registers.reading import marked_children, note_register_read
from school_events.core.change import stamp
from school_events.core.context import Context
from school_events.core.dynamodb import Transaction, get_many, wait_or_give_up
from school_events.core.errors import FieldError, NotFound, StaleVersion
from school_events.events import store as events
from school_events.events.model import Session
from school_events.people import access

_GUARDS_AT_ONCE = 50
"""Each child may have two, and a read takes a hundred."""


@dataclass(frozen=True)
class _Child:
    """A child as it stands when marks of it come in.

    Args:
        booking: by which it is expected.
        entry: what has been said of it.
        collectors: who may take it away, of those whom the marks name: as named, and as they are now.
        linked: of the others whom the marks name, those who were ever linked to it.
    """

    booking: Booking
    entry: RegisterEntry
    collectors: Mapping[str, str]
    linked: frozenset[str]


type _Marks = Mapping[str, Sequence[Mark]]
"""Marks by child."""


def mark(ctx: Context, event_id: str, session_id: str, asked: RegisterMarks) -> MarkedRegister:
    """Bring marks into the register of a session; a bad one keeps no other back.

    Args:
        ctx: the moment; the actor is staff.
        event_id: the event.
        session_id: one of its sessions.
        asked: the marks, at most a hundred.

    Raises:
        NotFound: no such event or session for this member of staff.
        WrongState: the register cannot be marked now, or not by them.
        TryAgain: too busy; what is in stays in, and the same batch may be sent again.
    """
    event = require_event(ctx, event_id)
    session = events.find_session(ctx.school_id, event_id, session_id)
    rules.require_open(event, session, ctx.now, is_admin=ctx.has_role("school_admin"))
    said = [(one.pupil_id, _mark(ctx, one)) for one in asked.marks]
    faults = [rules.fault_of(one, session) for _, one in said]
    good: dict[str, list[Mark]] = {}
    for (pupil_id, one), fault in zip(said, faults, strict=True):
        if fault is None:
            good.setdefault(pupil_id, []).append(one)
    entries = _bring_in(ctx, event_id, session, good)
    if not all(_has_news(ctx, entry) for entry in entries.values()):
        # What was only sent again shows what the register says: that is reading it (H6).
        note_register_read(ctx, event_id)
    return MarkedRegister(
        results=[
            _result(pupil_id, one, fault, entries.get(pupil_id))
            for (pupil_id, one), fault in zip(said, faults, strict=True)
        ],
        children=marked_children(ctx, session, entries.values()),
    )


def _has_news(ctx: Context, entry: RegisterEntry) -> bool:
    return any(one.received_at == ctx.now for one in entry.marks)


def _mark(ctx: Context, asked: MarkBody) -> Mark:
    at = asked.at.astimezone(UTC)
    return Mark(
        id=asked.id,
        state=asked.state,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        minutes_late=asked.minutes_late,
        collected_by=asked.collected_by,
        replaces=asked.replaces,
        marked_by=ctx.actor.id,
        received_at=ctx.now,
    )


def _result(pupil_id: str, mark: Mark, fault: FieldError | None, entry: RegisterEntry | None) -> MarkResult:
    if fault is None and entry is None:
        return MarkResult(id=mark.id, pupil_id=pupil_id, outcome="not_expected")
    if fault is None and entry is not None:
        fault = rules.reuse_of(entry, mark)
    if fault is not None:
        return MarkResult(id=mark.id, pupil_id=pupil_id, outcome="refused", field=fault.field, message=fault.message)
    is_refused = entry is not None and any(one.may_not_collect for one in entry.marks if one.id == mark.id)
    return MarkResult(id=mark.id, pupil_id=pupil_id, outcome="may_not_collect" if is_refused else "kept")


def _bring_in(ctx: Context, event_id: str, session: Session, marks: _Marks) -> dict[str, RegisterEntry]:
    """What is said afterwards of each child that is expected."""
    entries = {}
    looked = _look(ctx, event_id, session.id, marks)
    for pupil_id, some in marks.items():
        child = looked.get(pupil_id)
        attempt = 0
        while child is not None:
            try:
                entries[pupil_id] = _write(ctx, session, child, some)
                break
            except (StaleVersion, NotFound):
                attempt += 1
                wait_or_give_up(ctx, attempt)
                child = _look(ctx, event_id, session.id, {pupil_id: some}).get(pupil_id)
    return entries


def _write(ctx: Context, session: Session, child: _Child, marks: Sequence[Mark]) -> RegisterEntry:
    """Write what is new; that somebody may not collect the child by itself, so that it has a line in the audit log.

    Raises:
        StaleVersion: somebody else was faster.
        NotFound: the link of who collects was cut just now.
    """
    entry = child.entry
    new = [_judged(one, child) for one in rules.fresh(entry, marks)]
    for refused in (True, False):
        some = [one for one in new if one.may_not_collect is refused]
        if some:
            entry = _add(ctx, session, child, entry, some)
    return entry


def _judged(mark: Mark, child: _Child) -> Mark:
    if mark.collected_by is None or mark.collected_by in child.collectors:
        return mark
    named = mark.collected_by if mark.collected_by in child.linked else None
    return mark.model_copy(update={"may_not_collect": True, "collected_by": named})


def _add(ctx: Context, session: Session, child: _Child, entry: RegisterEntry, some: Sequence[Mark]) -> RegisterEntry:
    after, action = rules.with_marks(entry, some, session, ctx.now)
    transaction = Transaction(ctx)
    store.replace(transaction, ctx.school_id, entry, after, stamp(ctx, action))
    bookings.require_unchanged(transaction, ctx.school_id, child.booking)
    named = {one.collected_by for one in some if one.collected_by is not None and not one.may_not_collect}
    for contact_id in sorted({child.collectors[one] for one in named}):
        access.check_link(transaction, ctx, contact_id, child.booking.pupil_id)
    transaction.commit()
    return after


def _look(ctx: Context, event_id: str, session_id: str, marks: _Marks) -> dict[str, _Child]:
    """The children who are expected, read strongly, in as few reads as can be."""
    expected = _expected(ctx, event_id, session_id, marks)
    entries = store.find_entries(ctx.school_id, (one.id for one in expected.values()), session_id)
    collectors = _collectors(ctx, {pupil_id: marks[pupil_id] for pupil_id in expected})
    return {
        pupil_id: _Child(
            booking,
            entries.get(booking.id)
            or RegisterEntry(event_id=event_id, session_id=session_id, booking_id=booking.id, pupil_id=pupil_id),
            *collectors[pupil_id],
        )
        for pupil_id, booking in expected.items()
    }


def _expected(ctx: Context, event_id: str, session_id: str, pupil_ids: Iterable[str]) -> dict[str, Booking]:
    """The bookings by which children are expected, by the guards that let each have one."""
    booking_ids = []
    for some in batched(sorted(pupil_ids), _GUARDS_AT_ONCE, strict=False):
        keys = [
            bookings.guard_key(ctx.school_id, pupil_id, event_id, part)
            for pupil_id in some
            for part in ("", session_id)
        ]
        found = get_many(keys)
        booking_ids += [guard.booking_id for key in keys if (guard := found.get(key)) is not None]
    live = [
        booking
        for some in batched(booking_ids, 2 * _GUARDS_AT_ONCE, strict=False)
        for booking in bookings.find_bookings(ctx.school_id, some).values()
    ]
    return {one.pupil_id: one for one in live if rules.is_expected(one, session_id)}


def _collectors(ctx: Context, marks: _Marks) -> dict[str, tuple[dict[str, str], frozenset[str]]]:
    """As ``_Child.collectors`` and ``linked``, by child; whoever was merged is asked for as who took over."""
    named = {pupil_id: {one.collected_by for one in some if one.collected_by} for pupil_id, some in marks.items()}
    everybody = {contact_id for some in named.values() for contact_id in some}
    now = access.persons_now(ctx.school_id, everybody) if everybody else {}
    pairs = {(now[contact_id], pupil_id) for pupil_id, some in named.items() for contact_id in some}
    opened = access.open_links_among(ctx, pairs)
    may = {
        pupil_id: {contact_id: now[contact_id] for contact_id in some if (now[contact_id], pupil_id) in opened}
        for pupil_id, some in named.items()
    }
    refused = {(contact_id, pupil_id) for pupil_id, some in named.items() for contact_id in some - may[pupil_id].keys()}
    linked = access.ever_linked(ctx, refused)
    return {
        pupil_id: (may[pupil_id], frozenset(contact_id for contact_id, child in linked if child == pupil_id))
        for pupil_id in named
    }
