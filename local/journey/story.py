"""The steps of the story itself, through HTTP and the bus only, with tokens of real roles."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

from local import http_client
from local.demo_school import CAST
from local.journey.traveller import Journey, booking_window, if_match, promise

PRICE = 1250
_SATURDAY = 5
PLACES = 30
_YEAR_8 = {"year_groups": ["8"]}


def school_is_here(journey: Journey) -> str:
    """The people the Portal published can be read by those who may."""
    pupils = journey.get("admin", "/pupils?year=8")["items"]
    promise(bool(pupils), "no pupil of Year 8 was found")
    me = journey.get("parent-of-two", "/v1/me")
    children = [child["id"] for one in me["memberships"] for child in one["children"]]
    promise(set(CAST.two_children) <= set(children), "the parent's children are not theirs")
    return f"{len(children)} children of the parent found"


def connect_stripe(journey: Journey) -> str:
    """The school's own account, onboarded on Stripe's page; connecting again goes on with the same one."""
    account = journey.post("finance", "/school/stripe-account")
    if not account["ready"]:
        http_client.call("POST", account["onboarding_url"], form={"action": "complete"})
    promise(journey.get("finance", "/school/stripe-account")["ready"], "Stripe does not let the school take money")
    return str(account["account_id"])


def create_trip(journey: Journey) -> str:
    """A draft with price, consent form and places, and a teacher who leads it."""
    in_two_months = datetime.now(UTC).date() + timedelta(days=60)
    # A Saturday: a state-funded school may not charge for a day in school time.
    leaves = in_two_months + timedelta(days=(_SATURDAY - in_two_months.weekday()) % 7)
    made = journey.post(
        "admin",
        "/events",
        {
            "kind": "trip",
            "title": "Science Museum",
            "description": "A day at the museum with the Year 8 science classes.",
            "location": "London",
            "takes_place": {"starts_at": f"{leaves}T08:30", "ends_at": f"{leaves}T17:00"},
            "capacity": PLACES,
            "price": {"amount": PRICE, "currency": "gbp"},
            "booking_window": booking_window(),
            "cancellation": [{"until": str(leaves - timedelta(days=14)), "refund_percent": 100}],
            "form": {
                "questions": [
                    {
                        "id": "consent",
                        "kind": "consent",
                        "prompt": "I agree that my child takes part in the visit to the Science Museum.",
                        "required": True,
                    },
                    {
                        "id": "lunch",
                        "kind": "choice",
                        "prompt": "Lunch",
                        "required": True,
                        "choices": ["own", "school"],
                    },
                ]
            },
        },
        expect=201,
        key="trip",
    )
    journey.things["trip"] = made["id"]
    journey.ask("admin", "PUT", f"/events/{made['id']}/staff", _led_by_the_teacher(), headers=if_match(made))
    return f"{PLACES} places at £{PRICE / 100:.2f}"


def preview_audience(journey: Journey) -> str:
    """Who would be invited, before anything is sent."""
    preview = journey.post("admin", f"/events/{journey.things['trip']}/audience-preview", {"audience": _YEAR_8})
    journey.things["audience"] = preview["count"]
    promise(preview["count"] > 0, "nobody is in Year 8")
    return f"{preview['count']} pupils: {preview['explanation']}"


def publish_and_invite(journey: Journey) -> str:
    """The event goes live; its audience is invited once, however often it is asked."""
    trip = journey.things["trip"]
    journey.post("admin", f"/events/{trip}/publish")
    invited = journey.post("admin", f"/events/{trip}/invitations", {"audience": _YEAR_8})
    again = journey.post("admin", f"/events/{trip}/invitations", {"audience": _YEAR_8})
    promise(invited["invited"] == journey.things["audience"], "not everybody of the preview was invited")
    promise(again["invited"] == 0, "inviting again invited somebody again")
    return f"{invited['invited']} invitations, none of them twice"


def see_invitation(journey: Journey) -> str:
    """Each parent sees their own children's invitations; who is kept away by a court order sees none."""
    trip = journey.things["trip"]
    mine = [one for one in journey.get("parent-of-two", "/me/invitations")["items"] if one["event"]["id"] == trip]
    promise({one["pupil_id"] for one in mine} == set(CAST.two_children), "the parent does not see both invitations")
    kept_away = journey.get("restricted-parent", "/me/invitations")["items"]
    promise(not [one for one in kept_away if one["event"]["id"] == trip], "a restricted parent sees an invitation")
    journey.await_("the invitation in the inbox", lambda: _inbox_entry(journey, "parent-of-two", "invited", trip))
    return "both children's, also in the inbox; the restricted parent sees none"


def book_two_children(journey: Journey) -> str:
    """All or none, in one request; the same request again is the same booking."""
    _pick_up_phone(journey, "parent-of-two")
    trip = journey.things["trip"]
    filled = {
        "answers": {"consent": "yes", "lunch": "own"},
        "form_version": journey.get("parent-of-two", f"/events/{trip}")["form"]["version"],
    }
    body = {"event_id": trip, "items": [{"pupil_id": pupil_id} | filled for pupil_id in CAST.two_children]}
    booked = journey.post("parent-of-two", "/bookings", body, expect=201, key="book-two")
    again = journey.post("parent-of-two", "/bookings", body, expect=201, key="book-two")
    promise(booked == again, "the same request made another booking")
    promise(booked["state"] == "pending", "an unpaid place is not held")
    journey.things |= {"bookings": booked["booking_ids"], "payment": booked["payment_id"]}
    return "2 places held until they are paid"


def pay(journey: Journey) -> str:
    """Checkout on Stripe's page, with the webhook held back, so that nothing else can have confirmed it."""
    _control(journey, "webhooks/hold")
    page = journey.post("parent-of-two", f"/bookings/{journey.things['bookings'][0]}/checkout")
    promise(page["amount"]["amount"] == 2 * PRICE, "the parent is asked for another amount")
    paid = http_client.call("POST", page["checkout_url"], form={"action": "pay"})
    promise(paid.status == 303, f"Stripe's page answered {paid.status}")
    return f"£{2 * PRICE / 100:.2f} at {page['checkout_url'].split('/c/')[0]}"


def confirmed_by_webhook(journey: Journey) -> str:
    """The signed webhook makes us ask Stripe, and the places are the children's."""
    before = _booking_state(journey, 0)
    promise(before == "pending", f"the booking is {before} before Stripe has told us")
    _control(journey, "webhooks/release")
    journey.await_("the confirmation", lambda: all(_booking_state(journey, n) == "confirmed" for n in range(2)) or None)
    payment = journey.get("parent-of-two", f"/payments/{journey.things['payment']}")
    promise(payment["state"] == "paid", f"the payment is {payment['state']}")
    return "both places confirmed"


def told(journey: Journey) -> str:
    """An inbox entry for both parents, and a push that says nothing but that there is something new."""
    trip = journey.things["trip"]
    journey.await_("the inbox entry", lambda: _inbox_entry(journey, "parent-of-two", "payment_received", trip))
    journey.await_("the other parent's entry", lambda: _inbox_entry(journey, "other-parent-of-two", "booked", trip))
    return f"inbox of both parents, {_pushes(journey)} to the phone, without personal data"


def book_club(journey: Journey) -> str:
    """A weekly club that costs nothing: the place is taken at once, and this parent's phone is told."""
    _pick_up_phone(journey, "parent-of-one")
    first = datetime.now(UTC).date() + timedelta(days=7)
    made = journey.post(
        "admin",
        "/events",
        {
            "kind": "club",
            "title": "Chess taster",
            "location": "Library",
            "meets": {
                "weekday": 3,
                "starts_at": "15:30",
                "ends_at": "16:30",
                "first_day": str(first),
                "last_day": str(first + timedelta(days=120)),
            },
            "capacity": 1,
            "price": {"amount": 0, "currency": "gbp"},
            "booking_window": booking_window(),
        },
        expect=201,
        key="club",
    )
    journey.things["club"] = club = made["id"]
    journey.ask("admin", "PUT", f"/events/{club}/staff", _led_by_the_teacher(), headers=if_match(made))
    journey.post("admin", f"/events/{club}/publish")
    journey.post("admin", f"/events/{club}/invitations", {"audience": _YEAR_8})
    wish = {"event_id": club, "items": [{"pupil_id": CAST.one_child}]}
    booked = journey.post("parent-of-one", "/bookings", wish, expect=201, key="book-club")
    promise(booked["state"] == "confirmed" and booked["payment_id"] is None, "a free place is not taken at once")
    journey.things["club-booking"] = booked["booking_ids"][0]
    return f"confirmed at once, {_pushes(journey)} to the phone"


def open_register(journey: Journey) -> str:
    """The allocated teacher sees who is expected at a session."""
    trip = journey.things["trip"]
    session = journey.get("teacher", f"/events/{trip}")["sessions"][0]
    register = journey.get("teacher", f"/events/{trip}/sessions/{session['id']}/register")
    expected = {child["pupil_id"] for child in register["expected"]}
    promise(set(CAST.two_children) <= expected, "the booked children are not on the register")
    return f"{len(expected)} children expected"


def export_reports(journey: Journey) -> str:
    """Participation and payments as XLSX behind a presigned link; the money equals the ledger and Stripe."""
    trip = journey.things["trip"]
    participants = _exported(journey, "participation")
    names = [cell for row in participants for cell in row]
    promise(len([cell for cell in names if cell == "confirmed"]) == 1, "the report does not show the place that stays")
    exported = _income(_exported(journey, "payments"))
    promise(exported == 2 * PRICE, f"the export says {exported} pence, the parents paid {2 * PRICE}")
    on_screen = journey.get("finance", f"/reports/payments?event_id={trip}")["totals"]
    charges = next(total["amount"]["amount"] for total in on_screen if total["label"] == "charge")
    promise(charges == exported, f"the screen says {charges} pence, the file {exported}")
    return f"£{exported / 100:.2f} in the file, in the ledger and at Stripe"


def _income(rows: list[tuple[Any, ...]]) -> int:
    """What the charges of a payments report come to, in pence; added up line by line, not taken from its totals."""
    pence, entry = rows[0].index("Amount (pence)"), rows[0].index("Entry")
    return sum(int(row[pence]) for row in rows[1:] if row[entry] == "charge")


def _exported(journey: Journey, report: str) -> list[tuple[Any, ...]]:
    """The rows of a report's first sheet, asked for, waited for and fetched as an administrator does."""
    from openpyxl import load_workbook

    asked = journey.post(
        "admin",
        "/reports",
        {"name": report, "format": "xlsx", "filters": {"event_id": journey.things["trip"]}},
        expect=202,
        key=f"export-{report}",
    )
    where = f"/report-exports/{asked['id']}"
    journey.await_("the file", lambda: journey.get("admin", where)["state"] == "ready" or None)
    link = journey.ask("admin", "GET", f"{where}/file", expect=303).headers["location"]
    file = http_client.call("GET", link)
    promise(file.status == 200, f"the presigned link answered {file.status}")
    sheet = load_workbook(io.BytesIO(file.body), read_only=True).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def _pick_up_phone(journey: Journey, person: str) -> None:
    """Register a parent's phone; what is pushed from now on is looked at."""
    journey.things["phone_since"] = datetime.now(UTC)
    body = {"platform": "android", "token": f"{person}-{journey.name}"}
    journey.ask(person, "PUT", f"/me/devices/{journey.name}", body)


def _pushes(journey: Journey) -> str:
    """What was pushed since a phone was picked up, which must say nothing of anybody."""
    pushed = journey.await_("the push", lambda: journey.stage.pushes(journey.things["phone_since"]) or None)
    promise(not any(word in str(push) for push in pushed for word in ("Science", "Chess")), "a push says too much")
    return "1 push" if len(pushed) == 1 else f"{len(pushed)} pushes"


def _booking_state(journey: Journey, position: int) -> str:
    booking_id = journey.things["bookings"][position]
    return str(journey.get("parent-of-two", f"/bookings/{booking_id}")["state"])


def _inbox_entry(journey: Journey, person: str, kind: str, event_id: str) -> Any:
    entries = journey.get(person, "/me/inbox")["items"]
    return next((one for one in entries if one["kind"] == kind and one["event_id"] == event_id), None)


def _control(journey: Journey, what: str) -> None:
    http_client.call("POST", f"{journey.stage.stripe_url}/_control/{what}", body={})


def _led_by_the_teacher() -> dict[str, Any]:
    return {"staff": [{"staff_id": CAST.teacher, "role": "lead"}]}
