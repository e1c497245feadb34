"""What a register says, and which marks it takes: pure, the same whatever order marks come in, however often (D7).

A register is what was said last, by the devices' clocks; of two marks of the same instant the one of the greater id.
Devices that are offline do not see each other, so what one says may contradict another: then the register still has one
answer, and shows what says otherwise, until somebody who has seen it says which is right.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from school_events.bookings.model import Booking, BookingState
from school_events.bookings.registers.model import Mark, RegisterEntry
from school_events.bookings.rules import is_at
from school_events.core.errors import FieldError, WrongState
from school_events.events.model import SchoolEvent, Session

MOST_MARKS = 50
"""So much is kept of one child at one session."""

OPENS_BEFORE = timedelta(hours=4)
"""A register opens so long before its session: trips gather early."""

CLOCK_SKEW = timedelta(minutes=5)
"""A device's clock may be so far ahead of ours."""

STAFF_MAY_MARK_FOR = timedelta(days=7)
ADMINS_MAY_MARK_FOR = timedelta(days=366)
"""After the end of a session: staff put right what they remember, administrators what comes to light in the year."""

ALARM_FOR = timedelta(hours=12)
"""After the end of a session an absence is history, and no longer told as an alarm."""

_CAME = frozenset({"present", "late"})


def require_open(event: SchoolEvent, session: Session, now: datetime, *, is_admin: bool) -> None:
    """The register of a session may be marked now.

    Args:
        event: the session's.
        session: as it is now.
        now: the present instant, UTC.
        is_admin: whether an administrator marks it.

    Raises:
        WrongState: the event has no registers or is not taking place, the session is cancelled, or it is too early or
            too late.
    """
    require_register(event)
    if event.status in {"draft", "publishing", "cancelled"}:
        raise WrongState("This event is not taking place")
    if session.cancelled:
        raise WrongState("This session is cancelled")
    if now < session.starts_at - OPENS_BEFORE:
        raise WrongState("The register opens four hours before the session")
    if now > session.ends_at + (ADMINS_MAY_MARK_FOR if is_admin else STAFF_MAY_MARK_FOR):
        raise WrongState("This register is closed" if is_admin else "Only an administrator may change it by now")


def require_register(event: SchoolEvent) -> None:
    """The event is of a kind that has registers.

    Raises:
        WrongState: it is a parents' evening, where nobody is handed over.
    """
    if event.kind == "parents_evening":
        raise WrongState("A parents' evening has appointments and no register")


def is_cancelled(event: SchoolEvent, session: Session) -> bool:
    """Whether a session will not be, by itself or with all of its event; then nobody is expected at it."""
    return session.cancelled or event.status == "cancelled"


def is_expected(booking: Booking, session_id: str) -> bool:
    """Whether a booking's child is expected at a session: booked for certain, for all of the event or for just this."""
    return booking.state is BookingState.CONFIRMED and is_at(booking.place, session_id)


def fault_of(mark: Mark, session: Session) -> FieldError | None:
    """What is wrong with a mark, whoever the child is, with the field to blame; nothing, if all is well."""
    if mark.at > mark.received_at + CLOCK_SKEW:
        return FieldError("at", "is in the future: look at the device's clock")
    if mark.at < session.starts_at - OPENS_BEFORE:
        return FieldError("at", "is before this session's register opens")
    if mark.minutes_late is not None and mark.state != "late":
        return FieldError("minutes_late", "is for who is late")
    if (mark.collected_by is not None) != (mark.state == "collected"):
        return FieldError("collected_by", "is required for who is collected, and for nobody else")
    if mark.replaces == mark.id:
        return FieldError("replaces", "names the mark itself")
    return None


def says_the_same(kept: Mark, sent: Mark) -> bool:
    """Whether two marks of one id are one mark sent twice, whoever brought it in; a stranger is not named in it."""
    if kept.may_not_collect and kept.collected_by is None:
        sent = sent.model_copy(update={"collected_by": None})
    return _said(kept) == _said(sent)


def _said(mark: Mark) -> tuple[object, ...]:
    return mark.state, mark.at, mark.minutes_late, mark.collected_by, mark.replaces


def counted(marks: Iterable[Mark], session: Session) -> list[Mark]:
    """The marks that count, as they were made; of a session that was moved since, only those of its new time."""
    opened_at = session.starts_at - OPENS_BEFORE
    valid = (one for one in marks if not one.may_not_collect and one.at >= opened_at)
    return sorted(valid, key=lambda one: (one.at, one.id))


def standing(marks: Iterable[Mark], session: Session) -> Mark | None:
    """What the register says: the last mark that counts; nothing, if there is none."""
    valid = counted(marks, session)
    return valid[-1] if valid else None


def is_absent(marks: Iterable[Mark], session: Session) -> bool:
    """Whether the register says that a child is absent."""
    mark = standing(marks, session)
    return mark is not None and mark.state == "absent"


def contradictions(marks: Iterable[Mark], session: Session) -> list[Mark]:
    """The marks that say something else than the register, and that nobody has put right.

    Who marks a child again puts their own earlier mark right; that of a colleague only by naming it (``replaces``).
    That a child who came was collected later contradicts nothing.
    """
    valid = counted(marks, session)
    put_right = {one.replaces for one in valid}
    last_words = {one.marked_by: one for one in valid}
    left = [one for one in valid if one is last_words[one.marked_by] and one.id not in put_right]
    return [one for one in left if not _agree(one, valid[-1])]


def _agree(earlier: Mark, last: Mark) -> bool:
    if earlier.state == last.state:
        return earlier.collected_by == last.collected_by
    return earlier.state in _CAME and last.state == "collected"


def with_marks(
    entry: RegisterEntry, marks: Sequence[Mark], session: Session, now: datetime
) -> tuple[RegisterEntry, str]:
    """An entry with more marks, and what that does (``stamp``'s action).

    Args:
        entry: as it is.
        marks: new ones, all that count or none.
        session: as it is now.
        now: the present instant, UTC.

    Returns:
        The entry after, and ``register.absent`` if the family is to be told that the child is absent,
        ``register.arrived`` if they were and it is not, ``register.collection_refused`` if somebody may not collect it,
        otherwise ``register.marked``.
    """
    after = entry.model_copy(update={"marks": (*entry.marks, *marks), "version": entry.version + 1})
    if all(one.may_not_collect for one in marks):
        return after, "register.collection_refused"
    # An alarm of before the session was moved is over.
    alarmed = entry.family_alarmed and is_absent(entry.marks, session)
    absent = is_absent(after.marks, session)
    action = "register.marked"
    if absent and not alarmed and now <= session.ends_at + ALARM_FOR:
        alarmed, action = True, "register.absent"
    elif alarmed and not absent:
        alarmed, action = False, "register.arrived"
    return after.model_copy(update={"family_alarmed": alarmed}), action


def fresh(entry: RegisterEntry, marks: Iterable[Mark]) -> list[Mark]:
    """The marks that an entry does not have yet, as far as there is room for them, in the order they were made."""
    known = {one.id for one in entry.marks}
    new: dict[str, Mark] = {}
    for one in sorted(marks, key=lambda mark: (mark.at, mark.id)):
        if one.id not in known:
            new.setdefault(one.id, one)
    return list(new.values())[: MOST_MARKS - len(entry.marks)]


def reuse_of(entry: RegisterEntry, mark: Mark) -> FieldError | None:
    """Why an entry does not have a mark that was brought in; nothing, if it has it."""
    kept = next((one for one in entry.marks if one.id == mark.id), None)
    if kept is None:
        return FieldError("id", f"is one too many: {MOST_MARKS} marks are kept of a child at a session")
    return None if says_the_same(kept, mark) else FieldError("id", "belongs to another mark of this child")
