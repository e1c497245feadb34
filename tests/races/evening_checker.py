"""An independent look at parents' evenings: nobody in two places at once, diaries say what bookings say."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

type Row = Mapping[str, Any]
type Record = Mapping[str, Any]
type Times = tuple[datetime, datetime]


def faults_of_evenings(
    slots: Iterable[Row], live: Mapping[str, Record], diaries: Iterable[Row], plans: Mapping[str, Record]
) -> Iterator[str]:
    """What is wrong with the appointments of all evenings together.

    Args:
        slots: the places that are slots.
        live: the bookings that have a place, by id.
        diaries: the diaries.
        plans: the plans of evenings, by event.
    """
    there = {(row["event_id"]["S"], int(row["number"]["N"])): _record(row, "slot") for row in slots}
    kept = [(one, there[one["event_id"], one["place"]["number"]]) for one in live.values()]
    yield from _two_places_at_once(kept)
    yield from _diary_faults(kept, diaries)
    yield from _limit_faults(live.values(), plans)


def _record(row: Row, name: str = "record") -> Record:
    found: Record = json.loads(row[name]["S"])
    return found


def _times(one: Record) -> Times:
    return datetime.fromisoformat(one["starts_at"]), datetime.fromisoformat(one["ends_at"])


def _two_places_at_once(kept: Sequence[tuple[Record, Record]]) -> Iterator[str]:
    busy: dict[str, list[Times]] = defaultdict(list)
    for booking, slot in kept:
        for person in (booking["pupil_id"], booking["booked_by"], *slot["staff_ids"]):
            busy[person].append(_times(slot))
    for person, times in busy.items():
        if any(one[0] < other[1] and other[0] < one[1] for one, other in combinations(times, 2)):
            yield f"{person} is in two places at once"


def _diary_faults(kept: Iterable[tuple[Record, Record]], diaries: Iterable[Row]) -> Iterator[str]:
    wanted = Counter(
        (person, booking["id"], _times(slot))
        for booking, slot in kept
        for person in (booking["pupil_id"], booking["booked_by"])
    )
    there = Counter(
        (row["pk"]["S"].rsplit("#", 1)[1], one["booking_id"], _times(one))
        for row in diaries
        for one in _record(row).get("appointments", [])
    )
    yield from (f"the diary of {person} lacks {booking}" for person, booking, _ in wanted - there)
    yield from (f"the diary of {person} has {booking}, which is over" for person, booking, _ in there - wanted)


def _limit_faults(live: Iterable[Record], plans: Mapping[str, Record]) -> Iterator[str]:
    """In these races a family is who booked about the same children, directly or by another parent."""
    by_event: dict[str, list[Record]] = defaultdict(list)
    for one in live:
        by_event[one["event_id"]].append(one)
    for event_id, plan in plans.items():
        most = plan.get("most_per_family")
        if most is not None and len(by_event[event_id]) > most:
            yield f"{event_id}: the one family has {len(by_event[event_id])} of {most} appointments"
