"""No function lets anything of a person out: not in logs or metrics, dead letters' attributes, errors, pushes (I4).

Each is given everything it can be given, good and bad, about people whose names are found nowhere else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pynamodb.connection.base import Connection

from functions.portal_sync import handler as portal_sync
from local.stripe.signing import header as stripe_header
from school_events.bookings import places
from school_events.core import aws
from school_events.core.logs import logger
from school_events.events import lifecycle
from school_events.events import service as events
from school_events.events.api import NewEvent
from school_events.events.store import find_event, sessions_of
from school_events.invitations import service as invitations
from school_events.invitations.audience import Audience
from school_events.payments.events.store import begin_sweeps
from school_events.payments.reconciliation.store import check_item
from school_events.people import dropped, intake
from tests.support import booked_world as world
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of, sqs_event
from tests.support.people import PortalMessage, portal_message, received, school_told
from tests.support.portal_queue import on_the_bus, say
from tests.support.push_services import PushServices, push_services
from tests.support.snapshots import make_bucket, packed, put
from tests.support.streams import failure_report, row_record, stream_event
from tests.support.tables import STREAMED, messages, rows
from tests.unit.architecture.routes import HANDLERS, ROUTES, Known
from tests.unit.functions import canaries
from tests.unit.functions.canaries import CANARIES, EMAIL, FIRST, LAST, POISON, Watch

__all__ = ["push_services"]

TIME_IS_OVER = "2029-09-01T02:00:00+01:00"
"""When a pupil who leaves in this academic year is forgotten."""

PERSONS = {"school_admin": "staff-admin", "finance": "staff-admin", "staff": "staff-1", "parent": "contact-1"}


@pytest.fixture
def watch(
    tables: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> Iterator[Watch]:
    """Everything that comes out, while the school of canaries stands."""
    with time_machine.travel(NOW, tick=False), canaries.watched(monkeypatch, caplog, capsys) as one:
        make_bucket()
        say(*canaries.EVERYBODY)
        yield one


def call(function: str, event: Any) -> Any:
    """One invocation."""
    return HANDLERS[function].lambda_handler(event, LambdaContext(remaining_ms=60_000))


def an_event() -> str:
    """A trip with a form, to which the pupil is invited."""
    asked = {
        "kind": "trip",
        "title": "Science Museum",
        "takes_place": {"starts_at": "2026-12-04T08:30", "ends_at": "2026-12-04T16:00"},
        "capacity": 3,
        "price": {"amount": 0},
        "booking_window": {"opens_at": world.OPENS_AT.isoformat(), "closes_at": world.CLOSES_AT.isoformat()},
        "form": {
            "questions": [
                {"id": "note", "kind": "text", "prompt": "Anything else?", "required": False},
                {"id": "allergies", "kind": "text", "prompt": "Allergies?", "required": False, "sensitive": "medical"},
            ]
        },
    }
    made = events.create(a_context(), world.UNASKED, NewEvent.model_validate(asked))
    lifecycle.publish(a_context(), made.id, places.make_places)
    invitations.invite(a_context(), world.UNASKED, made.id, Audience.model_validate({"pupils": ("pupil-1",)}))
    return find_event(SCHOOL, made.id).id


def a_booking(event_id: str, answer: str = canaries.ANSWER) -> dict[str, Any]:
    """The mother books, and answers the form."""
    answers = {"allergies": answer, "note": answer}
    body = {"event_id": event_id, "items": [{"pupil_id": "pupil-1", "answers": answers}]}
    route = "POST /v1/schools/{school_id}/bookings"
    answered: dict[str, Any] = call("bookings", http_event(route, body=body, roles=("parent",), person="contact-1"))
    return answered


def ask_everything(function: str, watch: Watch) -> None:
    """Every route of a function, with well-formed requests and with canaries in every place of a request."""
    event_id = an_event()
    booked = json_of(a_booking(event_id))
    real = {
        "event_id": event_id,
        "booking_id": booked["booking_ids"][0],
        "pupil_id": "pupil-1",
        "contact_id": "contact-1",
        "staff_id": "staff-1",
        "invitation_id": f"{event_id}~pupil-1",
        "device_id": "phone",
        "name": "participation",
    }
    for known in (one for one in ROUTES if one.function == function and one.in_school):
        _ask(known, {name: real.get(name, "no-such") for name in known.parameters()}, watch)
        for canary in (FIRST, EMAIL, f"{FIRST} {LAST}"):
            _ask(known, dict.fromkeys(known.parameters(), canary), watch, canary)


def _ask(known: Known, parameters: Mapping[str, str], watch: Watch, canary: str = "") -> None:
    body: Any = None
    if known.rule.method not in {"GET", "DELETE"}:
        body = {"name": canary, "event_id": canary, "items": [{"pupil_id": canary, "answers": {"allergies": canary}}]}
    query = dict.fromkeys(("name", "year", "form", "cursor", "limit", "from", "to", "since", canary), canary)
    for role in sorted(known.rule.roles):
        event = http_event(
            known.rule.key,
            parameters,
            body,
            roles=(role,),
            person=PERSONS[role],
            query={name: value for name, value in query.items() if name} if canary else None,
            headers={"Idempotency-Key": canary, "If-Match": canary, "X-Name": canary} if canary else None,
        )
        answer = call(known.function, event)
        if answer["statusCode"] >= 400:
            watch.also(answer["body"])
        assert answer["statusCode"] != 500


def visit_portal_sync(watch: Watch) -> None:
    """Good, bad, withheld, waiting and contradicting messages, junk, and a table that breaks with names in it."""
    bodies = [on_the_bus(one) for one in (*POISON, canaries.a_pupil(3), canaries.a_contact(3, last_name="Other"))]
    unknown = on_the_bus(canaries.a_pupil()) | {"detail-type": "PupilChanged.v2"}
    elsewhere = on_the_bus(canaries.a_pupil()) | {"source": EMAIL}
    call("portal_sync", sqs_event(*bodies, unknown, elsewhere, *canaries.JUNK, queue="portal"))
    say(canaries.a_pupil(school_id="school-9"))
    say(school_told(categories=[], version=2), canaries.a_pupil(4), canaries.a_contact(4), canaries.a_teacher(4))
    say(canaries.a_pupil(4, first_name=LAST))
    _say_that_the_pupil_has_left()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(Connection, "dispatch", _broken)
        call("portal_sync", sqs_event(on_the_bus(canaries.a_pupil(9)), queue="portal"))
    ended = portal_message("SchoolContractEnded", {"ended_on": "2026-11-01"}, version=9)
    say(ended)
    call("portal_sync", sqs_event(on_the_bus(canaries.a_pupil(9)), queue="portal"))


def _broken(*_: Any, **__: Any) -> Any:
    raise ConnectionError(f"could not write {FIRST} {LAST} {EMAIL}")


def visit_reconciliation(watch: Watch) -> None:
    """A snapshot with drift, with lines that cannot be read, one that is not what was told; a withdrawal."""
    lines: list[PortalMessage | bytes] = [
        *canaries.EVERYBODY[:3],
        canaries.a_pupil(2, first_name="Other"),
        *POISON,
        b"{" + FIRST.encode() + b"\n",
    ]
    whole = put(packed(lines), records=len(lines), taken_at=NOW - timedelta(hours=2))
    short = put(packed([canaries.a_pupil(3)]), records=9, taken_at=NOW - timedelta(hours=1))
    foreign = put(packed([canaries.a_pupil(3, school_id="school-2")]), records=1, taken_at=NOW - timedelta(minutes=30))
    torn = put(FIRST.encode(), records=1, taken_at=NOW - timedelta(minutes=20))
    for one in (whole, short, foreign, torn):
        call("reconciliation", sqs_event(one.model_dump(mode="json")))
    say(school_told(categories=["pupil_name"], version=2))
    for asked in messages("reconciliation"):
        call("reconciliation", sqs_event(asked))
    call("reconciliation", sqs_event({"kind": FIRST, "school_id": LAST}, "{" + FIRST))
    reports = [row["report"]["S"] for row in rows("People") if row["kind"]["S"] == "snapshot"]
    assert len(reports) == 4
    watch.also(reports)


def visit_outbox(watch: Watch) -> None:
    """Everything written, a record that cannot be read, and what Lambda gave up on."""
    a_booking(an_event())
    records = [row_record(row) for table in sorted(STREAMED) for row in rows(table)]
    bus = aws.client("events")
    put_events = bus.put_events

    def seen(Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto's name
        watch.also(Entries)
        return put_events(Entries=Entries)

    with pytest.MonkeyPatch.context() as spied:
        spied.setattr(bus, "put_events", seen)
        _follow(records, watch)
    assert '"DetailType": "BookingConfirmed.v2"' in watch.text()


def _follow(records: list[dict[str, Any]], watch: Watch) -> None:
    broken = row_record(records[0]["dynamodb"]["NewImage"] | {"kind": {"S": FIRST}, "record": {"S": f"{{{LAST}"}})
    call("outbox", stream_event(*records, broken))
    watch.also(call("outbox", failure_report(stream_event(*records, broken))))
    watch.also(rows("Audit"))
    assert rows("Audit")


def visit_notifications(watch: Watch, services: PushServices) -> None:
    """A telling that is delivered and pushed, one whose push fails, one that cannot be read."""
    for token in (f"{FIRST}-token", "second"):
        body = {"platform": "ios", "token": token}
        route = "PUT /v1/schools/{school_id}/me/devices/{device_id}"
        call("family", http_event(route, {"device_id": token}, body, roles=("parent",), person="contact-1"))
    services.faults[next(one for one in services.endpoints if one.endswith("second"))] = "InternalError"
    told = {"school_id": SCHOOL, "change_id": "change-1", "kind": "invited", "occurred_at": "2026-11-23T08:59:00.000Z"}
    about = {"pupil_id": "pupil-1", "event_id": "event-1", "thing": "invitation", "thing_id": "event-1~pupil-1"}
    unreadable = told | about | {FIRST: LAST, "occurred_at": EMAIL}
    answer = call("notifications", sqs_event(told | about, unreadable, f"{{{FIRST}"))
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["message-1", "message-2", "message-3"]
    assert services.published
    watch.pushed += [one["message"] for one in services.published]


def visit_report_export(watch: Watch) -> None:
    """Files are made, one of an event that is gone, one that breaks; what is asked for cannot be read."""
    event_id = an_event()
    a_booking(event_id)
    for wanted in ({"name": "participation", "format": "csv"}, {"name": "participation", "format": "xlsx"}):
        call("reports", http_event("POST /v1/schools/{school_id}/reports", body=wanted))
    asked = messages("exports")
    assert call("report_export", sqs_event(*asked[:1]))["batchItemFailures"] == []
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("school_events.reports.gateway.keep_file", _broken)
        call("report_export", sqs_event(*asked[1:], {FIRST: LAST}, f"{{{EMAIL}"))


def visit_registers(watch: Watch) -> None:
    """Every route; then the day: somebody absent, somebody who may not collect, marks with names in their ids."""
    ask_everything("registers", watch)
    event_id = an_event()
    a_booking(event_id)
    (session,) = sessions_of(SCHOOL, event_id)
    with time_machine.travel(session.starts_at, tick=False):
        mark = {"pupil_id": "pupil-1", "at": session.starts_at.isoformat()}
        taken = mark | {"state": "collected", "collected_by": LAST}
        marks = [mark | {"id": FIRST, "state": "absent"}, taken | {"id": "m2"}, mark | {"id": "m3", "state": FIRST}]
        named = {"event_id": event_id, "session_id": session.id}
        route = "PUT /v1/schools/{school_id}/events/{event_id}/sessions/{session_id}/register"
        for body, status in ((marks, 422), (marks[:2], 200)):
            answer = call("registers", http_event(route, named, {"marks": body}))
            assert answer["statusCode"] == status
            watch.also(answer["body"] if status == 422 else "")
    _follow([row_record(row) for row in rows("Bookings")], watch)


def visit_booking_answers(watch: Watch) -> None:
    """Every route; answers given, corrected and wrong; one that KMS cannot read; one that it cannot encrypt."""
    ask_everything("booking_answers", watch)
    event_id = an_event()
    booking_id = json_of(a_booking(event_id))["booking_ids"][0]
    route = "/v1/schools/{school_id}/bookings/{booking_id}/answers"

    def put(version: int, answers: dict[str, str]) -> dict[str, Any]:
        body, named = {"form_version": 1, "answers": answers}, {"booking_id": booking_id}
        asked = http_event(
            f"PUT {route}", named, body, roles=("parent",), person="contact-1", headers={"If-Match": f'"{version}"'}
        )
        answered: dict[str, Any] = call("booking_answers", asked)
        return answered

    assert put(1, {"allergies": canaries.ANSWER, "note": canaries.ANSWER})["statusCode"] == 200
    refused = put(2, {"allergies": canaries.ANSWER * 2000, "note": f"{FIRST} {LAST}" * 200})
    assert refused["statusCode"] == 422
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(aws.client("kms"), "encrypt", _broken)
        failed = put(2, {"allergies": canaries.ANSWER})
    assert failed["statusCode"] == 500
    watch.also([refused["body"], failed["body"]])


def visit_event_documents(watch: Watch) -> None:
    """Every route; a document called after somebody is refused, then confirmed, and its link names nobody."""
    ask_everything("event_documents", watch)
    route = "/v1/schools/{school_id}/events/{event_id}/documents"
    event_id = an_event()
    body = {"name": f"{FIRST} {LAST}", "kind": "letter", "content_type": "application/pdf", "size": 20}
    asked = json_of(call("event_documents", http_event(f"POST {route}", {"event_id": event_id}, body)))
    named = {"event_id": event_id, "document_id": asked["document"]["id"]}
    place = {"Bucket": "documents", "Key": asked["upload"]["fields"]["key"], "ContentType": "application/pdf"}
    for content, status in ((FIRST, 422), (f"%PDF-{FIRST}".ljust(20), 200)):
        aws.client("s3").put_object(**place, Body=content.encode())
        confirmed = call("event_documents", http_event(f"POST {route}/{{document_id}}/confirm", named))
        assert confirmed["statusCode"] == status
        watch.also(confirmed["body"] if status == 422 else "")
    fetched = call("event_documents", http_event(f"GET {route}/{{document_id}}/file", named))
    assert fetched["statusCode"] == 303
    watch.also([asked["upload"], fetched["headers"]])


def visit_invitation_fanout(watch: Watch) -> None:
    """A family is reminded; messages that cannot be read, or that are about nobody."""
    event_id = an_event()
    route = "POST /v1/schools/{school_id}/events/{event_id}/reminders"
    assert json_of(call("invitations", http_event(route, {"event_id": event_id}, {})))["waiting"] == 1
    (asked,) = [row["sk"]["S"].removeprefix("ROUND#") for row in rows("Events") if row["kind"]["S"] == "round"]
    message = {"school_id": SCHOOL, "event_id": event_id, "round_id": asked}
    nobody = message | {"round_id": f"{FIRST} {LAST}"}
    answer = call("invitation_fanout", sqs_event(message, nobody, {FIRST: LAST}, f"{{{EMAIL}"))
    assert len(answer["batchItemFailures"]) == 2
    assert any("reminded_on" in row for row in rows("Events"))
    watch.also(answer)


def visit_housekeeping(watch: Watch) -> None:
    """A message that has waited too long for its school is put aside; everything else that is due."""
    say(canaries.a_pupil(school_id="school-9"))
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        watch.also(call("housekeeping", {}))
    dead = watch.text()
    assert "unauthorised-school" in dead
    watch.also(dead)


def visit_retention(watch: Watch) -> None:
    """Somebody whose time is over."""
    _say_that_the_pupil_has_left()
    with time_machine.travel(TIME_IS_OVER, tick=False):
        assert call("retention", {}) == {"handed_on": 1, "erased": 0}


def visit_anonymise(watch: Watch) -> None:
    """They are forgotten; a message that cannot be read."""
    a_booking(an_event())
    _say_that_the_pupil_has_left()
    with time_machine.travel(TIME_IS_OVER, tick=False):
        call("retention", {})
        asked = messages("anonymise")
        assert call("anonymise", sqs_event(*asked))["batchItemFailures"] == []
        call("anonymise", sqs_event({"school_id": SCHOOL, "kind": "pupil", "ids": [f"{FIRST} {LAST}"]}, f"{{{EMAIL}"))
    watch.also([row for row in rows("People") if row["pk"]["S"].endswith("pupil-1")])


def _say_that_the_pupil_has_left() -> None:
    say(portal_message("PupilLeft", {"pupil_id": "pupil-1", "left_on": "2026-11-20"}, version=5))


def visit_stripe_webhook(watch: Watch) -> None:
    """Webhooks with somebody's billing details in them: one that proves nothing, and one that is queued by its ids."""
    paid = {"id": "cs_1", "customer_details": {"email": EMAIL, "name": f"{FIRST} {LAST}"}, "metadata": {FIRST: LAST}}
    body = {"id": "evt_1", "object": "event", "type": "x", "livemode": False, "account": "acct_1"}
    event = http_event("POST /v1/webhooks/stripe", roles=(), body=body | {"data": {"object": paid}})
    signature = stripe_header(event["body"].encode(), "whsec_test", int(NOW.timestamp()))
    for header, status in ((f"t={FIRST},v1={LAST}", 400), (signature, 200)):
        event["headers"]["stripe-signature"] = header
        answer = call("stripe_webhook", event)
        assert answer["statusCode"] == status
        watch.also(answer["body"])
    (queued,) = messages("stripe-events")
    watch.also(queued)


def visit_stripe_sweep(watch: Watch) -> None:
    """An account that cannot be asked, with names in what went wrong."""
    begin_sweeps(SCHOOL, "acct_1", NOW)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("school_events.payments.events.gateway.events_of", _broken)
        assert call("stripe_sweep", {})["failed"] == 1


def visit_money_check(watch: Watch) -> None:
    """An account that cannot be compared, with names in what went wrong."""
    check_item(SCHOOL, "acct_1", NOW - timedelta(days=1)).save()
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("school_events.payments.ledger.gateway.movements_since", _broken)
        assert call("money_check", {})["failed"] == 1


def visit_stripe_events(watch: Watch) -> None:
    """Events of nobody's account, and what is no event."""
    event = {"event_id": "evt_1", "type": FIRST, "account": EMAIL, "object_id": LAST, "payment_id": None}
    call("stripe_events", sqs_event(event, {FIRST: LAST}, f"{{{EMAIL}"))


def asking(function: str) -> Callable[[Watch], None]:
    """Asks every route of a function."""
    return lambda watch: ask_everything(function, watch)


VISITS: dict[str, Callable[[Watch], None]] = {
    "anonymise": visit_anonymise,
    "booking_answers": visit_booking_answers,
    "bookings": asking("bookings"),
    "checkouts": asking("checkouts"),
    "docs": lambda _: None,
    "event_documents": visit_event_documents,
    "event_lifecycle": asking("event_lifecycle"),
    "event_sessions": asking("event_sessions"),
    "event_slots": asking("event_slots"),
    "event_staff": asking("event_staff"),
    "events": asking("events"),
    "family": asking("family"),
    "form_templates": asking("form_templates"),
    "housekeeping": visit_housekeeping,
    "invitation_fanout": visit_invitation_fanout,
    "invitations": asking("invitations"),
    "money_check": visit_money_check,
    "outbox": visit_outbox,
    "payments": asking("payments"),
    "payouts": asking("payouts"),
    "people": asking("people"),
    "portal_sync": visit_portal_sync,
    "receipts": asking("receipts"),
    "reconciliation": visit_reconciliation,
    "refunds": asking("refunds"),
    "registers": visit_registers,
    "report_export": visit_report_export,
    "reports": asking("reports"),
    "retention": visit_retention,
    "stripe_events": visit_stripe_events,
    "stripe_sweep": visit_stripe_sweep,
    "stripe_webhook": visit_stripe_webhook,
    "waiting_list": asking("waiting_list"),
}
"""What each function is given; ``docs`` reads nothing, ``notifications`` needs push services."""


def test_every_function_is_visited() -> None:
    assert {*VISITS, "notifications"} == set(HANDLERS)


@pytest.mark.parametrize("function", VISITS)
def test_a_function_lets_nothing_personal_out(watch: Watch, function: str) -> None:
    VISITS[function](watch)
    assert watch.canaries() == []


def test_notifications_let_nothing_personal_out(watch: Watch, push_services: PushServices) -> None:
    visit_notifications(watch, push_services)
    assert watch.canaries() == []


def test_what_is_watched_is_really_seen(watch: Watch) -> None:
    visit_portal_sync(watch)
    text = watch.text()
    for said in ("message refused", "PortalMessagesRefused", "PortalSyncLag", '"StringValue": "invalid:'):
        assert said in text, said


LEAKS: dict[str, tuple[Any, str, Any]] = {
    "in a reason": (intake.NeverRight, "label", property(lambda _: f"invalid: {canaries.WRONG_SEN}")),
    "in the name of a field": (dropped, "_FIELD_NAME", re.compile(".*")),
    "in what is printed": (portal_sync, "_refuse", lambda body, *_: print(body)),
    "in a log line": (portal_sync, "_refuse", lambda body, *_: logger.warning("refused", body=body)),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_would_be_noticed(watch: Watch, monkeypatch: pytest.MonkeyPatch, leak: str) -> None:
    monkeypatch.setattr(*LEAKS[leak])
    visit_portal_sync(watch)
    assert watch.canaries() != []


@pytest.mark.parametrize("message", POISON, ids=lambda message: message[0])
def test_a_refusal_says_nothing_of_what_was_refused(message: Any) -> None:
    with pytest.raises(intake.NeverRight) as refused:
        received(message)
    told = f"{refused.value} {refused.value!r} {refused.value.label} {refused.value.__cause__}"
    assert [canary for canary in CANARIES if canary in told] == []
