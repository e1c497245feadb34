"""The report routes, from request to answer, on tables in memory."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from functions.reports.handler import lambda_handler
from school_events.bookings.model import BookingState
from school_events.events.store import allocation_key
from school_events.payments.ledger.model import LedgerAccount
from school_events.reports import service, store
from school_events.reports.model import FailureReason
from tests.support import tables as cloud
from tests.support.contexts import NOW, SCHOOL, TEACHER
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.unit.reports import things

READ = "GET /v1/schools/{school_id}/reports/{name}"
ASK = "POST /v1/schools/{school_id}/reports"
FOLLOW = "GET /v1/schools/{school_id}/report-exports/{export_id}"
FETCH = "GET /v1/schools/{school_id}/report-exports/{export_id}/file"
ADMIN, FINANCE, STAFF, PARENT = ("school_admin",), ("finance",), ("staff",), ("parent",)
PEOPLE: dict[tuple[str, ...], str] = {
    ADMIN: "staff-admin",
    FINANCE: "staff-bursar",
    STAFF: TEACHER.id,
    PARENT: "contact-1",
}


@pytest.fixture(autouse=True)
def school(tables: None) -> None:
    things.a_school()
    things.a_contact()
    things.a_pupil("pupil-1")
    things.an_event()
    things.a_booking("booking_1")
    things.a_paid_payment("payment_1")


def call(
    route: str,
    parameters: Mapping[str, str] | None = None,
    body: Any = None,
    *,
    roles: tuple[str, ...] = ADMIN,
    query: Mapping[str, str] | None = None,
    key: str | None = None,
    school_id: str = SCHOOL,
) -> dict[str, Any]:
    event = http_event(
        route,
        parameters,
        body,
        roles=roles,
        person=PEOPLE[roles],
        query=query,
        headers={"Idempotency-Key": key} if key else None,
        school_id=school_id,
    )
    return lambda_handler(event, LambdaContext())


def read(name: str, *, roles: tuple[str, ...] = ADMIN, **query: Any) -> dict[str, Any]:
    return call(READ, {"name": name}, roles=roles, query=query)


def an_export(*, roles: tuple[str, ...] = ADMIN, key: str | None = None, **body: Any) -> dict[str, Any]:
    return call(ASK, body={"name": "participation", "format": "csv"} | body, roles=roles, key=key)


def a_ready_export(*, roles: tuple[str, ...] = ADMIN, **body: Any) -> str:
    export_id = str(json_of(an_export(roles=roles, **body))["id"])
    assert store.begin(SCHOOL, export_id)
    assert store.finish(SCHOOL, export_id, 1, datetime.now(UTC))
    return export_id


def audited() -> list[tuple[str, str, str]]:
    return [(row["action"]["S"], row["actor"]["S"], row["subject"]["S"]) for row in cloud.rows("Audit")]


def test_participation_names_each_child_with_year_and_form_and_no_characteristic() -> None:
    answer = json_of(read("participation"))
    assert answer["items"] == [
        {
            "event": "Castle trip",
            "starts_on": "2026-12-04",
            "last_name": "O'Connor",
            "first_name": "Zoë",
            "year_group": "8",
            "registration_group": "8B",
            "state": "confirmed",
            "booked_at": "2026-11-23T09:00:00.000Z",
            "booking_id": "booking_1",
        }
    ]
    assert [column["name"] for column in answer["columns"]] == list(answer["items"][0])
    assert {"label": "all", "rows": 1, "amount": None} in answer["totals"]
    assert answer["next_cursor"] is None


def test_a_child_who_is_no_longer_known_stays_in_the_count_without_a_name() -> None:
    things.a_booking("booking_2", pupil_id="gone")
    last = json_of(read("participation"))["items"][-1]
    assert (last["last_name"], last["first_name"], last["year_group"]) == ("Former pupil", None, None)


def test_payments_show_the_ledger_with_names_and_what_each_line_does_to_the_balance() -> None:
    things.a_refund("payment_1", 250, at=NOW + timedelta(hours=1))
    answer = json_of(read("payments", roles=FINANCE))
    shown = [(item["entry"], item["event"], item["payer"], item["amount"]["amount"]) for item in answer["items"]]
    assert shown == [
        ("charge", "Castle trip", "Ann O'Connor", 1250),
        ("fee", None, "Ann O'Connor", -39),
        ("refund", "Castle trip", "Ann O'Connor", -250),
    ]
    totals = {total["label"]: total["amount"]["amount"] for total in answer["totals"]}
    assert totals == {"charge": 1250, "refund": -250, "fee": -39, "balance": 961}


def test_what_was_never_at_stripe_is_shown_with_what_moved_and_leaves_the_balance_alone() -> None:
    cash, bank = LedgerAccount.CASH, LedgerAccount.BANK
    things.an_entry(
        "received-1", "payment_1", "received", cash, things.INCOME, 700, "event_1", NOW + timedelta(hours=1)
    )
    things.an_entry("payout-1", None, "payout", bank, things.BALANCE, 400, None, NOW + timedelta(hours=2))
    answer = json_of(read("payments", roles=FINANCE))
    names = ("entry", "payer", "payment_id", "amount", "to_account", "from_account", "moved")
    shown = [[item[name] for name in names] for item in answer["items"]][2:]
    nothing, gone = ({"amount": pence, "currency": "gbp"} for pence in (0, -400))
    received, sent = ({"amount": pence, "currency": "gbp"} for pence in (700, 400))
    assert shown == [
        ["received", "Ann O'Connor", "payment_1", nothing, "cash", "event_income", received],
        ["payout", "alias-payer", None, gone, "bank", "stripe_balance", sent],
    ]
    totals = {total["label"]: total["amount"]["amount"] for total in answer["totals"]}
    assert totals == {"charge": 1250, "refund": 0, "fee": -39, "received": 0, "payout": -400, "balance": 811}


def test_a_payer_who_is_no_longer_known_is_shown_by_alias() -> None:
    things.an_entry("charge-old", "payment_old", "charge", things.BALANCE, things.INCOME, 500, "event_1", NOW)
    payers = {item["payment_id"]: item["payer"] for item in json_of(read("payments"))["items"]}
    assert payers["payment_old"] == "alias-payer"


def test_an_event_and_days_narrow_a_report() -> None:
    things.an_event("event_2", "Zoo", date(2027, 1, 8))
    things.a_booking("booking_2", "event_2")
    things.a_paid_payment("payment_2", 800, "event_2", datetime(2027, 1, 8, 23, 30, tzinfo=UTC))

    def events(name: str, **query: Any) -> list[str | None]:
        return [item["event"] for item in json_of(read(name, **query))["items"]]

    assert events("participation") == ["Castle trip", "Zoo"]
    assert events("participation", event_id="event_2") == ["Zoo"]
    assert events("participation", since="2026-12-05") == ["Zoo"]
    assert events("participation", until="2026-12-04") == ["Castle trip"]
    assert events("payments", event_id="event_2") == ["Zoo"]
    assert events("payments", since="2027-01-08", until="2027-01-08") == ["Zoo", None]
    assert events("payments", since="2027-01-09") == []


@pytest.mark.parametrize("name", ["participation", "payments"])
def test_pages_joined_are_the_whole_report_and_the_last_has_its_totals(name: str) -> None:
    for number in range(2, 8):
        things.a_booking(f"booking_{number}", state=BookingState.CANCELLED if number % 2 else BookingState.CONFIRMED)
        things.a_paid_payment(f"payment_{number}", 100 * number, at=NOW + timedelta(minutes=number // 2))
    things.an_event("event_2", "Zoo", date(2027, 1, 8))
    things.a_booking("booking_9", "event_2")
    whole = json_of(read(name, limit="200"))
    joined: list[Any] = []
    query: dict[str, Any] = {"limit": "3"}
    while True:
        page = json_of(read(name, **query))
        joined += page["items"]
        assert len(page["items"]) <= 3
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert joined == whole["items"]
    assert page["totals"] == whole["totals"]


def test_a_page_looks_at_so_many_lines_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_LOOKED_AT", 1)
    first = json_of(read("payments", event_id="event_1"))
    second = json_of(read("payments", event_id="event_1", cursor=first["next_cursor"]))
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [1, 0, None]


def test_a_cursor_is_good_for_its_own_report_only() -> None:
    cursor = json_of(read("payments", limit="1"))["next_cursor"]
    for answer in (
        read("payments", cursor=cursor, since="2026-01-01"),
        read("participation", cursor=cursor),
        read("payments", cursor="AAAA"),
    ):
        assert answer["statusCode"] == 422
        assert json_of(answer)["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    ("name", "roles", "query", "status"),
    [
        ("participation", ADMIN, {}, 200),
        ("participation", FINANCE, {}, 403),
        ("participation", STAFF, {}, 403),
        ("participation", STAFF, {"event_id": "event_1"}, 404),
        ("participation", PARENT, {}, 403),
        ("payments", ADMIN, {}, 200),
        ("payments", FINANCE, {}, 200),
        ("payments", STAFF, {"event_id": "event_1"}, 403),
        ("payments", ADMIN, {"event_id": "event_404"}, 404),
        ("participation", ADMIN, {"event_id": "event_404"}, 404),
        ("salaries", ADMIN, {}, 404),
    ],
)
def test_a_report_is_for_those_it_names(
    name: str, roles: tuple[str, ...], query: Mapping[str, Any], status: int
) -> None:
    assert read(name, roles=roles, **query)["statusCode"] == status
    if status != 200 or name == "salaries":
        posted = an_export(roles=roles, name=name, filters=dict(query))
        assert posted["statusCode"] == (422 if name == "salaries" else status)
        assert cloud.rows("Reports") == []
        assert cloud.messages("exports") == []


def test_staff_read_and_export_their_own_event() -> None:
    things.an_allocation()
    assert read("participation", roles=STAFF, event_id="event_1")["statusCode"] == 200
    assert an_export(roles=STAFF, filters={"event_id": "event_1"})["statusCode"] == 202


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-12-02", "until": "2026-12-01"}, "until"),
        ({"event_id": "a b"}, "event_id"),
    ],
)
def test_a_bad_query_is_answered_by_naming_the_field(query: Mapping[str, Any], field: str) -> None:
    answer = read("payments", **query)
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "pdf"}, "format"),
        ({"name": "salaries"}, "name"),
        ({"filters": {"year": 8}}, "filters.year"),
        ({"filters": {"event_id": "a#b"}}, "filters.event_id"),
        ({"filters": {"since": 20261201}}, "filters.since"),
        ({"filters": {"since": "2026-12-02", "until": "2026-12-01"}}, "filters.until"),
        ({"email": "x@example.org"}, "email"),
    ],
)
def test_a_bad_order_is_answered_by_naming_the_field_and_changes_nothing(body: dict[str, Any], field: str) -> None:
    before = cloud.everything()
    answer = an_export(**body)
    assert answer["statusCode"] == 422
    assert json_of(answer)["errors"][0]["field"] == field
    assert cloud.everything() == before


def test_asking_queues_an_export_and_says_where_to_follow_it() -> None:
    answer = an_export(format="xlsx", filters={"event_id": "event_1"})
    export = json_of(answer)
    assert answer["statusCode"] == 202
    assert answer["headers"]["Location"] == f"/v1/schools/{SCHOOL}/report-exports/{export['id']}"
    assert (export["state"], export["rows"], export["file"], export["failure"]) == ("queued", 0, None, None)
    assert cloud.messages("exports") == [{"school_id": SCHOOL, "export_id": export["id"]}]
    assert json_of(call(FOLLOW, {"export_id": export["id"]})) == export
    assert audited() == [("report.requested", "alias-staff-admin", export["id"])]


def test_the_same_request_asked_again_is_the_same_export() -> None:
    first, second = an_export(key="k1"), an_export(key="k1")
    assert json_of(first) == json_of(second)
    assert len(cloud.rows("Reports")) == 1
    assert len(audited()) == 1
    assert an_export(key="k1", format="xlsx")["statusCode"] == 422
    assert json_of(an_export(key="k2"))["id"] != json_of(first)["id"]


def test_an_export_the_queue_did_not_take_is_queued_when_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("EXPORTS_QUEUE_URL", "https://sqs.eu-west-2.amazonaws.com/123456789012/missing")
        assert an_export(key="k1")["statusCode"] == 503
    assert an_export(key="k1")["statusCode"] == 202
    assert len(cloud.messages("exports")) == 1
    assert len(cloud.rows("Reports")) == 1


def test_a_finished_export_is_not_queued_again() -> None:
    export_id = json_of(an_export(key="k1"))["id"]
    cloud.messages("exports")
    store.fail(SCHOOL, export_id, FailureReason.TOO_LARGE)
    an_export(key="k1")
    assert cloud.messages("exports") == []
    failed = json_of(call(FOLLOW, {"export_id": export_id}))
    assert (failed["state"], failed["failure"]["reason"]) == ("failed", "too-large")


def test_the_file_is_reached_by_a_link_of_at_most_five_minutes_signed_for_one_object() -> None:
    export_id = a_ready_export(format="xlsx")
    export = json_of(call(FOLLOW, {"export_id": export_id}))
    assert export["file"] == f"/v1/schools/{SCHOOL}/report-exports/{export_id}/file"
    answer = call(FETCH, {"export_id": export_id})
    link = urlsplit(answer["headers"]["Location"])
    signed = parse_qs(link.query)
    assert (answer["statusCode"], answer["headers"]["Cache-Control"]) == (303, "no-store")
    assert link.hostname == "exports.s3.eu-west-2.amazonaws.com"
    assert link.path == f"/{SCHOOL}/{export_id}.xlsx"
    assert int(signed["X-Amz-Expires"][0]) == 300
    assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert signed["response-content-disposition"][0].startswith('attachment; filename="participation-20')
    assert audited()[-1] == ("report.downloaded", "alias-staff-admin", export_id)


def test_a_file_that_is_not_ready_is_a_conflict() -> None:
    export_id = json_of(an_export())["id"]
    assert call(FETCH, {"export_id": export_id})["statusCode"] == 409


@pytest.mark.parametrize("route", [FOLLOW, FETCH])
def test_an_export_of_somebody_else_answers_like_one_that_is_not_there(route: str) -> None:
    export_id = a_ready_export(name="payments")
    others = call(route, {"export_id": export_id}, roles=FINANCE)
    missing = call(route, {"export_id": "export_404"}, roles=FINANCE)
    assert (others["statusCode"], others["body"]) == (404, missing["body"])
    things.a_school("school-2")
    assert call(route, {"export_id": export_id}, school_id="school-2")["statusCode"] == 404


def test_an_administrator_may_fetch_what_another_asked_for() -> None:
    export_id = a_ready_export(name="payments", roles=FINANCE)
    assert call(FETCH, {"export_id": export_id})["statusCode"] == 303


def test_whether_the_report_may_be_read_is_asked_again_when_the_file_is_fetched() -> None:
    things.an_allocation()
    export_id = a_ready_export(roles=STAFF, filters={"event_id": "event_1"})
    assert call(FETCH, {"export_id": export_id}, roles=STAFF)["statusCode"] == 303
    key = allocation_key(SCHOOL, "event_1", TEACHER.id)
    key.item(key.pk, key.sk).delete()
    assert call(FETCH, {"export_id": export_id}, roles=STAFF)["statusCode"] == 404


def test_after_a_day_there_is_no_export_any_more() -> None:
    export_id = a_ready_export()
    now = datetime.now(UTC)
    with time_machine.travel(now + timedelta(hours=23, minutes=59), tick=False):
        answer = call(FETCH, {"export_id": export_id})
        assert int(parse_qs(urlsplit(answer["headers"]["Location"]).query)["X-Amz-Expires"][0]) <= 60
    with time_machine.travel(now + timedelta(hours=24, seconds=1), tick=False):
        assert call(FETCH, {"export_id": export_id})["statusCode"] == 404
        assert call(FOLLOW, {"export_id": export_id})["statusCode"] == 404
    expires_at = int(cloud.rows("Reports")[0]["expires_at"]["N"])
    assert abs(expires_at - (now + timedelta(hours=24)).timestamp()) < 60


def test_reading_on_screen_is_noted_by_alias_and_holds_no_name() -> None:
    read("participation", event_id="event_1")
    assert audited() == [("report.participation_read", "alias-staff-admin", "event_1")]
    assert "Zoë" not in json.dumps(cloud.rows("Audit"), ensure_ascii=False)


def test_nothing_of_a_child_is_kept_with_an_export() -> None:
    an_export(key="k1")
    kept = json.dumps([cloud.rows("Reports"), cloud.rows("Idempotency")], ensure_ascii=False)
    assert not any(word in kept for word in names())


def names() -> Iterable[str]:
    return ("Zoë", "O'Connor", "Castle trip")
