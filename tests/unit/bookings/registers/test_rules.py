"""What a register says follows from the set of its marks, against a plain reading of the rule (D7)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from school_events.bookings.registers import rules
from school_events.bookings.registers.model import Mark, RegisterEntry
from school_events.events.model import Session

STARTS_AT = datetime(2026, 12, 4, 8, 30, tzinfo=UTC)
SESSION = Session(id="session_001", starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=2))
BLANK = RegisterEntry(event_id="event-1", session_id="session_001", booking_id="booking-1", pupil_id="pupil-1")
NAMES = [f"m{number}" for number in range(6)]


@st.composite
def some_marks(draw: st.DrawFn) -> list[Mark]:
    """Marks of one child by three members of staff, some of which put others right; each id once."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)))
    return [draw(_a_mark(name)) for name in names]


@st.composite
def _a_mark(draw: st.DrawFn, name: str) -> Mark:
    state = draw(st.sampled_from(["present", "absent", "late", "collected"]))
    return Mark(
        id=name,
        state=state,
        at=STARTS_AT + timedelta(minutes=draw(st.integers(0, 4))),
        collected_by=draw(st.sampled_from(["contact-1", "contact-2"])) if state == "collected" else None,
        replaces=draw(st.sampled_from([None, None, *NAMES])),
        marked_by=draw(st.sampled_from(["staff-1", "staff-2", "staff-3"])),
        received_at=STARTS_AT,
        may_not_collect=state == "collected" and draw(st.booleans()),
    )


def plain_reading(marks: list[Mark]) -> tuple[str | None, set[str]]:
    """Which mark stands, and which contradict it, straight from the words of the rule."""
    stands: Mark | None = None
    for one in marks:
        if not one.may_not_collect and (stands is None or (one.at, one.id) > (stands.at, stands.id)):
            stands = one
    if stands is None:
        return None, set()
    against = set()
    for one in marks:
        is_put_right = any(
            not other.may_not_collect
            and (
                other.replaces == one.id
                or (other.marked_by == one.marked_by and (other.at, other.id) > (one.at, one.id))
            )
            for other in marks
        )
        follows = one.state in {"present", "late"} and stands.state == "collected"
        same = one.state == stands.state and one.collected_by == stands.collected_by
        if not (one.may_not_collect or is_put_right or follows or same):
            against.add(one.id)
    return stands.id, against


@given(some_marks().flatmap(lambda marks: st.tuples(st.just(marks), st.permutations(marks))))
def test_a_register_says_the_same_in_whatever_order_its_marks_came(marks: tuple[list[Mark], list[Mark]]) -> None:
    asked, mixed = marks
    standing = rules.standing(mixed, SESSION)
    said = standing and standing.id, {one.id for one in rules.contradictions(mixed, SESSION)}
    assert said == plain_reading(asked)


@given(some_marks(), st.integers(0, 6))
def test_in_whatever_batches_marks_come_they_are_all_there_once(marks: list[Mark], cut: int) -> None:
    entry = BLANK
    for batch in (marks[:cut], marks[cut:], marks):
        new = rules.fresh(entry, batch)
        if new:
            entry, _ = rules.with_marks(entry, new, SESSION, STARTS_AT)
    assert sorted(one.id for one in entry.marks) == sorted(one.id for one in marks)
    assert all(rules.reuse_of(entry, one) is None for one in marks)


@given(some_marks(), st.lists(st.integers(0, 24 * 60), min_size=6, max_size=6))
def test_a_family_is_alarmed_and_eased_in_turn_and_never_twice(marks: list[Mark], waits: list[int]) -> None:
    """Marks come in one by one, some of them long after the session."""
    entry, alarmed, now = BLANK, False, STARTS_AT
    for one, wait in zip(marks, waits, strict=False):
        now += timedelta(minutes=wait)
        entry, action = rules.with_marks(entry, [one], SESSION, now)
        is_absent = rules.is_absent(entry.marks, SESSION)
        if action == "register.absent":
            assert is_absent
            assert not alarmed
            assert now <= SESSION.ends_at + rules.ALARM_FOR
        if action == "register.arrived":
            assert alarmed
            assert not is_absent
        alarmed = {"register.absent": True, "register.arrived": False}.get(action, alarmed)
        assert entry.family_alarmed is alarmed
        if now <= SESSION.ends_at + rules.ALARM_FOR and not one.may_not_collect:
            assert alarmed is is_absent


def test_who_was_never_marked_has_no_state() -> None:
    assert (rules.standing((), SESSION), rules.contradictions((), SESSION)) == (None, [])
