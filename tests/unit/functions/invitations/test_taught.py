"""Inviting whom somebody teaches: by teaching group, by teacher, now and in the background (B5)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.invitations.handler import lambda_handler
from school_events.core.change import stamp
from school_events.events import store as events
from school_events.invitations import service
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import (
    EVERYTHING,
    a_small_school,
    group_removed,
    group_told,
    portal_message,
    pupil_told,
    school_told,
    tell,
)
from tests.support.tables import everything
from tests.unit.events.things import a_trip
from tests.unit.functions.invitation_fanout.asking import deliver, follow_up, of_kind

EVENT = "/v1/schools/{school_id}/events/{event_id}"
MATHS: dict[str, Any] = {"teaching_groups": ["group-1"]}
OF_ZOE: dict[str, Any] = {"taught_by": ["staff-1"]}
NOT_MATHS: dict[str, Any] = {"not": MATHS}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_small_school()
    tell(
        pupil_told("pupil-2", "Bo", "Alder"),
        pupil_told("pupil-3", "Cy", "Birch"),
        group_told("group-1", ("pupil-1", "pupil-2", "pupil-not-told-of")),
        group_told("group-2", ("pupil-3",), ("staff-1", "staff-admin"), name="8y/En2"),
    )
    events.event_item(SCHOOL, a_trip("published", "event_1"), stamp(a_context(), "event.published")).save()
    with time_machine.travel(NOW):
        yield


def _ask(route: str, audience: dict[str, Any], **others: Any) -> dict[str, Any]:
    asked = http_event(f"POST {EVENT}/{route}", {"event_id": "event_1"}, {"audience": audience}, **others)
    return lambda_handler(asked, LambdaContext())


def _previewed(audience: dict[str, Any]) -> list[str]:
    return [item["pupil_id"] for item in json_of(_ask("audience-preview", audience))["items"]]


def _invited() -> list[str]:
    return [row["pk"]["S"].rsplit("#")[-1] for row in of_kind("invitation")]


def test_a_group_and_a_teacher_mean_the_pupils_taught_and_a_preview_says_so_in_words() -> None:
    assert _previewed(MATHS) == ["pupil-2", "pupil-1"]
    assert _previewed({"taught_by": ["staff-admin"]}) == ["pupil-3"]
    assert _previewed({"all": [OF_ZOE, NOT_MATHS]}) == ["pupil-3"]
    answer = json_of(_ask("audience-preview", {"all": [OF_ZOE, NOT_MATHS]}))
    assert answer["explanation"] == "taught by Zoë Adeyemi and not in the teaching group 8x/Ma1"


def test_who_has_left_is_not_invited_with_their_group() -> None:
    tell(portal_message("PupilLeft", {"pupil_id": "pupil-2", "left_on": "2026-10-23"}, version=2))
    assert json_of(_ask("invitations", MATHS))["invited"] == 1
    assert _invited() == ["pupil-1"]


@pytest.mark.parametrize(
    ("audience", "field"),
    [
        ({"any": [MATHS, {"teaching_groups": ["group-1", "group-9"]}]}, "audience.any.1.teaching_groups.1"),
        ({"not": {"taught_by": ["staff-9"]}}, "audience.not.taught_by.0"),
    ],
)
def test_an_unknown_group_or_teacher_is_refused_by_name_and_nothing_is_changed(
    audience: dict[str, Any], field: str
) -> None:
    before = everything()
    for route in ("audience-preview", "invitations"):
        answer = _ask(route, audience)
        assert (answer["statusCode"], [one["field"] for one in json_of(answer)["errors"]]) == (422, [field])
    assert everything() == before


def test_what_the_school_has_not_authorised_cannot_be_asked_for() -> None:
    tell(school_told(categories=[one for one in EVERYTHING if one != "teaching_groups"], version=2))
    answer = _ask("audience-preview", {"all": [OF_ZOE, MATHS]})
    fields = [one["field"] for one in json_of(answer)["errors"]]
    assert fields == ["audience.all.0.taught_by", "audience.all.1.teaching_groups"]


def test_in_the_background_a_group_that_is_gone_stops_the_round_and_does_not_invite_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "MOST_IN_A_REQUEST", 0)
    assert json_of(_ask("invitations", NOT_MATHS))["waiting"] == 1
    tell(group_removed("group-1"))
    deliver(*follow_up("round"))
    assert _invited() == []
    assert [row["state"]["S"] for row in of_kind("round")] == ["stopped"]


def test_in_the_background_those_are_invited_who_are_taught_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_IN_A_REQUEST", 0)
    assert json_of(_ask("invitations", MATHS))["waiting"] == 2
    tell(group_told("group-1", ("pupil-1", "pupil-3"), version=2))
    deliver(*follow_up("round"))
    assert sorted(_invited()) == ["pupil-1", "pupil-3"]
