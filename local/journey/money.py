"""The steps about money beyond the first payment: deposit, instalment, vouchers, refunds, a dispute."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from local import http_client
from local.demo_school import CAST
from local.journey.story import PRICE
from local.journey.traveller import Journey, promise

_CHILD = CAST.two_children[0]
_DEPOSIT, _INSTALMENT, _VOUCHER, _GOODWILL = 5_000, 15_000, 10_000, 100
_ANSWERS = {"agrees": "yes", "swims": "no"}


def pay_deposit(journey: Journey) -> str:
    """A place on the residential is held for its deposit; the instalment is due on its own day."""
    trip = journey.things["residential"]
    version = journey.get("parent-of-two", f"/events/{trip}")["form"]["version"]
    child = {"pupil_id": _CHILD, "answers": _ANSWERS, "form_version": version}
    booked = journey.post(
        "parent-of-two", "/bookings", {"event_id": trip, "items": [child]}, expect=201, key="lulworth"
    )
    (booking,) = booked["booking_ids"]
    page = journey.post("parent-of-two", f"/bookings/{booking}/checkout")
    promise(page["amount"]["amount"] == _DEPOSIT, f"the deposit is {page['amount']}")
    _pay(page)
    journey.await_("the deposit", lambda: _is_paid(journey, booked["payment_id"]))
    own = journey.get("parent-of-two", f"/bookings/{booking}")
    promise(own["state"] == "confirmed", f"the place is {own['state']}")
    instalment = _instalment(journey, booking)
    promise(instalment["amount"]["amount"] == _INSTALMENT, f"the instalment is {instalment['amount']}")
    journey.things |= {"lulworth": booking, "deposit": booked["payment_id"], "instalment": instalment["id"]}
    journey.things["deposit-session"] = page["checkout_url"].rsplit("/", 1)[1]
    return f"£{_DEPOSIT / 100:.0f} paid, £{_INSTALMENT / 100:.0f} due on {instalment['due_on']}"


def pay_by_voucher_and_card(journey: Journey) -> str:
    """The office writes a childcare voucher down; the family pays the rest by card, before it is due."""
    payment = journey.things["instalment"]
    voucher = {
        "method": "voucher",
        "amount": {"amount": _VOUCHER, "currency": "gbp"},
        "reference": f"V-{journey.name}",
        "received_on": str(datetime.now(UTC).date()),
    }
    where = f"/payments/{payment}/receipts"
    received = journey.post("finance", where, voucher, expect=201, key="voucher")
    again = journey.post("finance", where, voucher, expect=201, key="voucher")
    promise(received["id"] == again["id"], "the same request wrote a second voucher down")
    journey.ask("parent-of-two", "POST", where, voucher, expect=403)
    page = journey.post("parent-of-two", f"/payments/{payment}/checkout")
    _pay(page)
    journey.await_("the instalment", lambda: _is_paid(journey, payment))
    journey.post(
        "finance",
        f"{where}/{received['id']}/match",
        {"reference": "BACS 0042", "seen_on": str(datetime.now(UTC).date())},
    )
    charged = (_INSTALMENT - _VOUCHER) / 100
    return f"£{_VOUCHER / 100:.0f} by voucher, matched with the bank; £{charged:.0f} by card"


def give_back_in_part(journey: Journey) -> str:
    """Two part refunds that are meant are two; the same request sent twice is one; never more than is still there."""
    payment, booking = journey.things["payment"], journey.things["bookings"][0]
    where = f"/payments/{payment}/refunds"
    pound = {"booking_id": booking, "amount": {"amount": _GOODWILL, "currency": "gbp"}}
    asked = {"reason": "goodwill", "lines": [pound]}
    first = journey.post("finance", where, asked, expect=201, key="goodwill-1")
    promise(journey.post("finance", where, asked, expect=201, key="goodwill-1") == first, "one request, two refunds")
    journey.post("finance", where, asked, expect=201, key="goodwill-2")
    too_much = {"reason": "goodwill", "lines": [pound | {"amount": {"amount": PRICE, "currency": "gbp"}}]}
    journey.ask("finance", "POST", where, too_much, expect=409)
    journey.ask("parent-of-two", "POST", where, asked, expect=403)

    def made() -> int | None:
        refunds = journey.get("finance", where)["items"]
        goodwill = [one for one in refunds if one["amount"]["amount"] == _GOODWILL]
        return len(goodwill) if goodwill and all(one["state"] == "made" for one in goodwill) else None

    promise(journey.await_("both refunds", made) == 2, "there are more or fewer than two refunds")
    back = journey.get("parent-of-two", f"/payments/{payment}")["refunded"]["amount"]
    promise(back == PRICE + 2 * _GOODWILL, f"{back} pence went back in all")
    return "two of £1, each once; more than is there is refused"


def dispute_payment(journey: Journey) -> str:
    """A bank takes the deposit back: the office is told and refunds wait; the school wins, and the money is back."""
    payment = journey.things["deposit"]
    dispute = _at_stripe(journey, "disputes", {"payment": journey.things["deposit-session"]})
    journey.await_("the dispute", lambda: _attention(journey, "dispute", payment))
    everything = {"reason": "asked_for"}
    journey.ask("finance", "POST", f"/payments/{payment}/refunds", everything, expect=409)
    seen = journey.get("parent-of-two", f"/payments/{payment}")
    promise((seen["state"], seen["disputes"]) == ("paid", None), "the family is shown what its bank does")
    promise(_booking(journey)["state"] == "confirmed", "the child lost the place")
    _at_stripe(journey, "disputes/decide", {"dispute": dispute["id"], "outcome": "won"})
    journey.await_("its end", lambda: None if _attention(journey, "dispute", payment) else True)
    return "told to the office only; the place stays; won"


def _booking(journey: Journey) -> Any:
    return journey.get("parent-of-two", f"/bookings/{journey.things['lulworth']}")


def _instalment(journey: Journey, booking: str) -> Any:
    mine = journey.get("parent-of-two", "/me/payments")["items"]
    return next(
        one
        for one in mine
        if one["purpose"] == "instalment" and any(line["booking_id"] == booking for line in one["lines"])
    )


def _is_paid(journey: Journey, payment: str) -> bool | None:
    return journey.get("parent-of-two", f"/payments/{payment}")["state"] == "paid" or None


def _attention(journey: Journey, kind: str, payment: str) -> Any:
    found = journey.get("finance", "/attention")["items"]
    return next((one for one in found if one["kind"] == kind and one["payment_id"] == payment), None)


def _pay(page: Any) -> None:
    paid = http_client.call("POST", page["checkout_url"], form={"action": "pay"})
    promise(paid.status == 303, f"Stripe's page answered {paid.status}")


def _at_stripe(journey: Journey, what: str, body: dict[str, str]) -> Any:
    answer = http_client.call("POST", f"{journey.stage.stripe_url}/_control/{what}", body=body)
    promise(answer.status == 200, f"the local Stripe answered {answer.status} to {what}")
    return answer.json()
