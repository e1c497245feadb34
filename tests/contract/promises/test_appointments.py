"""A slot is claimed as it was seen, and a diary is written only over the one that was read."""

from datetime import date

from school_events.bookings import places
from school_events.bookings.appointments import store
from school_events.bookings.appointments.errors import DiaryChanged, SlotTaken
from school_events.bookings.appointments.model import Appointment, Diary
from school_events.bookings.appointments.store import DiaryItem
from school_events.bookings.model import Booking, Place, PlaceState
from school_events.bookings.places import PlaceItem
from school_events.bookings.rules import SLOTS, Gate
from school_events.core.dynamodb import get_many
from school_events.events.evenings.model import Slot
from school_events.people.groups import groups_of
from tests.contract import faults
from tests.contract.engines import Engine, broken_by
from tests.contract.things import EVENT, a_booking, written
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.people import group_told, school_told, tell

NUMBER = 10_011_020
SLOT = Slot(number=NUMBER, staff_ids=("staff-1",), starts_at=NOW, ends_at=NOW.replace(minute=10), room="Hall")
MOVED = SLOT.model_copy(update={"ends_at": NOW.replace(minute=20)})
KEY = store.diary_key(SCHOOL, ("PUPIL", "pupil-1"), date(2026, 12, 3))
DIARY = Diary().with_these(Appointment.at(SLOT, EVENT, "booking_1", 0))


def a_slot(slot: Slot = SLOT, state: PlaceState = PlaceState.FREE) -> Booking:
    """The slot, and a booking of it."""
    place = Place(event_id=EVENT, pool=SLOTS, number=NUMBER)
    item = places.new_place(SCHOOL, place, Gate(True, NOW, NOW.replace(hour=23)), slot=slot)
    item.state = state.value
    item.save()
    return a_booking().model_copy(update={"place": place})


def claimed(booking: Booking) -> type[Exception] | None:
    """What comes of claiming the slot as it was seen."""
    return written(
        lambda transaction: places.claim(transaction, a_context(), booking, held=False, slot=SLOT, refusal=SlotTaken())
    )


def seen() -> DiaryItem | None:
    """The diary as it is."""
    return get_many([KEY]).get(KEY)


def put(over: DiaryItem | None, diary: Diary = DIARY) -> type[Exception] | None:
    """What comes of writing a diary over one that was read."""
    return written(lambda transaction: store.write(transaction, KEY, over, diary, DiaryChanged()))


@broken_by(faults.checks_nothing)
def test_a_slot_is_had_only_as_it_was_seen(engine: Engine) -> None:
    for slot, state in ((MOVED, PlaceState.FREE), (SLOT, PlaceState.TAKEN), (SLOT, PlaceState.RETIRED)):
        assert claimed(a_slot(slot, state)) is SlotTaken
    assert claimed(a_slot()) is None
    (item,) = PlaceItem.query(places.place_key(SCHOOL, a_slot().place).pk, consistent_read=True)
    assert item.slot == SLOT


@broken_by(faults.checks_nothing)
def test_of_two_who_read_a_diary_one_writes_it(engine: Engine) -> None:
    assert put(None) is None
    assert put(None) is DiaryChanged
    read = seen()
    assert put(read, Diary()) is None
    assert put(read) is DiaryChanged
    now = seen()
    assert now is not None
    assert (now.version, now.record) == (2, Diary())


@broken_by(faults.checks_nothing)
def test_who_counts_on_a_diary_goes_ahead_only_while_it_is_as_it_was_read(engine: Engine) -> None:
    def counted_on(read: DiaryItem | None) -> type[Exception] | None:
        return written(lambda transaction: store.require_unchanged(transaction, KEY, read, DiaryChanged()))

    assert counted_on(None) is None
    assert put(None) is None
    assert counted_on(None) is DiaryChanged
    read = seen()
    assert counted_on(read) is None
    assert put(read, Diary()) is None
    assert counted_on(read) is DiaryChanged


@broken_by(faults.checks_nothing)
def test_a_diary_that_is_written_again_is_not_dropped(engine: Engine) -> None:
    assert put(None, Diary()) is None
    read = seen()
    assert read is not None
    assert put(read, Diary()) is None
    store.drop_if_empty(read)
    now = seen()
    assert now is not None
    store.drop_if_empty(now)
    assert seen() is None


@broken_by(faults.finds_nothing)
def test_the_groups_of_a_pupil_are_found_among_others(engine: Engine) -> None:
    tell(school_told(), group_told("group-1", ("pupil-1",)), group_told("group-2", ("pupil-10", "pupil-2")))
    assert [group.id for group in groups_of(SCHOOL, ["pupil-1"])] == ["group-1"]
