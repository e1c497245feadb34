"""An event's money through its routes: what is refused and which field is named, what the law allows, who sees what."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from school_events.events import store
from tests.support.contexts import NOW, SCHOOL
from tests.support.http_events import json_of
from tests.support.people import school_told, tell
from tests.support.tables import everything
from tests.unit.functions.events.asking import (
    CLUB,
    EVENT,
    EVENTS,
    TRIP,
    a_school_with_a_calendar,
    as_parent,
    as_staff,
    call,
    invited,
    made,
    published,
    version_of,
)

pytestmark = pytest.mark.usefixtures("tables")

BOARD = {"name": "Youth hostel", "kind": "board_and_lodging", "share": "per_pupil", "amount": {"amount": 9000}}
COACH = {"name": "Coach", "kind": "travel", "share": "shared", "amount": {"amount": 10000}}
REMITTED = {"applies_to": "free_school_meals", "percent": 100}
WEDNESDAY_TO_SUNDAY = {"starts_at": "2027-05-05T12:00", "ends_at": "2027-05-09T21:00"}
THURSDAY_TO_SUNDAY = {"starts_at": "2027-05-06T12:00", "ends_at": "2027-05-09T21:00"}
PARTS: dict[str, Any] = {
    "deposit": {"amount": 4000},
    "instalments": [
        {"amount": {"amount": 3000}, "due_on": "2027-02-01"},
        {"amount": {"amount": 2000}, "due_on": "2027-04-01"},
    ],
}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_school_with_a_calendar()
    with time_machine.travel(NOW, tick=False):
        yield


def residential(**others: Any) -> dict[str, Any]:
    """Four nights at £90, board and lodging, remitted in full for free school meals."""
    charging = {"costs": [BOARD], "remissions": [REMITTED]} | others.pop("charging", {})
    return TRIP | {"takes_place": WEDNESDAY_TO_SUNDAY, "price": {"amount": 9000}, "charging": charging} | others


def refused_field(body: dict[str, Any]) -> str:
    """The field that a refusal blames; nothing is changed."""
    before = everything()
    answer = call(f"POST {EVENTS}", body=body)
    assert answer["statusCode"] == 422, answer["body"]
    assert everything() == before
    return str(json_of(answer)["errors"][0]["field"])


def seen(event_id: str, **caller: Any) -> dict[str, Any]:
    """The event as somebody sees it."""
    answer = call(f"GET {EVENT}", event_id, **caller)
    assert answer["statusCode"] == 200, answer["body"]
    shown: dict[str, Any] = json_of(answer)
    return shown


def test_what_the_school_says_is_kept_and_shown_to_it_with_the_cost_and_the_rule() -> None:
    shown = seen(made(residential(cancellation=[{"until": "2027-03-01", "refund_percent": 50}])))
    assert shown["charging"]["costs"] == [BOARD | {"amount": {"amount": 9000, "currency": "gbp"}}]
    assert shown["charging"]["remissions"] == [REMITTED]
    assert shown["cost_per_pupil"]["amount"] == 9000
    assert shown["charging_rule"]["may_charge"] == "board_and_lodging"
    assert "5 of its 9 half-days" in shown["charging_rule"]["explanation"]
    assert shown["cancellation_policy"].startswith("If you cancel, up to and including 1 March 2027")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"charging": {"costs": [BOARD | {"amount": {"amount": 8999}}]}}, "price.amount"),
        ({"charging": {"costs": [BOARD | {"kind": "activities"}]}}, "price.amount"),
        ({"charging": {"remissions": []}}, "charging.remissions"),
        ({"charging": {"remissions": [REMITTED | {"percent": 99}]}}, "charging.remissions"),
        ({"charging": {"remissions": [REMITTED, REMITTED]}}, "charging.remissions.1.applies_to"),
        ({"charging": {"remissions": [REMITTED | {"percent": 101}]}}, "charging.remissions.0.percent"),
        ({"charging": {"remissions": [REMITTED | {"applies_to": "sen"}]}}, "charging.remissions.0.applies_to"),
        ({"charging": {"costs": [BOARD, COACH]}}, "charging.shared_by"),
        ({"charging": {"costs": [BOARD, COACH], "shared_by": 4}}, "charging.shared_by"),
        ({"charging": {"costs": [BOARD | {"amount": {"amount": 0}}]}}, "charging.costs.0.amount.amount"),
        ({"charging": {"costs": [BOARD | {"amount": {"amount": 60_000_000}}] * 2}}, "charging.costs"),
        ({"charging": {"voluntary_contribution": {"amount": 29}}}, "charging.voluntary_contribution.amount"),
        ({"charging": {"voluntary_contribution": {"amount": 30}}}, "charging.voluntary_contribution.amount"),
        ({"charging": {"sibling_discount": 101}}, "charging.sibling_discount"),
        ({"charging": {"deposit": {"amount": 9000}}}, "charging.deposit"),
        ({"charging": PARTS | {"deposit": {"amount": 29}}}, "charging.deposit.amount"),
        ({"charging": PARTS | {"deposit": {"amount": 4001}}}, "charging.instalments"),
        (
            {"charging": PARTS | {"instalments": [{"amount": {"amount": 5000}, "due_on": "2027-05-05"}]}},
            "charging.instalments.0.due_on",
        ),
        ({"charging": PARTS | {"instalments": PARTS["instalments"][::-1]}}, "charging.instalments.1.due_on"),
        ({"charging": {"school_hours": {"morning_ends_at": "08:59"}}}, "charging.school_hours.morning_ends_at"),
        ({"charging": {"not_bound": {"ground": "we_want_to", "reason": "x"}}}, "charging.not_bound.ground"),
        ({"charging": {"not_bound": {"ground": "music_tuition", "reason": ""}}}, "charging.not_bound.reason"),
        ({"charging": {"surcharge": 5}}, "charging.surcharge"),
        ({"price": {"amount": 1_000_001}}, "price.amount"),
        ({"cancellation": [{"until": "2027-05-10", "refund_percent": 50}]}, "cancellation.0.until"),
        ({"cancellation": [{"until": "2027-03-01", "refund_percent": 50}] * 2}, "cancellation.1.until"),
        (
            {
                "cancellation": [
                    {"until": "2027-03-01", "refund_percent": 50},
                    {"until": "2027-03-02", "refund_percent": 50},
                ]
            },
            "cancellation.1.refund_percent",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    assert refused_field(residential(**change)) == field


def test_remissions_and_discounts_need_a_price() -> None:
    free = TRIP | {"price": {"amount": 0}}
    assert refused_field(free | {"charging": {"remissions": [REMITTED]}}) == "charging.remissions"
    assert refused_field(free | {"charging": {"sibling_discount": 10}}) == "charging.sibling_discount"


def test_a_day_in_school_time_may_only_ask_for_a_voluntary_contribution() -> None:
    plain = {key: value for key, value in TRIP.items() if key != "charging"}
    assert refused_field(plain) == "price.amount"
    asked = plain | {"price": {"amount": 0}, "charging": {"voluntary_contribution": {"amount": 1250}}}
    assert seen(made(asked))["charging_rule"]["may_charge"] == "nothing"


def test_a_trip_mostly_out_of_school_time_may_charge_for_everything() -> None:
    trip = residential(takes_place=THURSDAY_TO_SUNDAY, charging={"costs": [BOARD | {"kind": "activities"}]})
    shown = seen(made(trip | {"charging": trip["charging"] | {"remissions": []}}))
    assert shown["charging_rule"]["may_charge"] == "everything"


def test_who_is_not_bound_by_the_law_says_why() -> None:
    reason = {"ground": "independent_school", "reason": "We are not state-funded."}
    shown = seen(made(residential(charging={"costs": [], "remissions": [], "not_bound": reason})))
    assert shown["charging"]["not_bound"] == reason
    assert shown["charging_rule"]["may_charge"] == "board_and_lodging"


def test_in_another_nation_another_law_counts() -> None:
    tell(school_told(nation="SCT", version=2))
    plain = {key: value for key, value in TRIP.items() if key != "charging"}
    assert seen(made(plain))["charging_rule"]["may_charge"] == "everything"


def test_a_club_after_school_may_cost_and_one_in_lessons_may_not() -> None:
    costs = CLUB | {"price": {"amount": 3000}}
    assert seen(made(costs))["charging_rule"]["may_charge"] == "everything"
    lesson = costs | {"meets": CLUB["meets"] | {"starts_at": "14:00", "ends_at": "15:00"}}
    assert refused_field(lesson) == "price.amount"


def test_a_change_is_checked_like_a_new_event_and_null_takes_the_charging_away() -> None:
    event_id = made(residential())
    before = everything()
    dearer = call(f"PATCH {EVENT}", event_id, {"price": {"amount": 9001}}, headers=version_of(event_id))
    assert (dearer["statusCode"], json_of(dearer)["errors"][0]["field"]) == (422, "price.amount")
    earlier = {"takes_place": {"starts_at": "2027-05-05T08:00", "ends_at": "2027-05-05T15:30"}}
    moved = call(f"PATCH {EVENT}", event_id, earlier, headers=version_of(event_id))
    assert (moved["statusCode"], json_of(moved)["errors"][0]["field"]) == (422, "price.amount")
    assert everything() == before
    free = {"price": {"amount": 0}, "charging": None}
    changed = json_of(call(f"PATCH {EVENT}", event_id, free, headers=version_of(event_id)))
    assert (changed["charging"], changed["charging_rule"]) == (None, None)


def test_money_does_not_change_once_families_have_seen_the_event() -> None:
    event_id = published(residential())
    for field, value in (("charging", None), ("cancellation", [])):
        answer = call(f"PATCH {EVENT}", event_id, {field: value}, headers=version_of(event_id))
        assert (answer["statusCode"], json_of(answer)["errors"][0]["field"]) == (409, field)


def test_only_who_answers_for_the_money_sees_its_rules() -> None:
    event_id = published(residential(charging=PARTS | {"sibling_discount": 10}))
    tell_to = {"staff": [{"staff_id": "staff-1", "role": "lead"}]}
    assert call(f"PUT {EVENT}/staff", event_id, tell_to, headers=version_of(event_id))["statusCode"] == 200
    invited(event_id, "pupil-1")
    hidden = {"charging": None, "charging_rule": None, "cost_per_pupil": None}
    for caller, price in ((as_staff(), {"amount": 9000, "currency": "gbp"}), (as_parent(), None)):
        shown = seen(event_id, **caller)
        assert {name: shown[name] for name in hidden} == hidden
        assert shown["price"] == price
        assert "free_school_meals" not in str(shown)


def test_what_is_due_by_a_day_moves_with_a_duplicate() -> None:
    policy = [{"until": "2027-03-01", "refund_percent": 50}]
    event_id = made(residential(charging=PARTS, cancellation=policy))
    later = {
        "takes_place": {"starts_at": "2027-05-12T12:00", "ends_at": "2027-05-16T21:00"},
        "booking_window": TRIP["booking_window"],
    }
    answer = call(f"POST {EVENT}/duplicate", event_id, later)
    assert answer["statusCode"] == 201, answer["body"]
    shown = seen(json_of(answer)["id"])
    assert [one["due_on"] for one in shown["charging"]["instalments"]] == ["2027-02-08", "2027-04-08"]
    assert shown["cancellation"] == [{"until": "2027-03-08", "refund_percent": 50}]


def test_a_copy_that_is_over_before_its_policy_needs_one_of_its_own() -> None:
    """A policy may name the last day, and not every term is as long."""
    event_id = made(CLUB | {"cancellation": [{"until": "2027-05-26", "refund_percent": 50}]})
    shorter = {"meets": CLUB["meets"] | {"last_day": "2027-05-14"}, "booking_window": CLUB["booking_window"]}
    refused = call(f"POST {EVENT}/duplicate", event_id, shorter)
    assert (refused["statusCode"], json_of(refused)["errors"][0]["field"]) == (422, "cancellation.0.until")
    own = [{"until": "2027-05-12", "refund_percent": 50}]
    for given in (own, []):
        answer = call(f"POST {EVENT}/duplicate", event_id, shorter | {"cancellation": given})
        assert answer["statusCode"] == 201, answer["body"]
        assert seen(json_of(answer)["id"])["cancellation"] == given


def test_an_event_kept_before_there_was_charging_is_still_read() -> None:
    event = store.find_event(SCHOOL, made(CLUB))
    old = event.details.model_dump(mode="json", exclude={"charging", "charging_rule", "cancellation"})
    assert type(event.details).model_validate(old) == event.details
