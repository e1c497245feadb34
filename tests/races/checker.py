"""An independent look at what races left: the rows of the tables say it, whatever anybody was answered.

Nothing of the product is asked or used: rows are read as DynamoDB gives them, and every promise is worked out anew.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.races.evening_checker import faults_of_evenings
from tests.races.waiting_checker import faults_of_list
from tests.support.tables import rows

LIVE = frozenset({"pending", "expiring", "confirmed"})
HELD = frozenset({"pending", "expiring"})
_HAD_MONEY = frozenset({"paid", "part_refunded", "refunded"})

type Row = Mapping[str, Any]
type Record = Mapping[str, Any]


@dataclass
class Seen:
    """What the tables say of one event."""

    record: Record = field(default_factory=dict)
    places: list[Row] = field(default_factory=list)
    bookings: list[Record] = field(default_factory=list)
    guards: list[Row] = field(default_factory=list)
    turns: dict[str, Record] = field(default_factory=dict)
    turn_guards: list[Row] = field(default_factory=list)

    @property
    def live(self) -> list[Record]:
        """The bookings that have a place."""
        return [one for one in self.bookings if one["state"] in LIVE]


@dataclass(frozen=True)
class Tables:
    """Everything there is, read once."""

    events: Mapping[str, Seen]
    payments: Mapping[str, Record]
    refunds: Mapping[str, Record]
    answers: Sequence[Record]
    feed: frozenset[tuple[str, str]]
    due: Sequence[Row]
    diaries: Sequence[Row]
    plans: Mapping[str, Record]

    def of_event(self, event_id: str) -> "Tables":
        """What there is of one event that costs nothing; of others nothing."""
        seen = self.events[event_id]
        there = {one["id"] for one in seen.bookings}
        answers = [one for one in self.answers if there.intersection(one.get("booking_ids", ()))]
        due = [row for row in self.due if f"#{event_id}#" in row["pk"]["S"]]
        return replace(self, events={event_id: seen}, answers=answers, due=due, payments={}, diaries=[], plans={})


def read_tables(read: Callable[[str], Sequence[Row]] = rows) -> Tables:
    """Read everything.

    Args:
        read: all rows of a table.
    """
    events: dict[str, Seen] = defaultdict(Seen)
    plans: dict[str, Record] = {}
    bookings, payments = read("Bookings"), read("Payments")
    for row in read("Events"):
        if row["kind"]["S"] == "event":
            events[_record(row)["id"]].record = {**_record(row), "status": row["status"]["S"]}
        if row["kind"]["S"] == "slot_plan":
            plans[row["event_id"]["S"]] = _record(row)
    for row in bookings:
        _note(events, row)
    by_kind: dict[str, list[Record]] = defaultdict(list)
    for row in payments:
        by_kind[row["kind"]["S"]].append(_record(row) if "record" in row else {})
    return Tables(
        events=events,
        payments={one["id"]: one for one in by_kind["payment"]},
        refunds={one["reference"]: one for one in by_kind["refund"]},
        answers=[json.loads(row["answer"]["S"]) for row in read("Idempotency")],
        feed=frozenset(
            (row["thing_id"]["S"], row["what"]["S"]) for row in read("Inbox") if row["kind"]["S"] == "feed_row"
        ),
        diaries=[row for row in bookings if row["kind"]["S"] == "diary"],
        plans=plans,
        due=[row for row in (*bookings, *payments, *read("Events")) if "due_sk" in row],
    )


def _note(events: Mapping[str, Seen], row: Row) -> None:
    """Put a row of the Bookings table to its event."""
    match row["kind"]["S"]:
        case "place":
            events[row["event_id"]["S"]].places.append(row)
        case "booking":
            events[_record(row)["event_id"]].bookings.append(_record(row))
        case "guard":
            events[row["sk"]["S"].split("#")[1]].guards.append(row)
        case "turn":
            events[row["sk"]["S"].split("#")[1]].turn_guards.append(row)
        case "waiting_entry":
            turn = _record(row)
            events[turn["event_id"]].turns["~".join((turn["event_id"], turn["pool"], turn["id"]))] = turn


def _record(row: Row) -> Record:
    found: Record = json.loads(row["record"]["S"])
    return found


def faults_of_tables(tables: Tables, now: datetime) -> list[str]:
    """What is wrong in the tables after housekeeping; nothing, if all is well.

    Args:
        tables: all of them.
        now: until when everything due must be done, UTC.
    """
    faults = [f"{row['kind']['S']} {row['pk']['S']} is still due" for row in tables.due if _is_due(row, now)]
    for event_id, seen in tables.events.items():
        found = [*_place_faults(seen, now), *_holder_faults(seen), *_guard_faults(seen), *_state_faults(seen)]
        found += [fault for one in seen.bookings for fault in _money_faults(one, tables)]
        is_open = seen.record["status"] == "published"
        turns = list(seen.turns.values())
        found += faults_of_list(turns, seen.places, seen.turn_guards, now, is_open=is_open)
        faults += [f"{event_id}: {fault}" for fault in found]
    slots = [place for seen in tables.events.values() for place in seen.places if "slot" in place]
    live = {one["id"]: one for seen in tables.events.values() for one in seen.live if one["place"]["pool"] == "slots"}
    faults += faults_of_evenings(slots, live, tables.diaries, tables.plans)
    return faults + list(_answer_faults(tables))


def _is_due(row: Row, now: datetime) -> bool:
    at = datetime.fromisoformat(row["due_sk"]["S"].split("#")[0])
    return at <= now


def _place_faults(seen: Seen, now: datetime) -> Iterator[str]:
    """As many places as the event says, and each as it is without anybody's hand on it."""
    if seen.record["kind"] != "parents_evening":
        yield from _capacity_faults(seen)
    for place in seen.places:
        state, holder = place["state"]["S"], place.get("booking_id", {}).get("S")
        # What a housekeeper of the day after returned before they were killed is due then, and not before.
        if state == "returned" and ("due_sk" not in place or _is_due(place, now)):
            yield f"place {_name(place)} was returned and not moved on"
        if state in {"free", "retired"} and holder is not None:
            yield f"place {_name(place)} is {state} and still somebody's"
        if state in {"held", "taken"} and holder is None:
            yield f"place {_name(place)} is {state} by nobody"


def _capacity_faults(seen: Seen) -> Iterator[str]:
    """Each pool has the capacity's number of places; more only if, and as long as, all of them are somebody's."""
    live = Counter(one["place"]["pool"] for one in seen.live)
    there = Counter(place["pool"]["S"] for place in seen.places if place["state"]["S"] != "retired")
    offered = Counter(place["pool"]["S"] for place in seen.places if place["state"]["S"] == "offered")
    for pool in {place["pool"]["S"] for place in seen.places}:
        wanted = max(seen.record["capacity"], live[pool] + offered[pool])
        if there[pool] != wanted:
            yield f"{there[pool]} places in {pool} instead of {wanted}"
        if live[pool] > there[pool]:
            yield f"{live[pool]} live bookings for {there[pool]} places"


def _name(place: Row) -> str:
    return f"{place['pool']['S']}/{place['number']['N']}"


def _place_of(booking: Record) -> str:
    return f"{booking['place']['pool']}/{booking['place']['number']}"


def _holder_faults(seen: Seen) -> Iterator[str]:
    """Each live booking has one place, which says so, and no place is had by two."""
    places = {_name(place): place for place in seen.places}
    for name, times in Counter(_place_of(one) for one in seen.live).items():
        if times > 1:
            yield f"place {name} is had {times} times"
    for booking in seen.live:
        place = places.get(_place_of(booking), {})
        wanted = "held" if booking["state"] in HELD else "taken"
        if place.get("booking_id", {}).get("S") != booking["id"]:
            yield f"{booking['id']} is {booking['state']} and has no place"
        elif place["state"]["S"] != wanted:
            yield f"{booking['id']} is {booking['state']} and its place {place['state']['S']}"
    live = {one["id"] for one in seen.live}
    for place in seen.places:
        holder = place.get("booking_id", {}).get("S")
        if holder is not None and holder not in live:
            yield f"place {_name(place)} is {holder}'s, which is no live booking"


def _guard_faults(seen: Seen) -> Iterator[str]:
    """No child has two live bookings of the same thing; there is a guard for each live booking, and no other."""
    who = Counter((one["pupil_id"], _part(one["place"])) for one in seen.live)
    yield from (f"{pupil} is booked {times} times" for (pupil, _), times in who.items() if times > 1)
    guards = {(row["pk"]["S"].rsplit("#", 1)[1], row["booking_id"]["S"]) for row in seen.guards}
    live = {(one["pupil_id"], one["id"]) for one in seen.live}
    if guards != live:
        yield f"guards without a booking {sorted(guards - live)}, bookings without a guard {sorted(live - guards)}"


def _part(place: Record) -> str:
    """What of its event a place is for: all of it, a session, or a teacher's desk, whose slots share a number."""
    return f"desk {place['number'] // 10_000}" if place["pool"] == "slots" else str(place["pool"])


def _state_faults(seen: Seen) -> Iterator[str]:
    """Of a cancelled event nobody has a place; of one that is not published no place can be claimed."""
    status = seen.record["status"]
    if status == "cancelled" and seen.live:
        yield f"is cancelled and has {len(seen.live)} live bookings"
    if status in {"cancelled", "closed"} and any(place["bookable"]["BOOL"] for place in seen.places):
        yield f"is {status} and has places that can be booked"


def _money_faults(booking: Record, tables: Tables) -> Iterator[str]:
    """A hold has a payment that waits; money taken for a place means the place or its refund, never both."""
    if booking["price"]["amount"] == 0:
        return
    payment = tables.payments.get(booking.get("payment_id", ""))
    if payment is None:
        yield f"{booking['id']} has no payment"
        return
    if booking["id"] not in {line["reference"] for line in payment["lines"]}:
        yield f"{booking['id']} is none of what its payment pays for"
    state, paid = booking["state"], payment["state"] in _HAD_MONEY
    refunded = booking["id"] in tables.refunds
    ended = booking.get("cancellation")
    if ended and ended["refund"]["amount"] != (tables.refunds[booking["id"]]["amount"]["amount"] if refunded else 0):
        yield f"{booking['id']} is cancelled for {ended['refund']['amount']} pence that did not go back"
    if paid and not ended and (state == "confirmed") == refunded:
        yield f"{booking['id']} is paid, {state}, and {'' if refunded else 'not '}refunded"
    if not paid and (state == "confirmed" or refunded):
        yield f"{booking['id']} is not paid, {state}, and {'' if refunded else 'not '}refunded"
    if state in HELD and payment["state"] not in {"created", "open"}:
        yield f"{booking['id']} waits for a payment that is {payment['state']}"


def _answer_faults(tables: Tables) -> Iterator[str]:
    """Each booking was answered once, each answer's bookings are there, and whoever booked was told by the feed."""
    bookings = {one["id"]: one for seen in tables.events.values() for one in seen.bookings}
    answered = Counter(one for answer in tables.answers for one in answer.get("booking_ids", ()))
    yield from (f"{one} was answered and is not there" for one in answered.keys() - bookings.keys())
    yield from (f"{one} is there and nobody's answer" for one in bookings.keys() - answered.keys())
    yield from (f"{one} was answered to {times} requests" for one, times in answered.items() if times > 1)
    yield from (f"{one} is not in the feed" for one in bookings if (one, "created") not in tables.feed)
    for payment in tables.payments.values():
        lines = sum(line["amount"]["amount"] for line in payment["lines"])
        if lines != payment["amount"]["amount"]:
            yield f"{payment['id']} asks for {payment['amount']['amount']} for lines of {lines}"
        if payment["state"] in {"created", "open"} and not any(
            bookings[line["reference"]]["state"] in HELD for line in payment["lines"] if line["reference"] in bookings
        ):
            yield f"{payment['id']} is {payment['state']} and nothing waits for it"
