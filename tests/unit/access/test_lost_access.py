"""Whoever loses access sees nothing of the child at the very next request, and the other parent keeps everything (A8).

Every way of losing it is tried against every route a family may call; a route that is missing here is a failure.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import time_machine
from pynamodb.connection.base import Connection

from school_events.core import clock
from school_events.core.consequences import Telling
from school_events.core.context import Actor
from school_events.core.dynamodb import Transaction
from school_events.core.errors import NotFound
from school_events.notifications import store as inboxes
from school_events.notifications.service import deliver
from school_events.people import access, rules, store
from school_events.people.model import Pupil
from school_events.people.rules import Thing
from tests.support import booked_world as world
from tests.support.contexts import SCHOOL, a_context
from tests.support.people import (
    PortalMessage,
    link_removed,
    link_told,
    portal_message,
    pupil_told,
)
from tests.support.portal_queue import a_snapshot_lacks, say
from tests.support.push_services import PushServices, push_services
from tests.support.tables import everything
from tests.unit.access.household import (
    CHILD,
    FATHER,
    LATER,
    MOTHER,
    PATH,
    STRANGER,
    Answer,
    Household,
    call,
    secrets_of,
)
from tests.unit.architecture.routes import ROUTES

__all__ = ["push_services"]

ME = f"{PATH}/me"


def _gone(thing: str, thing_id: str, **others: str) -> PortalMessage:
    return portal_message(f"{thing.title()}Removed", {f"{thing}_id": thing_id} | others, version=2)


LOSSES: dict[str, Callable[[], None]] = {
    "link restricted": lambda: say(link_told(FATHER, CHILD, restricted=True, version=2)),
    "link ended yesterday": lambda: say(link_told(FATHER, CHILD, ends_on=date(2026, 11, 22), version=2)),
    "link removed": lambda: say(link_removed(FATHER, CHILD)),
    "link missing from a snapshot": lambda: a_snapshot_lacks(Thing("link", (FATHER, CHILD))),
    "contact removed": lambda: say(_gone("contact", FATHER)),
    "contact merged away": lambda: say(_gone("contact", FATHER, merged_into=STRANGER)),
    "pupil removed": lambda: say(_gone("pupil", CHILD)),
}
"""Every way in which the father loses access to the child."""


@dataclass(frozen=True)
class Asked:
    """A request of the father's, and what it says once nothing is his any more (``None``: whatever, but no secret)."""

    route: str
    parameters: Callable[[Household], Mapping[str, str]] = lambda _: {}
    body: Callable[[Household], Any] = lambda _: None
    key: str | None = None
    query: Mapping[str, str] | None = None
    version: int | None = None
    statuses: tuple[int, ...] = (404,)

    def ask(self, home: Household, person: str = FATHER) -> Answer:
        """The answer."""
        named, body = self.parameters(home), self.body(home)
        return call(self.route, person, named, body=body, key=self.key, query=self.query, version=self.version)


def _of(name: str, title: str) -> Callable[[Household], Mapping[str, str]]:
    return lambda home: {name: getattr(home, f"{name.removesuffix('_id')}s")[title]}


def _booking_of(title: str) -> Callable[[Household], Any]:
    return lambda home: {"event_id": home.events[title], "items": [{"pupil_id": CHILD}]}


EMPTY = (200,)
ASKED: dict[str, Asked] = {
    "me": Asked("GET /v1/me", statuses=EMPTY),
    "invitations": Asked(f"GET {ME}/invitations", statuses=EMPTY),
    "bookings": Asked(f"GET {ME}/bookings", statuses=EMPTY),
    "sync": Asked(f"GET {ME}/sync", statuses=EMPTY),
    "inbox": Asked(f"GET {ME}/inbox", statuses=EMPTY),
    "entries read": Asked(f"POST {ME}/inbox/read", body=lambda _: {"up_to": "entry_zzz"}, statuses=EMPTY),
    "device": Asked(
        f"PUT {ME}/devices/{{device_id}}",
        lambda _: {"device_id": "tablet"},
        lambda _: {"platform": "ios", "token": "token-x"},
        statuses=(200, 404),
    ),
    "device removed": Asked(f"DELETE {ME}/devices/{{device_id}}", lambda _: {"device_id": "phone"}, statuses=EMPTY),
    "event": Asked(f"GET {PATH}/events/{{event_id}}", _of("event_id", "Orchard")),
    "documents": Asked(f"GET {PATH}/events/{{event_id}}/documents", _of("event_id", "Orchard")),
    "document": Asked(
        f"GET {PATH}/events/{{event_id}}/documents/{{document_id}}/file",
        lambda home: {"event_id": home.events["Orchard"], "document_id": home.documents["Orchard"]},
    ),
    "slots": Asked(f"GET {PATH}/events/{{event_id}}/slots", _of("event_id", "Rowan")),
    "appointments": Asked(f"GET {PATH}/events/{{event_id}}/appointments", _of("event_id", "Rowan")),
    "decline": Asked(
        f"POST {PATH}/invitations/{{invitation_id}}/decline",
        lambda home: {"invitation_id": f"{home.events['Kite']}~{CHILD}"},
    ),
    "book": Asked(f"POST {PATH}/bookings", body=_booking_of("Kite")),
    "book, asked again": Asked(f"POST {PATH}/bookings", body=_booking_of("Orchard"), key="key-Orchard"),
    "own booking": Asked(f"GET {PATH}/bookings/{{booking_id}}", _of("booking_id", "Orchard")),
    "the other parent's booking": Asked(f"GET {PATH}/bookings/{{booking_id}}", _of("booking_id", "Harbour")),
    "answers": Asked(f"GET {PATH}/bookings/{{booking_id}}/answers", _of("booking_id", "Orchard")),
    "answers given anew": Asked(
        f"PUT {PATH}/bookings/{{booking_id}}/answers",
        _of("booking_id", "Orchard"),
        lambda _: {"form_version": 1, "answers": {"ill": "no"}},
        version=1,
    ),
    "consents": Asked(f"GET {PATH}/bookings/{{booking_id}}/consents", _of("booking_id", "Orchard")),
    "cancel": Asked(f"POST {PATH}/bookings/{{booking_id}}/cancel", _of("booking_id", "Orchard")),
    "cancellation": Asked(f"GET {PATH}/bookings/{{booking_id}}/cancellation", _of("booking_id", "Orchard")),
    "waiting list": Asked(f"GET {ME}/waiting-list", statuses=EMPTY),
    "wait": Asked(
        f"POST {PATH}/events/{{event_id}}/waiting-list",
        _of("event_id", "Maple"),
        lambda _: {"items": [{"pupil_id": CHILD}]},
    ),
    "wait no longer": Asked(f"DELETE {PATH}/waiting-list/{{waiting_id}}", _of("waiting_id", "Maple")),
    "accept": Asked(
        f"POST {PATH}/offers/{{waiting_id}}/accept",
        _of("waiting_id", "Nettle"),
        lambda _: {"items": [{"pupil_id": CHILD}]},
    ),
    "decline an offer": Asked(f"POST {PATH}/offers/{{waiting_id}}/decline", _of("waiting_id", "Nettle")),
    "checkout": Asked(f"POST {PATH}/bookings/{{booking_id}}/checkout", _of("booking_id", "Lantern")),
    "payments": Asked(f"GET {ME}/payments", statuses=EMPTY),
    "checkout of a payment": Asked(f"POST {PATH}/payments/{{payment_id}}/checkout", _of("payment_id", "Lantern")),
    "checkout together": Asked(f"POST {PATH}/checkouts", body=lambda home: {"payment_ids": [home.payments["Lantern"]]}),
    "contribution": Asked(
        f"POST {PATH}/bookings/{{booking_id}}/contribution",
        _of("booking_id", "Orchard"),
        lambda _: {"amount": {"amount": 500}},
    ),
    "payment": Asked(f"GET {PATH}/payments/{{payment_id}}", _of("payment_id", "Lantern")),
}
"""Every route a family may call."""

NOTHING_OF_THE_CHILD = {"device", "device removed"}
"""Routes that give nothing away and change nothing but the caller's own."""

READS = (
    "me",
    "invitations",
    "bookings",
    "sync",
    "inbox",
    "event",
    "documents",
    "slots",
    "waiting list",
    "own booking",
    "the other parent's booking",
)


def secrets_in(answer: Answer) -> list[str]:
    """What of the child an answer gives away; an app is told which things to forget by their ids, and nothing else."""
    body = answer.body
    if isinstance(body, dict) and "changes" in body:
        body = [one["content"] if one["what"] == "removed" else one for one in body["changes"]]
    return secrets_of(body)


def faults_of(asked: Asked, home: Household) -> list[str]:
    """What is wrong with the answer to somebody who has lost access; a refused request must change nothing."""
    before = everything()
    answer = asked.ask(home)
    faults = secrets_in(answer)
    if answer.status not in asked.statuses:
        faults.append(f"status {answer.status}")
    if (answer.body or {}).get("marked"):
        faults.append("entries counted")
    if answer.status == 404 and everything() != before:
        faults.append("something changed")
    return faults


def test_every_route_of_a_family_is_asked_here() -> None:
    of_families = {known.rule.key for known in ROUTES if "parent" in known.rule.roles}
    assert {asked.route for asked in ASKED.values()} == of_families


@pytest.mark.parametrize("name", ASKED)
def test_before_anything_is_lost_the_father_is_answered(home: Household, name: str) -> None:
    answer = ASKED[name].ask(home)
    assert answer.status in {200, 201, 303, 409}, answer
    if name in READS:
        assert secrets_of(answer.body)


@pytest.mark.parametrize("name", sorted(ASKED.keys() - NOTHING_OF_THE_CHILD))
def test_every_request_reads_the_link_the_contact_and_the_child_strongly(
    home: Household, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Twice: what was read for the request before counts for nothing."""
    dispatch = Connection.dispatch
    read: list[str] = []

    def watched(connection: Connection, operation: str, request: dict[str, Any]) -> Any:
        answer = dispatch(connection, operation, request)
        read.extend(_read_strongly(operation, request))
        return answer

    monkeypatch.setattr(Connection, "dispatch", watched)
    for _ in range(2):
        read.clear()
        ASKED[name].ask(home)
        assert any("CONTACT#contact-2" in one for one in read), read
        assert any("PUPIL#pupil-1" in one and '"PUPIL"' in one for one in read), read


def _read_strongly(operation: str, request: Mapping[str, Any]) -> Iterator[str]:
    """The keys that a call read from the People table, strongly; of a query, what it asked for."""
    if operation == "BatchGetItem":
        asked = request["RequestItems"].get("People", {})
        yield from (json.dumps(key) for key in asked.get("Keys", ()) if asked["ConsistentRead"])
    elif request.get("TableName") == "People" and request.get("ConsistentRead"):
        yield json.dumps(request.get("Key") or request.get("ExpressionAttributeValues"))


@pytest.mark.parametrize("loss", LOSSES)
def test_who_has_lost_access_sees_nothing_at_the_very_next_request(home: Household, loss: str) -> None:
    LOSSES[loss]()
    assert {name: faults for name, asked in ASKED.items() if (faults := faults_of(asked, home))} == {}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_refresh_says_nothing_of_what_happened_before_or_after_the_loss(home: Household, loss: str) -> None:
    cursor = ASKED["sync"].ask(home).body["cursor"]
    ASKED["decline"].ask(home, MOTHER)
    LOSSES[loss]()
    answer = call(f"GET {ME}/sync", FATHER, query={"cursor": cursor})
    assert answer.status == 200
    assert secrets_in(answer) == []


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "pupil removed"])
def test_the_other_parent_keeps_everything(home: Household, loss: str) -> None:
    before = {name: ASKED[name].ask(home, MOTHER) for name in READS}
    LOSSES[loss]()
    for name in READS:
        after = ASKED[name].ask(home, MOTHER)
        assert (after.status, _without_cursor(after)) == (before[name].status, _without_cursor(before[name])), name
    assert ASKED["book"].ask(home, MOTHER).status == 201
    assert call(f"GET {PATH}/payments/{{payment_id}}", MOTHER, {"payment_id": home.payments["Harbour"]}).status == 200


def _without_cursor(answer: Answer) -> Any:
    return {name: value for name, value in answer.body.items() if name != "cursor"}


@pytest.mark.parametrize("loss", LOSSES)
def test_what_was_queued_before_is_delivered_to_who_has_access_then(
    home: Household, push_services: PushServices, loss: str
) -> None:
    for person in (MOTHER, FATHER):
        body = {"platform": "ios", "token": person}
        call(f"PUT {ME}/devices/{{device_id}}", person, {"device_id": "phone"}, body=body)
    event_id = home.events["Kite"]
    queued = [
        {"kind": "changed", "pupil_id": CHILD, "thing": "event", "thing_id": event_id},
        {"kind": "refunded", "contact_id": FATHER, "thing": "payment", "thing_id": home.payments["Lantern"]},
    ]
    LOSSES[loss]()
    before = {person: _inbox(person) for person in (MOTHER, FATHER)}
    for number, telling in enumerate(queued):
        common = {"school_id": SCHOOL, "change_id": f"late-{number}", "occurred_at": "2026-11-23T09:30:00.000Z"}
        deliver(world.as_system(LATER), Telling.model_validate(common | {"event_id": event_id} | telling))
    assert _inbox(FATHER) == before[FATHER]
    assert not [one for one in push_services.published if one["to"].endswith(FATHER)]
    told = len(_inbox(MOTHER)) - len(before[MOTHER])
    assert told == (0 if loss == "pupil removed" else 1)


def _inbox(person: str) -> list[str]:
    return [entry.id for entry in inboxes.entries(SCHOOL, Actor("contact", person))]


@pytest.mark.parametrize("name", sorted(ASKED.keys() - NOTHING_OF_THE_CHILD))
def test_without_the_check_of_links_every_route_would_be_noticed(
    home: Household, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    LOSSES["link restricted"]()
    monkeypatch.setattr(rules, "is_open", lambda _link, _day: True)
    monkeypatch.setattr(store, "link_is_open", lambda _day: store.LinkItem.pk.exists())
    assert faults_of(ASKED[name], home) != []


@pytest.mark.parametrize("name", sorted(ASKED.keys() - NOTHING_OF_THE_CHILD))
def test_without_the_check_of_the_contact_every_route_would_be_noticed(
    home: Household, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    LOSSES["contact removed"]()
    monkeypatch.setattr(access, "_is_gone", lambda _contact: False)
    assert faults_of(ASKED[name], home) != []


@pytest.mark.parametrize(
    ("ends_on", "still_open", "closed"),
    [
        (date(2026, 11, 23), "2026-11-23T23:59:59Z", "2026-11-24T00:00:00Z"),
        (date(2027, 3, 27), "2027-03-27T23:59:59Z", "2027-03-28T00:00:00Z"),
        (date(2027, 3, 28), "2027-03-28T22:59:59Z", "2027-03-28T23:00:00Z"),
        (date(2027, 7, 1), "2027-07-01T22:59:59Z", "2027-07-01T23:00:00Z"),
        (date(2027, 10, 30), "2027-10-30T22:59:59Z", "2027-10-30T23:00:00Z"),
        (date(2027, 10, 31), "2027-10-31T23:59:59Z", "2027-11-01T00:00:00Z"),
    ],
    ids=[
        "today",
        "the day before the clocks go forward",
        "that day",
        "summer",
        "the day before they go back",
        "that day",
    ],
)
def test_a_link_is_open_to_the_end_of_its_last_day_in_london(
    home: Household, ends_on: date, still_open: str, closed: str
) -> None:
    """Seen by a request and by what a write depends on."""
    say(link_told(FATHER, CHILD, ends_on=ends_on, version=2))
    for moment, is_open in ((still_open, True), (closed, False)):
        with time_machine.travel(moment, tick=False):
            (mine,) = ASKED["me"].ask(home).body["memberships"]
            assert [child["id"] for child in mine["children"]] == ([CHILD] if is_open else [])
            ctx = a_context(actor=Actor("contact", FATHER), now=clock.utc_now())
            transaction = Transaction(ctx)
            access.check_link(transaction, ctx, FATHER, CHILD)
            with nullcontext() if is_open else pytest.raises(NotFound):
                transaction.commit()


def test_of_ones_own_payment_only_the_money_outlives_the_link_while_another_child_is_ones_own(home: Household) -> None:
    say(pupil_told("pupil-2", "Other", "Child"), link_told(FATHER, "pupil-2"))
    say(link_told(FATHER, CHILD, restricted=True, version=2))
    answer = ASKED["payment"].ask(home)
    assert (answer.status, answer.body["amount"]["amount"]) == (200, 1250)
    assert not [
        secret for secret in ("pupil-1", "Amaryllis", "Quennell", "Lantern") if secret in json.dumps(answer.body)
    ]
    refused = [name for name in ASKED if ASKED[name].statuses == (404,) and name != "payment"]
    assert {name: faults for name in refused if (faults := faults_of(ASKED[name], home))} == {}


@pytest.mark.parametrize("name", sorted(ASKED.keys() - NOTHING_OF_THE_CHILD - {"book"}))
def test_without_the_check_of_the_child_every_route_would_be_noticed(
    home: Household, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Booking looks at the roll as well."""
    LOSSES["pupil removed"]()
    kept = Pupil(id=CHILD, first_name="Amaryllis", last_name="Quennell")
    monkeypatch.setattr(store, "to_pupil", lambda _item: kept)
    assert faults_of(ASKED[name], home) != []
