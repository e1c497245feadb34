"""An independent look at waiting lists: what the rows of the tables say; no store and no rule is asked.

What it knows of an event, it knows from the rows: which turns wait, which places are kept for whom, in which order
families joined and when they were offered something.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from school_events.bookings.waiting.model import LIVE_TURNS, WaitingEntry, WaitingState
from school_events.events.model import SchoolEvent
from tests.support.tables import rows

type Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Kept:
    """A place that is kept for a turn, by the place's own word."""

    pool: str
    number: int
    waiting_id: str | None


def turns_of(event: SchoolEvent, found: Iterable[Row] | None = None) -> list[WaitingEntry]:
    """Every turn of an event there is a row of, first who joined first."""
    found = rows("Bookings") if found is None else found
    kept = [
        WaitingEntry.model_validate_json(row["record"]["S"]) for row in found if row["kind"]["S"] == "waiting_entry"
    ]
    own = [one for one in kept if one.event_id == event.id]
    return sorted(own, key=lambda one: (one.joined_at, one.id))


def faults_of_waiting(event: SchoolEvent, *, settled: bool = True, joined_meanwhile: bool = False) -> list[str]:
    """What is wrong with an event's turns, offers and the children's guards; nothing, if all is well.

    Args:
        event: which.
        settled: whether housekeeping has run since anything happened, so that nothing is on its way any more.
        joined_meanwhile: whether families joined while offers went out: rows do not tell whether a turn was there
            already when an offer was made, so their order says nothing then.
    """
    found = rows("Bookings")
    turns = turns_of(event, found)
    of_event = [row for row in found if row["kind"]["S"] == "place" and row["event_id"]["S"] == event.id]
    return [
        *_offer_faults(turns, of_event),
        *_guard_faults(event, turns, found),
        *(() if joined_meanwhile else _order_faults(turns)),
        *(_unserved(turns, of_event) if settled else ()),
    ]


def _offer_faults(turns: Iterable[WaitingEntry], places: Iterable[Row]) -> Iterable[str]:
    """Each place that is kept is kept for an offer that is live, and each live offer has its places."""
    kept = {
        (one.pool, one.number, one.waiting_id)
        for row in places
        if row["state"]["S"] == "offered"
        for one in [_Kept(row["pool"]["S"], int(row["number"]["N"]), row.get("waiting_id", {}).get("S"))]
    }
    wanted = {
        (one.pool, number, one.ref)
        for one in turns
        if one.state is WaitingState.OFFERED and one.offer is not None
        for number in one.offer.numbers
    }
    yield from (f"place {one} is kept for nobody's offer" for one in sorted(kept - wanted, key=str))
    yield from (f"place {one} is offered and not kept" for one in sorted(wanted - kept))
    yield from (f"place {row['number']['N']} is {row['state']['S']} and kept" for row in places if _is_misplaced(row))
    for one in turns:
        if one.state is WaitingState.OFFERED and len(one.offer.numbers if one.offer else ()) != len(one.pupil_ids):
            yield f"{one.ref} is offered another number of places than it has children"


def _is_misplaced(row: Row) -> bool:
    return "waiting_id" in row and row["state"]["S"] != "offered"


def _guard_faults(event: SchoolEvent, turns: Iterable[WaitingEntry], found: Iterable[Row]) -> Iterable[str]:
    there = {
        (row["pk"]["S"].rsplit("#", 1)[1], row["waiting_id"]["S"])
        for row in found
        if row["kind"]["S"] == "turn" and f"{row['sk']['S']}#".startswith(f"GUARD#{event.id}#")
    }
    wanted = {(pupil_id, one.ref) for one in turns if one.state in LIVE_TURNS for pupil_id in one.pupil_ids}
    if there != wanted:
        yield f"children's turns {sorted(there)} are not the live ones {sorted(wanted)}"


def _order_faults(turns: list[WaitingEntry]) -> Iterable[str]:
    """Nobody was offered a place that was enough for somebody who was in front of them, and waited then."""
    for behind in turns:
        if behind.offer is None:
            continue
        for ahead in turns:
            if (
                (ahead.joined_at, ahead.id) < (behind.joined_at, behind.id)
                and ahead.pool == behind.pool
                and ahead.state is WaitingState.WAITING
                and len(ahead.pupil_ids) <= len(behind.pupil_ids)
            ):
                yield f"{behind.ref} was offered what {ahead.ref} has waited for longer"


def _unserved(turns: Iterable[WaitingEntry], places: Iterable[Row]) -> Iterable[str]:
    free: dict[str, int] = {}
    for row in places:
        if row["state"]["S"] in {"free", "returned"} and row["bookable"]["BOOL"]:
            free[row["pool"]["S"]] = free.get(row["pool"]["S"], 0) + 1
    for one in turns:
        if one.state is WaitingState.WAITING and len(one.pupil_ids) <= free.get(one.pool, 0):
            yield f"{one.ref} waits, and there are {free[one.pool]} places nobody has"
