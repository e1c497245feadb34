"""The steps in which families take part: waiting lists, appointments, health, the register, and giving a place up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.demo_school import CAST
from local.journey.story import PRICE
from local.journey.traveller import Journey, if_match, promise

_LONDON = ZoneInfo("Europe/London")
_CHILD, _SIBLING = CAST.two_children


def wait_for_a_place(journey: Journey) -> str:
    """Two families wait for the one place of the club, in order; it is given up."""
    club = journey.things["club"]
    joined = journey.post("parent-of-two", f"/events/{club}/waiting-list", _wish(_CHILD), expect=201, key="wait")
    again = journey.post("parent-of-two", f"/events/{club}/waiting-list", _wish(_CHILD), expect=201, key="wait")
    promise(joined == again, "the same request took another turn")
    journey.post("protecting-parent", f"/events/{club}/waiting-list", _wish(CAST.protected_child), expect=201)
    promise(_turn(journey, "parent-of-two", club)["families_before"] == 0, "the first of the list is not first")
    promise(_turn(journey, "protecting-parent", club)["families_before"] == 1, "the second is not second")
    journey.post("parent-of-one", f"/bookings/{journey.things['club-booking']}/cancel")
    return "each family sees how many are before it"


def accept_offer(journey: Journey) -> str:
    """The place that was given up is offered to the first family, which takes it; the second waits on."""
    club = journey.things["club"]
    offered = journey.await_("the offer", lambda: _offered(journey, "parent-of-two", club))
    promise(_turn(journey, "protecting-parent", club)["state"] == "waiting", "one place was offered twice")
    taken = journey.post("parent-of-two", f"/offers/{offered}/accept", _wish(_CHILD), expect=201, key="accept")
    promise(taken["state"] == "confirmed", "the offered place is not the child's")
    promise(_turn(journey, "protecting-parent", club)["families_before"] == 0, "the second is not first now")
    return "offered to the first of two families within a minute, and accepted"


def book_appointments(journey: Journey) -> str:
    """Two appointments in one request; another at the same time is refused, with the one in its way."""
    evening = journey.things["evening"]
    grid = journey.get("parent-of-one", f"/events/{evening}/slots")
    first, second, third = (desk["slots"] for desk in grid["desks"][:3])
    journey.post("parent-of-one", "/bookings", _appointments(evening, first[0]["id"], second[2]["id"]), expect=201)
    clash = _appointments(evening, third[0]["id"])
    refused = journey.ask("parent-of-one", "POST", "/bookings", clash, expect=409).json()
    promise(first[0]["id"] in str(refused), "the appointment that is in the way is not named")
    mine = _own_evening(journey, evening)
    promise([one["slot_id"] for one in mine] == [first[0]["id"], second[2]["id"]], "the family's evening is another")
    promise(all(one["staff"] for one in mine), "the family is not told whom they meet")
    # Given up, so that the next journey on this stage finds her time free.
    for one in mine:
        journey.post("parent-of-one", f"/bookings/{one['booking_id']}/cancel")
    promise(_own_evening(journey, evening) == [], "an appointment that was given up is still hers")
    return f"{len(mine)} appointments in one go; two at the same time are refused; given up again"


def health_for_few(journey: Journey) -> str:
    """What a family tells of a child's health: for them, administrators and the event's staff, for nobody else."""
    trip, booking = journey.things["residential"], journey.things["residential-booking"]
    own = _told(journey.get("parent-of-one", f"/bookings/{booking}/answers"))
    promise(own == "Carries an inhaler", "the family cannot read what they told")
    promise(_told(journey.get("admin", f"/bookings/{booking}/answers")) == own, "the school cannot read it")
    sheet = journey.get("teacher", f"/events/{trip}/answers")["items"]
    promise([_told(child) for child in sheet if child["booking_id"] == booking] == [own], "the teacher cannot read it")
    journey.ask("finance", "GET", f"/bookings/{booking}/answers", expect=403)
    journey.ask("parent-of-two", "GET", f"/bookings/{booking}/answers", expect=404)
    plain = journey.ask("admin", "GET", f"/bookings/{booking}").body
    promise(b"inhaler" not in plain, "a booking shows what was told of health")
    return "read by the family, an administrator and the trip's teacher; 403 and 404 for others"


def mark_register(journey: Journey) -> str:
    """A child who does not come alarms the family at once; marks that come twice or late are one register."""
    session, register = _walk_today(journey)
    began = datetime.now(UTC)
    absent = _mark(journey, "absent", began - timedelta(seconds=2))
    promise(_outcomes(journey.ask("teacher", "PUT", register, {"marks": [absent]}).json()) == ["kept"], "not marked")
    journey.await_("the alarm", lambda: _inbox_has(journey, "parent-of-one", "register_absence", session))
    late = _mark(journey, "late", began, minutes_late=10, replaces=absent["id"])
    marked = journey.ask("teacher", "PUT", register, {"marks": [late, absent]}).json()
    promise(_outcomes(marked) == ["kept", "kept"], "marks that were sent before are refused")
    stranger = _mark(journey, "collected", began + timedelta(seconds=1), collected_by=CAST.parent_of_two)
    refused = journey.ask("teacher", "PUT", register, {"marks": [stranger]}).json()
    promise(_outcomes(refused) == ["may_not_collect"], "a stranger may take the child away")
    (child,) = journey.get("teacher", register)["expected"]
    promise(child["mark"]["state"] == "late", f"the register says {child['mark']['state']}")
    return "absent: the family is alarmed; then late; a stranger may not collect the child"


def give_place_up(journey: Journey) -> str:
    """Under the policy all of it comes back, and the family is shown so before."""
    booking = journey.things["bookings"][1]
    terms = journey.get("parent-of-two", f"/bookings/{booking}/cancellation")
    promise(terms["refund"]["amount"] == PRICE, f"the family is shown {terms['refund']}")
    cancelled = journey.post("parent-of-two", f"/bookings/{booking}/cancel", {"expected_refund": terms["refund"]})
    promise((cancelled["state"], cancelled["refund"]["amount"]) == ("cancelled", PRICE), "the place is not given up")
    return f"£{PRICE / 100:.2f} come back, as shown before"


def see_refund(journey: Journey) -> str:
    """Stripe has given back the price of the place that was given up; the other child's place stays."""
    where = f"/payments/{journey.things['payment']}"

    def refunded() -> int | None:
        return int(journey.get("parent-of-two", where)["refunded"]["amount"]) or None

    promise(journey.await_("the refund", refunded) == PRICE, "more or less than the price came back")
    kept = journey.get("parent-of-two", f"/bookings/{journey.things['bookings'][0]}")
    promise(kept["state"] == "confirmed", "the other child's place went as well")
    return f"£{PRICE / 100:.2f} back at Stripe, the sibling's place stays"


def _wish(pupil_id: str) -> dict[str, Any]:
    return {"items": [{"pupil_id": pupil_id}]}


def _turn(journey: Journey, person: str, event_id: str) -> Any:
    turns = journey.get(person, "/me/waiting-list")["items"]
    return next(one for one in turns if one["event_id"] == event_id)


def _offered(journey: Journey, person: str, event_id: str) -> str | None:
    turn = _turn(journey, person, event_id)
    return turn["id"] if turn["state"] == "offered" else None


def _appointments(event_id: str, *slots: str) -> dict[str, Any]:
    return {"event_id": event_id, "items": [{"pupil_id": CAST.one_child, "slot_id": slot} for slot in slots]}


def _own_evening(journey: Journey, event_id: str) -> list[Any]:
    return list(journey.get("parent-of-one", f"/events/{event_id}/appointments")["items"])


def _told(answers: Any) -> str | None:
    return next((one["value"] for one in answers["answers"] if one["question_id"] == "health"), None)


def _walk_today(journey: Journey) -> tuple[str, str]:
    """A walk that begins in half an hour, with one child; gives its id and where its register is."""
    begins = datetime.now(_LONDON).replace(second=0, microsecond=0) + timedelta(minutes=30)
    closes = (begins + timedelta(minutes=20)).astimezone(UTC)
    walk = {
        "kind": "trip",
        "title": "Walk to the library",
        "location": "Town library",
        "takes_place": {
            "starts_at": f"{begins:%Y-%m-%dT%H:%M}",
            "ends_at": f"{begins + timedelta(hours=2):%Y-%m-%dT%H:%M}",
        },
        "capacity": 5,
        "price": {"amount": 0, "currency": "gbp"},
        "booking_window": {
            "opens_at": f"{closes - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
            "closes_at": f"{closes:%Y-%m-%dT%H:%M:%SZ}",
        },
    }
    made = journey.post("admin", "/events", walk, expect=201, key="walk")
    event = made["id"]
    leads = {"staff": [{"staff_id": CAST.teacher, "role": "lead"}]}
    journey.ask("admin", "PUT", f"/events/{event}/staff", leads, headers=if_match(made))
    journey.post("admin", f"/events/{event}/publish")
    journey.post("admin", f"/events/{event}/invitations", {"audience": {"pupils": [CAST.one_child]}})
    journey.post("parent-of-one", "/bookings", {"event_id": event} | _wish(CAST.one_child), expect=201)
    (session,) = journey.get("teacher", f"/events/{event}")["sessions"]
    return event, f"/events/{event}/sessions/{session['id']}/register"


def _mark(journey: Journey, state: str, at: datetime, **more: object) -> dict[str, Any]:
    """A mark as a device sends it."""
    mark_id = f"mark-{state}-{journey.name}"
    return {"id": mark_id, "pupil_id": CAST.one_child, "state": state, "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"} | more


def _outcomes(marked: Any) -> list[str]:
    return [one["outcome"] for one in marked["results"]]


def _inbox_has(journey: Journey, person: str, kind: str, event_id: str) -> Any:
    entries = journey.get(person, "/me/inbox")["items"]
    return next((one for one in entries if (one["kind"], one["event_id"]) == (kind, event_id)), None)
