"""An independent look at waiting lists: offers are of places that are kept, in order, and nobody waits in vain."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

type Row = Mapping[str, Any]
type Record = Mapping[str, Any]

_LIVE = frozenset({"waiting", "offered"})


def faults_of_list(
    turns: Sequence[Record], places: Iterable[Row], guards: Iterable[Row], now: datetime, *, is_open: bool
) -> Iterator[str]:
    """What is wrong with the waiting list of an event.

    Args:
        turns: everybody's, also those that are over.
        places: of the event.
        guards: those of the event's that say that a child waits.
        now: until when everything due is done, UTC.
        is_open: whether the event can be booked.
    """
    there = list(places)
    yield from _offer_faults(turns, there, now)
    live = {one["pupil"]: one["ref"] for turn in turns if turn["state"] in _LIVE for one in _children(turn)}
    said = {row["pk"]["S"].rsplit("#", 1)[1]: row["waiting_id"]["S"] for row in guards}
    if said != live:
        yield f"guards of turns {said} are not those who wait {live}"
    if not is_open and live:
        yield f"booking has ended and {len(live)} children still wait"
    free = Counter(place["pool"]["S"] for place in there if place["state"]["S"] in {"free", "returned"})
    for turn in turns:
        if turn["state"] == "waiting" and len(turn["pupil_ids"]) <= free[turn["pool"]]:
            yield f"{_ref(turn)} waits in vain: {free[turn['pool']]} places are nobody's"


def _ref(turn: Record) -> str:
    return "~".join((turn["event_id"], turn["pool"], turn["id"]))


def _children(turn: Record) -> Iterator[dict[str, str]]:
    return ({"pupil": pupil_id, "ref": _ref(turn)} for pupil_id in turn["pupil_ids"])


def _offer_faults(turns: Iterable[Record], places: Iterable[Row], now: datetime) -> Iterator[str]:
    """A place is kept exactly for a turn it is offered to, and an offer that is over keeps none."""
    offered = [turn for turn in turns if turn["state"] == "offered"]
    wanted = Counter((turn["pool"], number, _ref(turn)) for turn in offered for number in turn["offer"]["numbers"])
    kept = Counter(
        (place["pool"]["S"], int(place["number"]["N"]), place.get("waiting_id", {}).get("S"))
        for place in places
        if place["state"]["S"] == "offered" or "waiting_id" in place
    )
    yield from (f"place {pool}/{number} is not kept for {ref}" for pool, number, ref in wanted - kept)
    yield from (
        f"place {pool}/{number} is kept for {ref}, to whom it is not offered" for pool, number, ref in kept - wanted
    )
    for turn in offered:
        if len(turn["offer"]["numbers"]) != len(turn["pupil_ids"]):
            yield f"{_ref(turn)} is offered another number of places than it has children"
        if datetime.fromisoformat(turn["offer"]["until"]) <= now:
            yield f"the offer to {_ref(turn)} is over and was not taken back"


def faults_of_order(turns: Mapping[str, Record], queue: Sequence[str]) -> Iterator[str]:
    """Whether those who waited before the race had their turns in order.

    Nobody is offered a place before somebody in front who wants no more and goes on waiting.

    Args:
        turns: all there are, by name.
        queue: the names of those who waited, in the order in which they joined.
    """
    for position, ref in enumerate(queue):
        turn = turns.get(ref)
        if turn is None or turn["state"] != "waiting":
            continue
        behind: Collection[str] = queue[position + 1 :]
        for other in behind:
            one = turns.get(other)
            if one is not None and "offer" in one and len(one["pupil_ids"]) >= len(turn["pupil_ids"]):
                yield f"{other} was offered places before {ref}, who waits in front"


def turn_of(row: Row) -> Record:
    """What a row says of a turn."""
    found: Record = json.loads(row["record"]["S"])
    return found
