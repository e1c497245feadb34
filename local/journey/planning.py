"""The steps in which a school sets up what it runs in a year: a parents' evening, a residential trip with its pack."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from urllib3.filepost import encode_multipart_formdata

from local import http_client
from local.demo_school import CAST
from local.journey.traveller import Journey, booking_window, if_match, promise

_YEAR_8 = {"year_groups": ["8"]}
_THURSDAY, _SATURDAY = 3, 5
_QUESTIONS = [
    {"id": "agrees", "kind": "consent", "prompt": "I agree that my child goes to Lulworth.", "required": True},
    {"id": "swims", "kind": "yes_no", "prompt": "Can your child swim?", "required": True},
    {
        "id": "metres",
        "kind": "number",
        "prompt": "How far, in metres?",
        "required": True,
        "number": {"least": 5},
        "shown_if": {"question_id": "swims", "answers": ["yes"]},
    },
    {
        "id": "health",
        "kind": "text",
        "prompt": "What must we know of your child's health?",
        "required": False,
        "sensitive": "medical",
    },
]
_LETTER = b"%PDF-1.4\n% What to bring to Lulworth.\n%%EOF\n"


def lay_out_evening(journey: Journey) -> str:
    """A parents' evening of those who teach Year 8; a parent sees the appointments of her own child's teachers only."""
    day = _day_after(50, _THURSDAY)
    made = journey.post(
        "admin",
        "/events",
        {
            "kind": "parents_evening",
            "title": "Year 8 parents' evening",
            "location": "Main hall",
            "takes_place": {"starts_at": f"{day}T16:30", "ends_at": f"{day}T19:30"},
            "price": {"amount": 0, "currency": "gbp"},
            "booking_window": booking_window(),
        },
        expect=201,
        key="evening",
    )
    journey.things["evening"] = evening = made["id"]
    desks = [{"staff_ids": [teacher]} for teacher in _teachers_of_year_8(journey)]
    plan = {"appointment_minutes": 10, "desks": desks, "most_per_family": 6}
    path = f"/events/{evening}/slot-plan"
    planned = journey.ask("admin", "PUT", path, plan, headers=if_match(made)).json()
    promise(planned["capacity"] == 18 * len(desks), "three hours are not eighteen appointments for each teacher")
    journey.post("admin", f"/events/{evening}/publish")
    journey.post("admin", f"/events/{evening}/invitations", {"audience": {"pupils": [CAST.one_child]}})
    seen = journey.get("parent-of-one", f"/events/{evening}/slots")
    (choices,) = {one["pupil_id"] for one in seen["choices"]} or {None}
    promise(choices == CAST.one_child, "the parent is offered appointments about another child")
    promise(0 < len(seen["desks"]) < len(desks), "the parent sees teachers who do not teach her child")
    journey.ask("parent-of-year-11", "GET", f"/events/{evening}/slots", expect=404)
    return (
        f"{planned['capacity']} appointments with {len(desks)} teachers; the parent sees {len(seen['desks'])} of them"
    )


def plan_residential(journey: Journey) -> str:
    """A residential trip: its price may not be above its cost; a letter reaches families, the risk assessment not."""
    thursday = _day_after(58, _THURSDAY)
    questions = {"name": "Water activities", "questions": _QUESTIONS}
    template = journey.post("admin", "/form-templates", questions, expect=201, key="template")["id"]
    asked = _residential(thursday) | {"form": {"template_id": template}}
    dear = asked | {"price": {"amount": 20_001, "currency": "gbp"}}
    refused = journey.ask("admin", "POST", "/events", dear, expect=422).json()
    promise([one["field"] for one in refused["errors"]] == ["price.amount"], "a price above the cost is not named")
    trip = journey.post("admin", "/events", asked, expect=201, key="residential")["id"]
    journey.things["residential"] = trip
    letter = _attach(journey, trip, "Packing list.pdf", "letter")
    risks = _attach(journey, trip, "Risks.pdf", "risk_assessment")
    journey.post("admin", f"/events/{trip}/publish")
    journey.post("admin", f"/events/{trip}/invitations", {"audience": _YEAR_8, "late_joiners": True})
    shown = journey.get("parent-of-two", f"/events/{trip}/documents")["items"]
    promise([one["id"] for one in shown] == [letter], "families do not see exactly what is for them")
    link = journey.ask("parent-of-two", "GET", f"/events/{trip}/documents/{letter}/file", expect=303)
    promise(http_client.call("GET", link.headers["location"]).body == _LETTER, "the letter is not what was sent")
    journey.ask("parent-of-two", "GET", f"/events/{trip}/documents/{risks}/file", expect=404)
    return "£200 for three nights, deposit £50; the letter is fetched, the risk assessment stays with staff"


def book_residential(journey: Journey) -> str:
    """What is not asked is not taken; a child with free school meals has a place with nothing to pay."""
    trip = journey.things["residential"]
    version = journey.get("parent-of-one", f"/events/{trip}")["form"]["version"]
    swims_not = {"agrees": "yes", "swims": "no", "health": "Carries an inhaler"}

    def book(answers: dict[str, str], expect: int) -> Any:
        child = {"pupil_id": CAST.one_child, "answers": answers, "form_version": version}
        wish = {"event_id": trip, "items": [child]}
        return journey.ask("parent-of-one", "POST", "/bookings", wish, expect=expect).json()

    refused = book(swims_not | {"metres": "25"}, 422)
    promise([one["field"] for one in refused["errors"]] == ["items.0.answers.metres"], "the answer is not named")
    booked = book(swims_not, 201)
    promise((booked["state"], booked["payment_id"]) == ("confirmed", None), "the place is not remitted")
    journey.things["residential-booking"] = booked["booking_ids"][0]
    journey.post("admin", f"/events/{trip}/reminders")
    reached = [_end_of_latest_round(journey, trip)]
    journey.post("admin", f"/events/{trip}/reminders")
    reached.append(_end_of_latest_round(journey, trip))
    promise(reached[0] > 0 and reached[1] == 0, f"reminded at once and again: {reached}")
    return f"the remitted place is confirmed at once; {reached[0]} who have not answered are reminded, once a day"


def find_clash(journey: Journey) -> str:
    """The teacher of the museum trip is wanted at the residential as well: reported at once, and in the list."""
    trip = journey.things["residential"]
    leads = {"staff": [{"staff_id": CAST.teacher, "role": "lead"}]}
    answer = journey.ask(
        "admin", "PUT", f"/events/{trip}/staff", leads, headers=if_match(journey.get("admin", f"/events/{trip}"))
    ).json()
    (allocated,) = answer["items"]
    others = {clash["other"]["event_id"] for clash in allocated["clashes"]}
    promise(journey.things["trip"] in others, "the teacher's clash is not reported")
    today = datetime.now(UTC).date()
    listed = journey.get("admin", f"/staff-clashes?from={today}&to={today + timedelta(days=90)}")["items"]
    both = {journey.things["trip"], trip}
    promise(any({one["event_id"] for one in clash["between"]} == both for clash in listed), "the list lacks the clash")
    return f"{allocated['clash_count']} reported with the allocation"


def _end_of_latest_round(journey: Journey, event_id: str) -> int:
    """How many pupils' families were reached by what was asked for last, once it is done."""

    def reached() -> int | None:
        latest, *_ = journey.get("admin", f"/events/{event_id}/invitations?limit=1")["rounds"]
        return int(latest["reached"]) if latest["state"] == "done" else None

    return journey.await_("the end of the round", reached)


def _residential(thursday: date) -> dict[str, Any]:
    """From Thursday noon to Sunday evening: three of its seven half-days are in school time, so all may be charged."""
    sunday = thursday + timedelta(days=3)
    costs = (("Hostel", "board_and_lodging", 9_000), ("Coach", "travel", 5_000), ("Coasteering", "activities", 6_000))
    return {
        "kind": "trip",
        "title": "Lulworth residential",
        "location": "Lulworth Cove",
        "takes_place": {"starts_at": f"{thursday}T12:00", "ends_at": f"{sunday}T18:00"},
        "capacity": 40,
        "price": {"amount": 20_000, "currency": "gbp"},
        "charging": {
            "costs": [
                {"name": name, "kind": kind, "share": "per_pupil", "amount": {"amount": pence, "currency": "gbp"}}
                for name, kind, pence in costs
            ],
            "remissions": [{"applies_to": "free_school_meals", "percent": 100}],
            "deposit": {"amount": 5_000, "currency": "gbp"},
            "instalments": [
                {"amount": {"amount": 15_000, "currency": "gbp"}, "due_on": str(thursday - timedelta(days=10))}
            ],
        },
        "booking_window": booking_window(),
    }


def _attach(journey: Journey, event_id: str, name: str, kind: str) -> str:
    """A document, sent straight to storage by the form that was handed out, and confirmed."""
    asked = journey.post(
        "admin",
        f"/events/{event_id}/documents",
        {"name": name, "kind": kind, "content_type": "application/pdf", "size": len(_LETTER)},
        expect=201,
        key=f"document-{kind}",
    )
    fields = {**asked["upload"]["fields"], "file": (name, _LETTER, "application/pdf")}
    body, content_type = encode_multipart_formdata(fields)
    sent = http_client.call("POST", asked["upload"]["url"], body=body, headers={"content-type": content_type})
    promise(sent.status in {200, 201, 204}, f"storage answered {sent.status}")
    document_id = str(asked["document"]["id"])
    journey.post("admin", f"/events/{event_id}/documents/{document_id}/confirm")
    return document_id


def _teachers_of_year_8(journey: Journey) -> list[str]:
    """Those who teach anybody of Year 8, by the Portal's teaching groups."""
    year_8 = {pupil["id"] for pupil in _all(journey, "/pupils?year=8")}
    groups = (group for group in _all(journey, "/teaching-groups") if year_8 & set(group["pupil_ids"]))
    return sorted({staff_id for group in groups for staff_id in group["staff_ids"]})


def _all(journey: Journey, path: str) -> list[Any]:
    """Every page of a list."""
    page = journey.get("admin", path)
    items = list(page["items"])
    while page.get("next_cursor"):
        page = journey.get("admin", f"{path}{'&' if '?' in path else '?'}cursor={page['next_cursor']}")
        items += page["items"]
    return items


def _day_after(days: int, weekday: int) -> date:
    """The first such weekday (Monday is 0) from so many days on."""
    earliest = datetime.now(UTC).date() + timedelta(days=days)
    return earliest + timedelta(days=(weekday - earliest.weekday()) % 7)
