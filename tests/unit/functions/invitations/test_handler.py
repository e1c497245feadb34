"""The routes of invitations: who may do what, and what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from functions.invitations.handler import lambda_handler
from school_events.core.change import stamp
from school_events.core.dynamodb import Transaction
from school_events.events import store as events
from school_events.events.model import EventStatus
from school_events.invitations import inviting, service, store
from school_events.people import access
from tests.support.contexts import NOW, SCHOOL, a_context
from tests.support.http_events import LambdaContext, http_event, json_of
from tests.support.people import a_small_school, contact_told, link_removed, link_told, pupil_told, school_told, tell
from tests.support.tables import everything, rows
from tests.unit.events.things import a_trip

EVENT = "/v1/schools/{school_id}/events/{event_id}"
YEAR_8 = {"audience": {"year_groups": ["8"]}}
PARENT: dict[str, Any] = {"roles": ("parent",), "person": "contact-1"}


@pytest.fixture(autouse=True)
def _school(tables: None) -> Iterator[None]:
    a_small_school()
    tell(
        pupil_told("pupil-2", "Bo", "Alder", characteristics={"sen": {"status": "K"}}),
        pupil_told("pupil-3", "Cy", "Birch", "Year 9", registration_group="9A"),
    )
    _event("published")
    with time_machine.travel(NOW):
        yield


def _event(status: EventStatus, event_id: str = "event_1") -> None:
    events.event_item(SCHOOL, a_trip(status, event_id), stamp(a_context(), "event.published")).save()


def _call(route: str, body: Any = None, event_id: str = "event_1", **others: Any) -> dict[str, Any]:
    parameters = others.pop("path", {"event_id": event_id})
    return lambda_handler(http_event(route, parameters, body, **others), LambdaContext())


def _preview(body: Any = None, **others: Any) -> dict[str, Any]:
    return _call(f"POST {EVENT}/audience-preview", body or YEAR_8, **others)


def _invite(body: Any = None, **others: Any) -> dict[str, Any]:
    return _call(f"POST {EVENT}/invitations", body or YEAR_8, **others)


def _decline(invitation_id: str, **others: Any) -> dict[str, Any]:
    route = "POST /v1/schools/{school_id}/invitations/{invitation_id}/decline"
    return _call(route, path={"invitation_id": invitation_id}, **(PARENT | others))


def _invitations() -> list[dict[str, Any]]:
    return [row for row in rows("Events") if row["sk"]["S"].startswith("INVITATION#")]


def test_a_preview_says_how_many_and_who_and_sends_nothing() -> None:
    before = everything()
    answer = json_of(_preview())
    assert (answer["count"], answer["already_invited"], answer["explanation"]) == (2, 0, "in Year 8")
    assert answer["year_groups"] == [{"year_group": "8", "count": 2}]
    assert answer["items"][0] == {
        "pupil_id": "pupil-2",
        "first_name": "Bo",
        "last_name": "Alder",
        "year_group": "8",
        "registration_group": "8B",
        "already_invited": False,
    }
    assert {**everything(), "Audit": []} == before


def test_who_reads_whom_an_audience_finds_or_who_is_invited_is_in_the_audit_log() -> None:
    _preview({"audience": {"sen": ["K"]}})
    _preview(event_id="event_none")
    _call(f"GET {EVENT}/invitations")
    found = [(row["action"]["S"], row["subject"]["S"]) for row in rows("Audit")]
    assert sorted(found) == [("audience.read", "event_1"), ("invitations.read", "event_1")]
    assert not [word for word in ("sen", "Bo", "pupil-2") if word in str(rows("Audit"))]


def test_a_preview_never_shows_the_characteristics_it_asked_for() -> None:
    answer = json_of(_preview({"audience": {"sen": ["K"]}}))
    assert [item["pupil_id"] for item in answer["items"]] == ["pupil-2"]
    assert set(answer["items"][0]) == {
        "pupil_id",
        "first_name",
        "last_name",
        "year_group",
        "registration_group",
        "already_invited",
    }


def test_a_draft_can_be_previewed() -> None:
    _event("draft", "event_2")
    assert json_of(_preview(event_id="event_2"))["count"] == 2


def test_inviting_makes_one_invitation_for_each_pupil_with_its_stamp() -> None:
    assert json_of(_invite()) == {"event_id": "event_1", "matched": 2, "invited": 2, "waiting": 0}
    made = _invitations()
    assert [row["pk"]["S"] for row in made] == [f"SCH#{SCHOOL}#PUPIL#pupil-1", f"SCH#{SCHOOL}#PUPIL#pupil-2"]
    assert len({row["change"]["S"] for row in made}) == 2
    assert json_of(_preview())["already_invited"] == 2


def test_inviting_again_only_adds_who_is_new() -> None:
    _invite({"audience": {"pupils": ["pupil-1"]}})
    before = _invitations()
    assert json_of(_invite()) == {"event_id": "event_1", "matched": 2, "invited": 1, "waiting": 0}
    assert before[0] in _invitations()
    assert json_of(_invite()) == {"event_id": "event_1", "matched": 2, "invited": 0, "waiting": 0}


def test_the_same_request_twice_gives_the_same_answer() -> None:
    headers = {"Idempotency-Key": "key-1"}
    first, second = (_invite(headers=headers) for _ in range(2))
    assert first["body"] == second["body"]
    assert json_of(first)["invited"] == 2
    assert _invite({"audience": {"sen": ["K"]}}, headers=headers)["statusCode"] == 422


def test_more_pupils_than_one_transaction_takes_are_invited_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "AT_ONCE", 2)
    assert json_of(_invite({"audience": {"year_groups": ["8", "9"]}}))["invited"] == 3
    assert len(_invitations()) == 3


def test_what_broke_off_half_way_goes_on_when_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inviting, "AT_ONCE", 1)
    commits = iter([Transaction.commit, None])

    def commit_once(transaction: Transaction) -> None:
        commit = next(commits)
        if commit is None:
            raise ConnectionError
        commit(transaction)

    with monkeypatch.context() as patched:
        patched.setattr(Transaction, "commit", commit_once)
        assert _invite()["statusCode"] == 500
    assert len(_invitations()) == 1
    assert json_of(_invite())["invited"] == 1
    assert len(_invitations()) == 2


def test_somebody_invited_meanwhile_is_not_invited_again(monkeypatch: pytest.MonkeyPatch) -> None:
    _invite({"audience": {"pupils": ["pupil-1"]}})
    before = _invitations()
    monkeypatch.setattr(store, "invitations_of_event", lambda *_: iter(()))
    assert json_of(_invite()) == {"event_id": "event_1", "matched": 2, "invited": 1, "waiting": 0}
    assert before[0] in _invitations()


def test_only_a_published_event_is_invited_to() -> None:
    others: tuple[EventStatus, ...] = ("draft", "publishing", "closed")
    for status in others:
        _event(status, f"event_{status}")
    before = everything()
    assert {_invite(event_id=f"event_{status}")["statusCode"] for status in others} == {409}
    assert everything() == before


def test_an_event_closed_meanwhile_invites_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    _event("closed")
    monkeypatch.setattr(service, "find_event", lambda *_: a_trip("published"))
    assert _invite()["statusCode"] == 409
    assert not _invitations()


NO_AUDIENCES: list[tuple[dict[str, Any], str]] = [
    ({"audiences": 1}, "audience"),
    (YEAR_8 | {"colour": 1}, "colour"),
    ({"audience": {"all": [{"year_groups": ["8"]}, {"year_groups": ["88"]}]}}, "audience.all.1.year_groups.0"),
    ({"audience": {"colour": "red"}}, "audience.colour"),
    ({"audience": {"not": {"pupils": ["pupil-9"]}}}, "audience.not.pupils.0"),
]


def test_an_audience_that_makes_no_sense_is_refused_naming_the_field() -> None:
    before = everything()
    for body, field in NO_AUDIENCES:
        for answer in (_preview(body), _invite(body)):
            assert answer["statusCode"] == 422
            assert field in {error["field"] for error in json_of(answer)["errors"]}
    assert everything() == before


def test_an_audience_nested_without_end_is_refused() -> None:
    body = '{"audience":' + '{"not":' * 300 + '{"year_groups":["8"]}' + "}" * 301
    assert _preview(body)["statusCode"] == 422


def test_a_rule_about_data_the_school_has_withdrawn_is_refused() -> None:
    tell(school_told(categories=["pupil_name", "year_group"], version=2))
    answer = _preview({"audience": {"any": [{"year_groups": ["8"]}, {"sen": ["K"]}]}})
    assert answer["statusCode"] == 422
    assert [error["field"] for error in json_of(answer)["errors"]] == ["audience.any.1.sen"]


@pytest.mark.parametrize("caller", [PARENT, {"roles": ("staff",), "person": "staff-1"}])
def test_only_administrators_preview_invite_and_list(caller: dict[str, Any]) -> None:
    before = everything()
    assert _preview(**caller)["statusCode"] == 403
    assert _invite(**caller)["statusCode"] == 403
    assert _call(f"GET {EVENT}/invitations", **caller)["statusCode"] == 403
    assert everything() == before


def test_an_event_that_is_not_there_and_another_schools_answer_alike() -> None:
    for others in ({"event_id": "event_9"}, {"school_id": "school-2"}):
        assert _preview(**others)["statusCode"] == 404
        assert _invite(**others)["statusCode"] == 404
        assert _call(f"GET {EVENT}/invitations", **others)["statusCode"] == 404


def test_invitations_are_listed_in_pages_with_counts_on_the_first() -> None:
    _invite({"audience": {"year_groups": ["8", "9"]}})
    _decline("event_1~pupil-1")
    first = json_of(_call(f"GET {EVENT}/invitations", query={"limit": "2"}))
    assert first["counts"] == {"invited": 3, "seen": 0, "booked": 0, "declined": 1, "no_answer": 2}
    assert [(item["pupil_id"], item["state"]) for item in first["items"]] == [
        ("pupil-1", "declined"),
        ("pupil-2", "invited"),
    ]
    assert first["items"][1]["pupil"]["last_name"] == "Alder"
    second = json_of(_call(f"GET {EVENT}/invitations", query={"limit": "2", "cursor": first["next_cursor"]}))
    assert [item["pupil_id"] for item in second["items"]] == ["pupil-3"]
    assert (second["counts"], second["next_cursor"]) == (None, None)


def test_a_cursor_of_another_list_is_refused() -> None:
    _event("published", "event_2")
    _invite({"audience": {"year_groups": ["8", "9"]}})
    cursor = json_of(_call(f"GET {EVENT}/invitations", query={"limit": "1"}))["next_cursor"]
    answer = _call(f"GET {EVENT}/invitations", event_id="event_2", query={"cursor": cursor})
    assert answer["statusCode"] == 422


def test_a_parent_declines_and_everybody_of_the_family_sees_it_at_the_next_refresh() -> None:
    tell(contact_told("contact-2", "Sean"), link_told("contact-2"), contact_told("contact-3"))
    tell(link_told("contact-3", restricted=True))
    _invite()
    answer = json_of(_decline("event_1~pupil-1"))
    assert answer == {"id": "event_1~pupil-1", "event_id": "event_1", "pupil_id": "pupil-1", "state": "declined"}
    feeds = [row for row in rows("Inbox") if row["kind"]["S"] == "feed_row" and row["thing"]["S"] == "invitation"]
    assert [(row["pk"]["S"], row["thing_id"]["S"], row["what"]["S"]) for row in feeds] == [
        (f"SCH#{SCHOOL}#FEED#contact#{contact}", "event_1~pupil-1", "changed") for contact in ("contact-1", "contact-2")
    ]
    before = everything()
    assert json_of(_decline("event_1~pupil-1")) == answer
    assert everything() == before


def test_what_is_no_invitation_of_ones_child_is_not_there() -> None:
    _invite()
    before = everything()
    for invitation_id in ("event_1~pupil-2", "event_9~pupil-1", "event_1", "~", "event_1~pupil-9"):
        assert _decline(invitation_id)["statusCode"] == 404
    assert everything() == before


def test_a_cut_link_declines_nothing_any_more() -> None:
    _invite()
    tell(link_removed())
    before = everything()
    assert _decline("event_1~pupil-1")["statusCode"] == 404
    assert everything() == before


def test_a_link_cut_between_looking_and_writing_declines_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _invite()
    tell(link_told(restricted=True, version=2))
    before = everything()
    monkeypatch.setattr(access, "require_open_link", lambda *_: None)
    assert _decline("event_1~pupil-1")["statusCode"] == 404
    assert everything() == before


def test_nobody_else_declines() -> None:
    _invite()
    assert _decline("event_1~pupil-1", roles=("school_admin",), person="staff-admin")["statusCode"] == 403
    assert _decline("event_1~pupil-1", school_id="school-2")["statusCode"] == 404
