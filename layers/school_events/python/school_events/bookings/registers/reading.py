"""What staff see of registers: who is expected and what was said of them, and who may take a child away (D7)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched

from school_events.bookings import store as bookings
from school_events.bookings.answers import is_consent_outdated, is_consent_withdrawn
from school_events.bookings.api import listed_child
from school_events.bookings.model import Booking
from school_events.bookings.reading import require_event
from school_events.bookings.registers import rules, store
from school_events.bookings.registers.api import (
    Collector,
    Collectors,
    ExpectedChild,
    MarkedChild,
    MarkView,
    Register,
)
from school_events.bookings.registers.model import Mark, RegisterEntry
from school_events.bookings.rules import is_at, is_extra
from school_events.core.context import Context
from school_events.core.cursors import open_cursor, seal
from school_events.core.http import Page
from school_events.events import store as events
from school_events.events.model import SchoolEvent, Session
from school_events.people import access
from school_events.people import store as people
from school_events.people.model import Pupil
from school_events.people.readings import note_reading

_MOST_KEYS = 100

type _Now = Mapping[str, str]
"""Who contacts are now, by who they were when they were named."""


def register(ctx: Context, event_id: str, session_id: str) -> Register:
    """The register of a session, as it is now; who was booked a moment ago may be missing (index).

    Raises:
        NotFound: no such event or session for this member of staff.
        WrongState: the event has no registers.
    """
    event = require_event(ctx, event_id)
    rules.require_register(event)
    session = events.find_session(ctx.school_id, event_id, session_id)
    listed = [one for one in bookings.bookings_of_event(ctx.school_id, event_id) if is_at(one.place, session_id)]
    entries = store.find_entries(ctx.school_id, (one.id for one in listed), session_id)
    cancelled = rules.is_cancelled(event, session)
    expected = [one for one in listed if not cancelled and rules.is_expected(one, session_id)]
    lost = [one for one in listed if one.id in entries and not rules.is_expected(one, session_id)]
    return Register(
        event_id=event_id,
        session_id=session.id,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        cancelled=cancelled,
        expected=_children(ctx, event, session, expected, entries),
        no_longer_expected=_children(ctx, event, session, lost, entries),
    )


def note_register_read(ctx: Context, event_id: str) -> None:
    """Note in the audit log that a register is given out (H6)."""
    note_reading(ctx, "register.read", "event", event_id)


def collectors(ctx: Context, event_id: str, session_id: str, limit: int, cursor: str | None) -> Page[Collectors]:
    """Who may take which child away now, by the children's ids, for a device that is about to be offline.

    The reading is in the audit log (H6).

    Args:
        ctx: the moment.
        event_id: which event.
        session_id: one of its sessions.
        limit: at most so many children.
        cursor: where to go on.

    Raises:
        NotFound: no such event or session for this member of staff.
        WrongState: the event has no registers.
        Invalid: the cursor is not one of this list.
    """
    scope = f"{ctx.school_id}/events/{event_id}/{session_id}/collectors"
    after = "" if cursor is None else open_cursor(cursor, scope)["after"]
    listed = sorted(one.pupil_id for one in register(ctx, event_id, session_id).expected if one.pupil_id > after)
    shown = listed[:limit]
    families = access.families_of(ctx, shown)
    contacts = people.find_contacts(ctx.school_id, {link.contact_id for links in families.values() for link in links})
    note_reading(ctx, "collectors.read", "event", event_id)
    return Page(
        items=[
            Collectors(
                pupil_id=pupil_id,
                may_collect=[
                    Collector(
                        contact_id=link.contact_id,
                        name=contacts[link.contact_id].full_name if link.contact_id in contacts else "",
                        relationship=link.relationship,
                    )
                    for link in families.get(pupil_id, ())
                ],
            )
            for pupil_id in shown
        ],
        next_cursor=seal({"after": shown[-1]}, scope) if len(listed) > limit else None,
    )


def marked_children(ctx: Context, session: Session, entries: Iterable[RegisterEntry]) -> list[MarkedChild]:
    """What the register of a session says of children, in the order of their ids."""
    known = sorted(entries, key=lambda entry: entry.pupil_id)
    now = _persons_now(ctx, known)
    return [_marked(session, entry, now) for entry in known]


def _children(
    ctx: Context,
    event: SchoolEvent,
    session: Session,
    listed: Sequence[Booking],
    entries: Mapping[str, RegisterEntry],
) -> list[ExpectedChild]:
    pupils = people.find_pupils(ctx.school_id, {booking.pupil_id for booking in listed})
    now = _persons_now(ctx, [entries[one.id] for one in listed if one.id in entries])
    shown = [
        _child(event, one, pupils[one.pupil_id], _marked(session, entries.get(one.id) or _blank(one, session), now))
        for one in listed
        if one.pupil_id in pupils
    ]
    return sorted(shown, key=lambda one: (one.last_name.casefold(), one.first_name.casefold(), one.booking_id))


def _blank(booking: Booking, session: Session) -> RegisterEntry:
    return RegisterEntry(
        event_id=booking.event_id, session_id=session.id, booking_id=booking.id, pupil_id=booking.pupil_id
    )


def _child(event: SchoolEvent, booking: Booking, pupil: Pupil, marked: MarkedChild) -> ExpectedChild:
    return ExpectedChild(
        **dict(marked) | dict(listed_child(pupil)),
        booking_id=booking.id,
        over_capacity=is_extra(booking.place.pool),
        consent_outdated=is_consent_outdated(booking, event.form),
        consent_withdrawn=is_consent_withdrawn(booking, event.form),
    )


def _marked(session: Session, entry: RegisterEntry, now: _Now) -> MarkedChild:
    mark = rules.standing(entry.marks, session)
    return MarkedChild(
        pupil_id=entry.pupil_id,
        mark=None if mark is None else _view(mark, now),
        contradicted_by=[_view(one, now) for one in rules.contradictions(entry.marks, session)],
        family_alarmed=entry.family_alarmed and rules.is_absent(entry.marks, session),
    )


def _view(mark: Mark, now: _Now) -> MarkView:
    view = MarkView.model_validate({name: getattr(mark, name) for name in MarkView.model_fields})
    return view if mark.collected_by is None else view.model_copy(update={"collected_by": now[mark.collected_by]})


def _persons_now(ctx: Context, entries: Iterable[RegisterEntry]) -> _Now:
    named = {one.collected_by for entry in entries for one in entry.marks if one.collected_by}
    now: dict[str, str] = {}
    for some in batched(sorted(named), _MOST_KEYS, strict=False):
        now |= access.persons_now(ctx.school_id, some)
    return now
