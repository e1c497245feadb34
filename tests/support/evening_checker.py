"""An independent look at parents' evenings: what the rows of the tables say, whatever anybody answered."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

from school_events.bookings.model import LIVE, Booking, BookingState
from school_events.events.evenings.model import Slot
from school_events.events.model import SchoolEvent
from tests.support.tables import rows

type Row = Mapping[str, Any]
type Entry = tuple[str, str, str, int, str, str]
"""Whose diary, the booking, the event, the slot, from when, to when."""

_FIRST_SLOT, _A_DESK = 10_000_000, 10_000


@dataclass(frozen=True)
class _Kept:
    """A slot that somebody has."""

    booking: Booking
    slot: Slot


def faults_of_evening(
    event: SchoolEvent,
    found: Sequence[Row] | None = None,
    *,
    families: Iterable[Collection[str]] = (),
    most: int | None = None,
    buffer_minutes: int = 0,
) -> list[str]:
    """What is wrong with the appointments of an evening; nothing, if all is well.

    Args:
        event: which.
        found: the rows of the Bookings table; read now unless given.
        families: the children of each family, for counting their appointments.
        most: how many appointments a family may have.
        buffer_minutes: what is to be between two appointments of a child or a parent.
    """
    found = rows("Bookings") if found is None else found
    bookings = [Booking.model_validate_json(row["record"]["S"]) for row in found if row["kind"]["S"] == "booking"]
    live = {one.id: one for one in bookings if one.state in LIVE and one.place.pool == "slots"}
    here = [one for one in live.values() if one.event_id == event.id]
    taken = {
        row["booking_id"]["S"]: Slot.model_validate_json(row["slot"]["S"])
        for row in found
        if row["kind"]["S"] == "place" and "slot" in row and "booking_id" in row
    }
    kept = [_Kept(booking, taken[booking_id]) for booking_id, booking in live.items() if booking_id in taken]
    faults = [f"{one.id} is {one.state} and costs nothing" for one in here if one.state is not BookingState.CONFIRMED]
    faults += _slot_faults(event, found, {one.id: one for one in here})
    faults += _guard_faults(event, found, here)
    faults += _time_faults(event, kept, timedelta(minutes=buffer_minutes))
    faults += _diary_faults(event, found, [one for one in kept if one.booking.event_id == event.id])
    return faults + list(_limit_faults(here, families, most))


def _slot_faults(event: SchoolEvent, found: Iterable[Row], live: Mapping[str, Booking]) -> list[str]:
    places = [row for row in found if row["kind"]["S"] == "place" and row["event_id"]["S"] == event.id]
    holders = {int(row["number"]["N"]): row["booking_id"]["S"] for row in places if "booking_id" in row}
    states = {int(row["number"]["N"]): row["state"]["S"] for row in places}
    had = Counter(one.place.number for one in live.values())
    faults = [f"slot {number} is had {times} times" for number, times in had.items() if times > 1]
    faults += [f"slot {number} is {state}" for number, state in states.items() if state in {"returned", "held"}]
    for number, state in states.items():
        if (state == "taken") != (number in holders):
            faults.append(f"slot {number} is {state} and is {holders.get(number, 'nobody')}'s")
    wanted = {one.place.number: one.id for one in live.values()}
    return faults if holders == wanted else [*faults, f"slots {holders} are not the live bookings {wanted}"]


def _guard_faults(event: SchoolEvent, found: Iterable[Row], live: Iterable[Booking]) -> list[str]:
    wanted = {
        (one.pupil_id, f"GUARD#{event.id}#desk{(one.place.number - _FIRST_SLOT) // _A_DESK}"): one.id for one in live
    }
    guards = {
        (row["pk"]["S"].rsplit("#", 1)[1], row["sk"]["S"]): row["booking_id"]["S"]
        for row in found
        if row["kind"]["S"] == "guard" and row["sk"]["S"].startswith(f"GUARD#{event.id}#")
    }
    return [] if guards == wanted else [f"guards {guards} are not the live bookings {wanted}"]


def _time_faults(event: SchoolEvent, kept: Iterable[_Kept], buffer: timedelta) -> list[str]:
    """Who of this evening is to be in two places at once, here or at another evening, or has no time to walk."""
    by_person: dict[str, list[_Kept]] = defaultdict(list)
    for one in kept:
        for person in (f"child {one.booking.pupil_id}", f"parent {one.booking.booked_by}", *_teachers(one.slot)):
            by_person[person].append(one)
    return [
        f"{person} is in two places at {max(one.slot.starts_at, other.slot.starts_at):%H:%M}"
        for person, had in by_person.items()
        for one, other in combinations(had, 2)
        if event.id in {one.booking.event_id, other.booking.event_id}
        and _meet(one.slot, other.slot, timedelta() if person.startswith("teacher") else buffer)
    ]


def _teachers(slot: Slot) -> list[str]:
    return [f"teacher {staff_id}" for staff_id in slot.staff_ids]


def _meet(one: Slot, other: Slot, gap: timedelta) -> bool:
    return one.starts_at < other.ends_at + gap and other.starts_at < one.ends_at + gap


def _diary_faults(event: SchoolEvent, found: Iterable[Row], kept: Iterable[_Kept]) -> list[str]:
    wanted = {entry for one in kept for entry in _entries_of(one)}
    there = Counter(entry for row in found if row["kind"]["S"] == "diary" for entry in _entries_in(row))
    here = {entry: times for entry, times in there.items() if entry[2] == event.id}
    faults = [f"{entry} is in a diary {times} times" for entry, times in here.items() if times > 1]
    faults += [f"{entry} is in no diary" for entry in sorted(wanted - here.keys())]
    return faults + [f"{entry} is in a diary and no booking's" for entry in sorted(here.keys() - wanted)]


def _entries_of(one: _Kept) -> Iterator[Entry]:
    for owner in (f"PUPIL#{one.booking.pupil_id}", f"CONTACT#{one.booking.booked_by}"):
        times = (one.slot.starts_at.isoformat(), one.slot.ends_at.isoformat())
        yield owner, one.booking.id, one.booking.event_id, one.slot.number, *times


def _entries_in(row: Row) -> Iterator[Entry]:
    owner = row["pk"]["S"].split("#", 2)[2]
    for one in json.loads(row["record"]["S"]).get("appointments", []):
        times = (one["starts_at"].replace("Z", "+00:00"), one["ends_at"].replace("Z", "+00:00"))
        yield owner, one["booking_id"], one["event_id"], one["slot"], *times


def _limit_faults(live: Iterable[Booking], families: Iterable[Collection[str]], most: int | None) -> Iterator[str]:
    booked = Counter(one.pupil_id for one in live)
    for family in families:
        count = sum(booked[one] for one in family)
        if most is not None and count > most:
            yield f"the family of {', '.join(sorted(family))} has {count} appointments"
