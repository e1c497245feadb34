"""The steps in which something wrong is tried: a clear refusal, nothing changed, and the journey goes on."""

from __future__ import annotations

import json

from local import http_client
from local.demo_school import CAST
from local.journey.traveller import Journey, UnexpectedError, promise
from local.sign_in.tokens import Flaw

_BAD_TOKENS = ("no-exp", "wrong-audience", "hs256", "id-token", "expired", "no-mfa")


def malformed_message(journey: Journey) -> str:
    """A pupil in a year that does not exist: the Portal is told by a dead letter."""
    before = journey.stage.waiting("portal-dlq")
    detail = {
        "school_id": CAST.school_id,
        "message_id": f"{journey.name}-bad",
        "occurred_at": "2026-11-01T08:00:00Z",
        "version": 999,
        "pupil": {"id": CAST.one_child, "first_name": "X", "last_name": "Y", "year_group": "Year 99"},
    }
    entry = {
        "EventBusName": journey.stage.deployed.outputs["PortalBusName"],
        "Source": "portal",
        "DetailType": "PupilChanged",
        "Detail": json.dumps(detail),
    }
    journey.stage.publish_entries([entry])
    journey.await_("the dead letter", lambda: journey.stage.waiting("portal-dlq") > before or None)
    pupil = journey.get("admin", f"/pupils/{CAST.one_child}")
    promise(pupil["year_group"] == "8", "a malformed message changed a pupil")
    return "the pupil is unchanged, the message waits in the dead-letter queue"


def unknown_field(journey: Journey) -> str:
    """422, naming the field."""
    body = {"event_id": journey.things["trip"], "items": [{"pupil_id": CAST.one_child}], "discount": 100}
    answer = journey.ask("parent-of-one", "POST", "/bookings", body, expect=422).json()
    promise([one["field"] for one in answer["errors"]] == ["discount"], "the field to blame is not named")
    return "422, discount is not known here"


def bad_tokens(journey: Journey) -> str:
    """No expiry, another audience, HS256, an id token, expired, no second factor: all 401."""
    for flaw in _BAD_TOKENS:
        token = journey.stage.token("admin", flaw=Flaw(flaw))
        answer = http_client.call("GET", f"{journey.stage.api_url}{journey.school}/events", token=token)
        if answer.status != 401:
            raise UnexpectedError(f"a token with the flaw {flaw} was answered {answer.status}")
    journey.ask(None, "GET", "/events", expect=401)
    return "401 for " + ", ".join(_BAD_TOKENS)


def somebody_elses_child(journey: Journey) -> str:
    """404, as for a child that does not exist; nothing is booked."""
    answers = {"consent": "yes", "lunch": "own"}
    body: dict[str, object] = {"event_id": journey.things["trip"]}
    body["items"] = [{"pupil_id": CAST.two_children[0], "answers": answers}]
    theirs = journey.ask("parent-of-one", "POST", "/bookings", body, expect=404)
    body["items"] = [{"pupil_id": "nobody", "answers": answers}]
    nobody = journey.ask("parent-of-one", "POST", "/bookings", body, expect=404)
    promise(theirs.body == nobody.body, "somebody else's child answers otherwise than no child")
    return "404, word for word as for no child at all"


def forged_webhook(journey: Journey) -> str:
    """400, and the booking stays as it is."""
    event = {"id": "evt_forged", "object": "event", "type": "checkout.session.completed", "livemode": False}
    answer = http_client.call(
        "POST",
        f"{journey.stage.api_url}/v1/webhooks/stripe",
        body=event,
        headers={"stripe-signature": "t=1,v1=00"},
    )
    promise(answer.status == 400, f"a forged webhook was answered {answer.status}")
    return "400"


def no_free_place(journey: Journey) -> str:
    """409 for the next family, and no booking of theirs."""
    body = {"event_id": journey.things["club"], "items": [{"pupil_id": CAST.two_children[0]}]}
    answer = journey.ask("parent-of-two", "POST", "/bookings", body, expect=409).json()
    promise(answer["type"].endswith("no-free-place"), f"the answer is {answer['type']}")
    return "409, there is no free place"


def dead_letter_reason(journey: Journey) -> str:
    """The dead letter says why, without a value."""
    from local.dead_letters import show

    reasons = [letter.reason for letter in show(journey.stage, "portal")]
    promise(any("pupil.year_group" in reason for reason in reasons), f"the reasons are {reasons}")
    promise(not any("99" in reason for reason in reasons), "the reason repeats a value")
    return reasons[-1]
